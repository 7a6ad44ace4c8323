"""R6, R16: deltas keyed by their document number, and headcounts."""

from __future__ import annotations

from decimal import Decimal

from schemas.records import Dispatch, EvacuationCount, SupplyMovement
from streams.picture.disputes import DocumentKey
from streams.picture.judged import Judged
from streams.picture.moments import END, Moment, just_after
from streams.picture.shelters import SHELTER_IN, places
from streams.picture.state import IncidentState, Verdict
from streams.picture.steps import Step
from streams.picture.units import NATION

COUNTING_CLASSES = frozenset({"official_stat", "command_post", "dept", "grid"})
"""R2: whose deltas and headcounts count."""

GOODS = {"release": "supply_released", "receive": "supply_received", "return": "supply_returned"}
"""Kinds of supply movement that are figures; a cancel lowers its release."""

AWAITING = Verdict("held", frozenset({"awaiting_base"}))


def judge_delta(state: IncidentState, step: Step, judged: Judged) -> Verdict:
    """A dispatch, supply movement or evacuation count."""
    record = judged.stamped.record
    assert isinstance(record, Dispatch | EvacuationCount | SupplyMovement)
    if record.source.class_ not in COUNTING_CLASSES:
        return Verdict("side_table")
    if isinstance(record, EvacuationCount) and record.kind == "headcount":
        step.does(state.facts, (judged, "countable"), True)
        in_force = state.shelters.headcount(step, judged, judged.order)
        return Verdict("accepted") if in_force else Verdict("stored_late")
    key = document_key(judged)
    taken_by = state.documents.taken_by(step, key)
    if taken_by is not None:
        if same_document(judged, taken_by):
            return Verdict("duplicate_doc")
        step.does(state.documents.disputes, key, judged)
        return Verdict("held", frozenset({"conflict"}))
    step.does(state.documents, key, judged)
    if is_cancel(judged):
        return apply_cancel(state, step, judged)
    step.does(state.facts, (judged, "countable"), True)
    return Verdict("accepted")


def apply_cancel(state: IncidentState, step: Step, judged: Judged) -> Verdict:
    """R6: a cancel names its release; it waits for the document, and may not cancel more than is left."""
    record = judged.stamped.record
    assert isinstance(record, SupplyMovement)
    ref = record.ref_doc_no or ""
    document = state.documents.taken_by(step, ("supply_movement", ref))
    if document is None:
        step.wait(judged, "document", ref)
        return AWAITING
    release = document.stamped.record
    if not isinstance(release, SupplyMovement) or release.kind != "release":
        return Verdict("rejected", frozenset({"no_base"}))
    others = state.cancels.others(step, document)
    for item, quantity in record.lines.items():
        if quantity > release.lines.get(item, Decimal(0)) - _cancelled(others, item):
            return Verdict("held", frozenset({"over_cancel"}))
    step.does(state.facts, (judged, "cancels"), document)
    step.does(state.cancels, document, judged)
    step.does(state.facts, (judged, "countable"), True)
    return Verdict("accepted")


def recount(state: IncidentState, judged: Judged) -> None:
    """Count a delta now, or stop counting it, as its standing demands; a release takes its cancels along."""
    record = judged.stamped.record
    if isinstance(record, EvacuationCount):
        for unit, _, _ in places(record):
            state.shelters.note(unit)
        if record.kind == "headcount":
            return
    counts = counts_as_of(judged)
    here = _contributions(judged) if counts else []
    if isinstance(record, EvacuationCount) and counts != judged.counting:
        state.shelters.move(judged, counts=counts)
    for unit, key, _ in judged.counted_in:
        state.tallies.remove(unit, key, judged)
    for unit, key, amount in here:
        state.tallies.add(unit, key, judged, amount)
    judged.counting, judged.counted_in = counts, here
    state.restated.add(judged)
    for cancel in state.cancels.of(judged):
        recount(state, cancel)


def counts_as_of(judged: Judged, at: Moment = END) -> bool:
    """A delta counts while it is let in and not returned; a cancel while its release counts, too (R6)."""
    if not judged.latest("countable", at) or judged.is_returned(at):
        return False
    release: Judged | None = judged.latest("cancels", at)
    return counts_as_of(release, at) if release is not None else not is_cancel(judged)


def has_counted(judged: Judged) -> bool:
    """Whether a delta counted at any moment. A cancel let in while its release is returned does not, till that is back."""
    moments = [moment for log in judged.facts.values() for moment, _ in log]
    release: Judged | None = judged.latest("cancels")
    if release is not None:
        moments += [moment for log in release.facts.values() for moment, _ in log]
    return any(counts_as_of(judged, just_after(moment)) for moment in moments)


def is_cancel(judged: Judged) -> bool:
    """Whether a record is the cancel of a release."""
    record = judged.stamped.record
    return isinstance(record, SupplyMovement) and record.kind == "cancel"


def has_figure(judged: Judged) -> bool:
    """Whether a delta of this kind states a figure; a request, approval or order does not."""
    record = judged.stamped.record
    return not isinstance(record, SupplyMovement) or record.kind in GOODS or record.kind == "cancel"


def _cancelled(cancels: list[Judged], item: str) -> Decimal:
    total = Decimal(0)
    for cancel in cancels:
        record = cancel.stamped.record
        assert isinstance(record, SupplyMovement)
        total += record.lines.get(item, Decimal(0))
    return total


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
        release = judged.latest("cancels").stamped.record
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


def document_key(judged: Judged) -> DocumentKey:
    """(type, doc_no) of a delta; a headcount has no number."""
    return judged.stamped.type, getattr(judged.stamped.record, "doc_no", None) or ""


def same_document(one: Judged, other: Judged) -> bool:
    """Whether two papers of one number say the same (R6)."""
    return _payload(one.stamped.record) == _payload(other.stamped.record)


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
