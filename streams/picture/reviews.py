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
from streams.picture.documents import judge_delta
from streams.picture.judged import FILED, Judged
from streams.picture.merges import is_official
from streams.picture.reigns import Cell, Event, Touch
from streams.picture.reports import judge_report
from streams.picture.stamped import Order
from streams.picture.state import Elsewhere, IncidentState, Verdict
from streams.picture.steps import Step, ended
from streams.picture.totals import Totals

REVIEWABLE = LossReport | ZeroReport | Correction | Dispatch | EvacuationCount | SupplyMovement


def judge_review(state: IncidentState, totals: Totals, step: Step, judged: Judged) -> Verdict:
    """R2 → R18."""
    if not is_official(judged.stamped):
        return Verdict("refused")
    return apply_review(state, totals, step, judged, place=judged.order)


def apply_review(
    state: IncidentState, totals: Totals, step: Step, judged: Judged, *, place: Order | None
) -> Verdict:
    """R18. `place`: where a report or delta held by R17 is judged when released; None: at its own (the review waited)."""
    record = judged.stamped.record
    assert isinstance(record, Review)
    target = state.before(step, record.target)
    if target is None:
        step.wait(judged, "record", record.target)
        return AWAITING
    if isinstance(target, Elsewhere):
        return Verdict("rejected", frozenset({"foreign_base"}))
    if not isinstance(target.stamped.record, REVIEWABLE) or target.disposition not in FILED:
        return Verdict("refused", frozenset({"no_base"}))
    touched = (
        _take_out(state, step, target) if record.decision == "return" else _put_back(state, step, target)
    )
    if record.decision == "approve":
        step.does(state.facts, (target, "reviewed"), True)
    if record.decision == "release":
        touched += _release(state, totals, step, target, place)
    _touch(state, step, list(dict.fromkeys(touched)))
    return Verdict("accepted")


def _take_out(state: IncidentState, step: Step, target: Judged) -> list[Judged]:
    """All that it states leaves the figures: a root with its corrections so far."""
    taken = [
        judged for judged in _with_corrections(state, step, target) if not judged.is_returned(step.moment)
    ]
    for judged in taken:
        step.does(state.facts, (judged, "returned"), target.record_id)
    step.does(state.facts, (target, "reviewed"), False)
    return taken


def _put_back(state: IncidentState, step: Step, target: Judged) -> list[Judged]:
    """What the return of this target took out comes back."""
    back = [
        judged
        for judged in _with_corrections(state, step, target)
        if judged.returned_by(step.moment) == target.record_id
    ]
    for judged in back:
        step.does(state.facts, (judged, "returned"), None)
    return back


def _with_corrections(state: IncidentState, step: Step, target: Judged) -> list[Judged]:
    corrections = list(dict.fromkeys(target.corrections(step.moment)))
    for correction in corrections:
        state.agenda.read(step, ("record", correction.record_id))
    return [target, *corrections]


def _touch(state: IncidentState, step: Step, records: list[Judged]) -> None:
    """The cells in which these records stated something must find out anew who is in force."""
    said = tuple(
        (effect.key[0].record_id, effect.key[1], effect.value)
        for effect in step.effects
        if effect.lane is state.facts
    )
    stated: dict[Cell, list[tuple[Judged, Judged]]] = {}
    for judged in records:
        for event in judged.statements:
            if event.moment < step.moment:
                stated.setdefault(event.key, []).append((judged, event.value.root))
    for cell, pairs in stated.items():
        by = tuple(dict.fromkeys(judged for judged, _ in pairs))
        roots = tuple(dict.fromkeys(root for _, root in pairs))
        is_site = isinstance(by[0].stamped.record, EvacuationCount)
        lane = state.shelters.headcounts if is_site else state.cells
        step.effects.append(Event(lane, cell, step, Touch(said, by, roots)))


def _release(
    state: IncidentState, totals: Totals, step: Step, target: Judged, place: Order | None
) -> list[Judged]:
    """Answers the records whose held cells are released; one held by R17 is judged now."""
    if not target.is_clock_held(step.moment):
        if any(said.is_held(step.moment) for said in target.statements if said.moment < step.moment):
            step.does(state.facts, (target, "released"), True)
            return [target]
        return []
    record = target.stamped.record
    if isinstance(record, Correction) or (isinstance(record, EvacuationCount) and record.kind == "headcount"):
        return []
    place = place or target.order
    if isinstance(record, LossReport | ZeroReport):
        verdict = judge_report(state, totals, step, target, released_at=place)
    else:
        verdict = judge_delta(state, step, target)
        attempt = ended(step.awaits is not None, verdict.disposition == "accepted")
        step.does(state.facts, (target, "attempt"), attempt)
    step.does(state.facts, (target, "stands"), (verdict.disposition, place))
    return []
