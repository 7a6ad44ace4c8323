"""Why a document, headcount or movement counts or not (R2, R6, R16 to R18)."""

from __future__ import annotations

from decimal import Decimal

from schemas.records import Dispatch, EvacuationCount, SupplyMovement, type_name
from streams.picture.documents import COUNTING_CLASSES, is_cancel, same_document
from streams.picture.explain_mentions import Mention
from streams.picture.explain_reports import Word, returned_by
from streams.picture.explain_words import Code
from streams.picture.judged import Judged
from streams.picture.shelters import Site
from streams.picture.state import IncidentState


def document_word(state: IncidentState, mention: Mention) -> Word:
    """The decision on a delta in the sum that it belongs to."""
    judged = mention.judged
    word = Word(judged, judged, _amount(mention), "exact", "delta_counts")
    if lost := _uncounted(state, judged):
        code, because, awaits = lost
        return word._replace(code=code, because=because, awaits=awaits)
    tally = state.tallies.of(mention.unit, mention.key)
    amount = tally.amounts.get(judged) if tally is not None else None
    code = "cancel_counts" if is_cancel(judged) else "delta_counts"
    return word._replace(code=code if amount is not None else "not_applied", contribution=amount)


def site_word(state: IncidentState, mention: Mention) -> Word:
    """The decision on a headcount or movement at one site."""
    judged, record = mention.judged, mention.judged.stamped.record
    assert isinstance(record, EvacuationCount)
    assert mention.site is not None
    word = Word(judged, judged, Decimal(record.persons), "exact", "not_applied")
    if lost := _uncounted(state, judged):
        code, because, awaits = lost
        return word._replace(code=code, because=because, awaits=awaits)
    site = state.shelters.sites(mention.unit).get(mention.site)
    if site is None:
        return word
    return _headcount(word, site) if record.kind == "headcount" else _movement(word, site, mention)


def _headcount(word: Word, site: Site) -> Word:
    in_force = site.in_force
    assert in_force is not None
    if in_force is word.judged:
        return word._replace(code="headcount_in_force", contribution=word.value)
    older = word.judged.stamped.as_of < in_force.stamped.as_of
    code: Code = "headcount_older" if older else "headcount_overtaken"
    return word._replace(code=code, because=in_force.record_id)


def _movement(word: Word, site: Site, mention: Mention) -> Word:
    if site.shows(word.judged):
        return word._replace(code="movement_counts", contribution=site.movements.amounts[word.judged])
    assert site.in_force is not None
    return word._replace(code="movement_settled", because=site.in_force.record_id)


def _uncounted(state: IncidentState, judged: Judged) -> tuple[Code, str | None, str | None] | None:
    """Why a delta or headcount does not count: (code, because, awaits); None if it does."""
    record = judged.stamped.record
    assert isinstance(record, Dispatch | EvacuationCount | SupplyMovement)
    if judged.is_clock_held():
        return "clock_ahead", None, None
    if record.source.class_ not in COUNTING_CLASSES:
        return "class_not_counting", None, None
    if judged.is_returned():
        return "returned", returned_by(judged), None
    if isinstance(record, EvacuationCount) and record.kind == "headcount":
        return None
    claim = state.documents.first_claim((type_name(record), record.doc_no or ""))
    if claim is not None and claim[1] is not judged:
        same = same_document(judged, claim[1])
        return "duplicate_doc" if same else "doc_conflict", claim[1].record_id, None
    if not is_cancel(judged) or judged.counting:
        return None
    return _cancel(state, judged)


def _cancel(state: IncidentState, judged: Judged) -> tuple[Code, str | None, str | None]:
    """R6: a cancel that does not count."""
    record = judged.stamped.record
    assert isinstance(record, SupplyMovement)
    claim = state.documents.first_claim(("supply_movement", record.ref_doc_no or ""))
    if claim is None:
        return "awaiting_document", None, record.ref_doc_no
    document = claim[1].stamped.record
    if not isinstance(document, SupplyMovement) or document.kind != "release":
        return "not_a_release", claim[1].record_id, None
    let_in = judged.latest("countable")
    return "release_not_counting" if let_in else "over_cancel", claim[1].record_id, None


def _amount(mention: Mention) -> Decimal:
    """What the document says of the figure; of a cancel the quantity that it cancels."""
    record, key = mention.judged.stamped.record, mention.key
    if isinstance(record, Dispatch):
        return Decimal(record.sorties if key == "sorties" else record.persons_lifted)
    if isinstance(record, EvacuationCount):
        return Decimal(record.persons)
    assert isinstance(record, SupplyMovement)
    return Decimal(record.lines[key.partition(".")[2]])
