"""R18: approve, return, release."""

from __future__ import annotations

from schemas.records import (
    Correction,
    Dispatch,
    EvacuationCount,
    LossReport,
    Review,
    SupplyMovement,
    ZeroReport,
)
from streams.picture.corrections import AWAITING
from streams.picture.documents import document_taken, is_cancel, judge_delta, recount, retry_cancel
from streams.picture.judged import FILED, Judged
from streams.picture.merges import is_official
from streams.picture.reports import judge_report
from streams.picture.stamped import Order, Stamped
from streams.picture.state import IncidentState, Verdict
from streams.picture.totals import Totals

REVIEWABLE = LossReport | ZeroReport | Correction | Dispatch | EvacuationCount | SupplyMovement


def judge_review(state: IncidentState, totals: Totals, judged: Judged) -> Verdict:
    """R2 → R18."""
    if not is_official(judged.stamped):
        return Verdict("refused")
    return apply_review(state, totals, judged, place=judged.place)


def apply_review(state: IncidentState, totals: Totals, judged: Judged, *, place: Order | None) -> Verdict:
    """R18. `place`: where a report or delta held by R17 is judged when released; None: at its own (the review waited)."""
    record = judged.stamped.record
    assert isinstance(record, Review)
    target = state.before(record.target)
    if target is None:
        state.waiting.for_record(judged, record.target)
        return AWAITING
    if isinstance(target, Stamped):
        return Verdict("rejected", frozenset({"foreign_base"}))
    if not isinstance(target.stamped.record, REVIEWABLE) or target.disposition not in FILED:
        return Verdict("refused", frozenset({"no_base"}))
    if record.decision == "return":
        _take_out(state, target)
    else:
        _put_back(state, target)
    if record.decision == "approve":
        target.reviewed = True
        _touch(state, [target])
    if record.decision == "release":
        _release(state, totals, target, place)
    return Verdict("accepted")


def _take_out(state: IncidentState, target: Judged) -> None:
    """All that it states leaves the figures: a root with its corrections so far."""
    taken = [judged for judged in (target, *target.corrections) if not judged.is_returned]
    for judged in taken:
        judged.returned_by = target.record_id
    target.reviewed = False
    _touch(state, [target, *taken])


def _put_back(state: IncidentState, target: Judged) -> None:
    """What the return of this target took out comes back."""
    back = [judged for judged in (target, *target.corrections) if judged.returned_by == target.record_id]
    for judged in back:
        judged.returned_by = None
    _touch(state, back)


def _touch(state: IncidentState, records: list[Judged]) -> None:
    state.cells.settle_entries_of(*records)
    for judged in records:
        state.beside.touch(judged)
        record = judged.stamped.record
        if isinstance(record, EvacuationCount) and record.kind == "headcount":
            if judged.countable:
                state.shelters.resettle(judged)
        elif isinstance(record, Dispatch | EvacuationCount | SupplyMovement):
            recount(state, judged)
            state.tallies.changed.update(state.tallies.cells_of(judged))
            if isinstance(record, EvacuationCount):
                state.shelters.changed.add(record.unit)


def _release(state: IncidentState, totals: Totals, target: Judged, place: Order | None) -> None:
    if not target.clock_held:
        state.cells.release(target)
        return
    record = target.stamped.record
    if isinstance(record, Correction) or (isinstance(record, EvacuationCount) and record.kind == "headcount"):
        return
    target.clock_held = False
    target.place = place or target.place
    if isinstance(record, LossReport | ZeroReport):
        verdict = judge_report(state, totals, target, released=True)
        if verdict.disposition in FILED:
            state.file_content(target)
    else:
        verdict = judge_delta(state, target)
    target.stands_as = verdict.disposition
    target.failed = verdict.disposition not in FILED or (
        verdict.disposition == "held" and not target.waiting and not target.statements
    )
    state.cells.restated.add(target)
    settle_documents(state, target)


def settle_documents(state: IncidentState, judged: Judged) -> None:
    """Cancels that waited for the document which this record has brought are tried right after it."""
    for cancel in state.waiting.take(None, document_taken(state, judged)):
        if is_cancel(cancel):
            conclude_wait(state, cancel, retry_cancel(state, cancel))


def conclude_wait(state: IncidentState, judged: Judged, verdict: Verdict) -> None:
    """The end of a wait: its outcome stays; if it failed, nothing of it waits any longer."""
    if verdict is AWAITING or (verdict.disposition == "held" and "awaiting_base" in verdict.flags):
        return
    judged.waiting = False
    judged.failed = verdict.disposition in ("rejected", "refused", "held")
    state.cells.restated.add(judged)
