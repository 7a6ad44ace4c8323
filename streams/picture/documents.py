"""R6, R16: deltas keyed by their document number, and headcounts."""

from __future__ import annotations

from decimal import Decimal

from schemas.records import Dispatch, EvacuationCount, SupplyMovement, type_name
from streams.picture.judged import Judged
from streams.picture.shelters import SHELTER_IN
from streams.picture.state import IncidentState, Verdict
from streams.picture.units import NATION

COUNTING_CLASSES = frozenset({"official_stat", "command_post", "dept", "grid"})
"""R2: whose deltas and headcounts count."""

GOODS = {"release": "supply_released", "receive": "supply_received", "return": "supply_returned"}
"""Kinds of supply movement that are figures; a cancel lowers its release."""

AWAITING = Verdict("held", frozenset({"awaiting_base"}))


def judge_delta(state: IncidentState, judged: Judged) -> Verdict:
    """A dispatch, supply movement or evacuation count."""
    record = judged.stamped.record
    assert isinstance(record, Dispatch | EvacuationCount | SupplyMovement)
    if record.source.class_ not in COUNTING_CLASSES:
        return Verdict("side_table")
    if isinstance(record, EvacuationCount) and record.kind == "headcount":
        return _judge_headcount(state, judged)
    key = (type_name(record), record.doc_no or "")
    taken_by = state.documents.get(key)
    if taken_by is not None:
        same = _payload(record) == _payload(taken_by.stamped.record)
        return Verdict("duplicate_doc") if same else Verdict("held", frozenset({"conflict"}))
    verdict = apply_cancel(state, judged) if is_cancel(judged) else Verdict("accepted")
    state.documents[key] = judged
    if verdict.disposition == "accepted":
        judged.countable = True
        recount(state, judged)
    return verdict


def apply_cancel(state: IncidentState, judged: Judged) -> Verdict:
    """R6: a cancel names its release; it waits for the document, and may not cancel more than is left."""
    record = judged.stamped.record
    assert isinstance(record, SupplyMovement)
    document = state.documents.get(("supply_movement", record.ref_doc_no or ""))
    if document is None:
        state.waiting.for_document(judged, record.ref_doc_no or "")
        return AWAITING
    release = document.stamped.record
    if not isinstance(release, SupplyMovement) or release.kind != "release":
        return Verdict("rejected", frozenset({"no_base"}))
    others = [other for other in state.cancels.get(document.record_id, ()) if not other.is_returned]
    for item, quantity in record.lines.items():
        if quantity > release.lines.get(item, Decimal(0)) - _cancelled(others, item):
            return Verdict("held", frozenset({"over_cancel"}))
    judged.root = document
    state.cancels.setdefault(document.record_id, []).append(judged)
    return Verdict("accepted")


def retry_cancel(state: IncidentState, judged: Judged) -> Verdict:
    """A waiting cancel whose document has come; what becomes of it changes no outcome."""
    verdict = apply_cancel(state, judged)
    if verdict.disposition == "accepted":
        judged.countable = True
        recount(state, judged)
    return verdict


def recount(state: IncidentState, judged: Judged) -> None:
    """Count a delta, or stop counting it, as its standing now demands; a release takes its cancels along."""
    counts = judged.countable and not judged.is_returned
    if is_cancel(judged):
        counts = counts and judged.root is not None and judged.root.counting
    if counts != judged.counting:
        judged.counting = counts
        _count(state, judged, counts=counts)
    state.cells.restated.add(judged)
    for cancel in state.cancels.get(judged.record_id, ()):
        recount(state, cancel)


def is_cancel(judged: Judged) -> bool:
    """Whether a record is the cancel of a release."""
    record = judged.stamped.record
    return isinstance(record, SupplyMovement) and record.kind == "cancel"


def has_figure(judged: Judged) -> bool:
    """Whether a delta of this kind states a figure; a request, approval or order does not."""
    record = judged.stamped.record
    return not isinstance(record, SupplyMovement) or record.kind in GOODS or record.kind == "cancel"


def document_taken(state: IncidentState, judged: Judged) -> str | None:
    """The supply document number that this record took, which cancels may wait for."""
    record = judged.stamped.record
    if (
        isinstance(record, SupplyMovement)
        and state.documents.get(("supply_movement", record.doc_no)) is judged
    ):
        return record.doc_no
    return None


def _judge_headcount(state: IncidentState, judged: Judged) -> Verdict:
    judged.countable = judged.counted = True
    return Verdict("accepted") if state.shelters.headcount(judged) else Verdict("stored_late")


def _cancelled(cancels: list[Judged], item: str) -> Decimal:
    total = Decimal(0)
    for cancel in cancels:
        record = cancel.stamped.record
        assert isinstance(record, SupplyMovement)
        total += record.lines.get(item, Decimal(0))
    return total


def _count(state: IncidentState, judged: Judged, *, counts: bool) -> None:
    record = judged.stamped.record
    if isinstance(record, EvacuationCount):
        state.shelters.move(judged, counts=counts)
    for unit, key, amount in _contributions(judged):
        if counts:
            state.tallies.add(unit, key, judged, amount)
        else:
            state.tallies.remove(unit, key, judged)
    judged.counted = judged.counted or has_figure(judged)


def _contributions(judged: Judged) -> list[tuple[str, str, Decimal]]:
    """(unit, key, amount) of a delta; without a unit it counts on the nation row."""
    record = judged.stamped.record
    if isinstance(record, Dispatch):
        unit = record.unit or NATION
        return [
            (unit, "sorties", Decimal(record.sorties)),
            (unit, "persons_lifted", Decimal(record.persons_lifted)),
        ]
    if isinstance(record, EvacuationCount):
        return [(record.unit, SHELTER_IN, Decimal(record.persons))] if record.kind == "check_in" else []
    assert isinstance(record, SupplyMovement)
    if record.kind == "cancel":
        assert judged.root is not None
        release = judged.root.stamped.record
        assert isinstance(release, SupplyMovement)
        unit = release.unit or NATION
        return [(unit, f"supply_released.{item}", -Decimal(amount)) for item, amount in record.lines.items()]
    figure = GOODS.get(record.kind)
    unit = record.unit or NATION
    return (
        [(unit, f"{figure}.{item}", Decimal(amount)) for item, amount in record.lines.items()]
        if figure
        else []
    )


def _payload(record: object) -> tuple[object, ...]:
    """R6: what two papers of one number must share to be the same paper."""
    fields = (
        "kind",
        "mode",
        "resource",
        "sorties",
        "persons_lifted",
        "persons",
        "lines",
        "unit",
        "depot",
        "site",
        "to_unit",
        "to_site",
        "ref_doc_no",
    )
    return tuple(getattr(record, field, None) for field in fields)
