"""loss_report, zero_report, clue and the rows of a verification: R1, R2, R3, R7, R9, R10, R11, R12, R13, R15."""

from __future__ import annotations

from schemas.outputs import Flag
from schemas.records import Stage
from streams.picture.cells import allocations, report_cell
from streams.picture.conversion import StatedRow
from streams.picture.judged import Judged, rank_of
from streams.picture.merges import is_official
from streams.picture.stamped import Order, micros
from streams.picture.state import IncidentState, Verdict
from streams.picture.steps import Step
from streams.picture.totals import Totals

OVERDUE = 2 * 60 * 60 * 1_000_000
"""R13: an initial report is due two hours after the event; µs."""


def judge_clue(state: IncidentState, totals: Totals, step: Step, judged: Judged) -> Verdict:
    """R2: beside the figures, never in them."""
    flags = _conflict(state, totals, step, judged)
    state.beside.show(step, judged, judged, judged.stamped.stated)
    return Verdict("side_table", flags)


def judge_report(
    state: IncidentState, totals: Totals, step: Step, judged: Judged, *, released_at: Order | None = None
) -> Verdict:
    """R2 → R1 → overdue → R11, R12 → R10 → R15 → cell by cell R3, R7, R9.

    `released_at`: the place that a release from R17 gives it; R7 and R9 as with a reason then (R18).
    """
    stamped = judged.stamped
    if not is_official(stamped):
        return judge_clue(state, totals, step, judged)
    if stamped.village_rows_only:
        state.beside.show_components(step, judged, judged, stamped.stated)
        return Verdict("side_table")
    if state.contents.repeats(step, judged):
        return Verdict("duplicate_content")
    flags = _overdue(judged)
    if failed := check_stated(judged, flags):
        return failed
    state.beside.show_components(step, judged, judged, stamped.stated)
    reason = released_at is not None or bool(stamped.record.reason)
    return apply_rows(state, step, judged, flags, reason=reason, place=released_at or judged.order)


def check_stated(judged: Judged, flags: set[Flag]) -> Verdict | None:
    """R11, R12, R10 of a record that stands by itself; a verdict if it fails."""
    flags |= judged.stamped.stated.flags
    if not judged.stamped.stated.convertible:
        return Verdict("rejected", frozenset(flags))
    if not judged.stamped.holds:
        return Verdict("rejected", frozenset(flags | {"invariant_violation"}))
    return None


def thawed_rows(state: IncidentState, step: Step, judged: Judged) -> tuple[list[StatedRow], bool]:
    """R15: the rows that are not frozen, and whether some are."""
    rows = judged.stamped.stated.rows
    thawed = [row for row in rows if not state.frozen(step, row.unit)]
    return thawed, len(thawed) < len(rows)


def apply_rows(
    state: IncidentState,
    step: Step,
    judged: Judged,
    flags: set[Flag],
    *,
    reason: bool,
    place: Order,
    stage: Stage | None = None,
) -> Verdict:
    """R15, then cell by cell R3, R7, R9. `stage`: that of a verification's rows, which goes on when all are frozen."""
    rows, some_frozen = thawed_rows(state, step, judged)
    if some_frozen and not rows:
        return Verdict("accepted" if stage else "frozen", frozenset(flags))
    if some_frozen:
        flags.add("partly_frozen")
    allocated = allocations(state.cells, rows, step.moment)
    rank = rank_of(judged, stage)
    verdicts = set()
    for row in rows:
        for key, stated in row.cells.items():
            verdict, flag = report_cell(
                state.cells,
                step,
                judged,
                state.cells.cell(row.unit, key),
                stated,
                rank,
                place,
                reason=reason,
                allocated=allocated.get((row.unit, key), False),
            )
            verdicts.add(verdict)
            if flag:
                flags.add(flag)
    if "held" in verdicts:
        return Verdict("held", frozenset(flags))
    return Verdict("accepted" if "accepted" in verdicts or not verdicts else "stored_late", frozenset(flags))


def _overdue(judged: Judged) -> set[Flag]:
    record = judged.stamped.record
    if record.stage == "initial" and record.occurred_at is not None:
        return {"overdue"} if judged.stamped.sent_at - micros(record.occurred_at) > OVERDUE else set()
    return set()


def _conflict(state: IncidentState, totals: Totals, step: Step, judged: Judged) -> frozenset[Flag]:
    """R2: a stated, convertible value of an official indicator differs from the total of that unit at that turn."""
    for row in judged.stamped.stated.rows:
        for key, value in row.mapped_values().items():
            state.agenda.read(step, ("total", row.unit, key))
            total = totals.as_of(state, step, row.unit, key)
            if total is not None and total != value:
                return frozenset({"conflict"})
    return frozenset()
