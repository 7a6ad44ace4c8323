"""R4: a correction restates cells of its root. A correction of a correction is one of its root."""

from __future__ import annotations

from decimal import Decimal

from schemas.indicators import indicators
from schemas.outputs import Flag
from schemas.records import (
    Correction,
    Dispatch,
    EvacuationCount,
    IncidentMerge,
    LossReport,
    SupplyMovement,
    Verification,
    ZeroReport,
    rows_of,
)
from streams.picture.cells import MUST_NOT_FALL, correct_cell
from streams.picture.checks import holds
from streams.picture.conversion import UNMAPPED, StatedRow
from streams.picture.judged import Judged, rank_of
from streams.picture.merges import is_official
from streams.picture.moments import Moment
from streams.picture.reigns import current
from streams.picture.reports import judge_clue, thawed_rows
from streams.picture.state import Elsewhere, IncidentState, Verdict
from streams.picture.steps import Step
from streams.picture.totals import Totals

AWAITING = Verdict("held", frozenset({"awaiting_base"}))


def judge_correction(state: IncidentState, totals: Totals, step: Step, judged: Judged) -> Verdict:
    """R2 → R1 → R4 → R11, R12 → R10 → R15 → apply."""
    if not is_official(judged.stamped):
        return judge_clue(state, totals, step, judged)
    if judged.stamped.village_rows_only:
        state.beside.show_components(step, judged, judged, judged.stamped.stated)
        return Verdict("side_table")
    if state.contents.repeats(step, judged):
        return Verdict("duplicate_content")
    return apply_correction(state, step, judged)


def apply_correction(state: IncidentState, step: Step, judged: Judged) -> Verdict:
    """R4 and what follows it; waits when a record of the chain is not before this step."""
    root = _root(state, step, judged)
    if root is None:
        return AWAITING
    if isinstance(root, Elsewhere):
        return _correct_elsewhere(state, judged, root)
    record, at = root.stamped.record, step.moment
    if isinstance(record, IncidentMerge):
        return _undo_merge(state, judged, record)
    if isinstance(record, Dispatch | EvacuationCount | SupplyMovement):
        return Verdict("rejected", frozenset({"use_cancel"}))
    if isinstance(record, Verification) and root.is_filed(at):
        step.does(state.freezes, None, root)
        return Verdict("accepted")
    if root.stands_as(at) == "side_table":
        state.beside.show(step, root, judged, judged.stamped.stated)
        return Verdict("side_table")
    if not isinstance(record, LossReport | ZeroReport) or not root.is_filed(at):
        return Verdict("rejected", frozenset({"no_base"}))
    if rows_of(record) and not rows_of(judged.stamped.record):
        return Verdict("rejected", frozenset({"no_rows"}))
    return _restate(state, step, judged, root)


def _root(state: IncidentState, step: Step, judged: Judged) -> Judged | Elsewhere | None:
    """The end of the chain; None while it must wait (for ever where the chain never ends)."""
    record = judged.stamped.record
    assert isinstance(record, Correction)
    seen = {judged.record_id}
    base_id = record.supersedes
    while base_id not in seen:
        base = state.before(step, base_id)
        if base is None:
            step.wait(judged, "record", base_id)
            return None
        base_record = (base.stamped if isinstance(base, Judged) else base).record
        if not isinstance(base_record, Correction):
            return base
        seen.add(base_id)
        base_id = base_record.supersedes
    return None


def _correct_elsewhere(state: IncidentState, judged: Judged, root: Elsewhere) -> Verdict:
    if isinstance(root.record, IncidentMerge):
        return _undo_merge(state, judged, root.record)
    return Verdict("rejected", frozenset({"foreign_base"}))


def _undo_merge(state: IncidentState, judged: Judged, merge: IncidentMerge) -> Verdict:
    if judged.stamped.record.incident_id not in (merge.from_, merge.into):
        return Verdict("rejected", frozenset({"foreign_base"}))
    if state.world.merge_disposition(merge.record_id) == "accepted":
        return Verdict("accepted")
    return Verdict("rejected", frozenset({"no_base"}))


def _restate(state: IncidentState, step: Step, judged: Judged, root: Judged) -> Verdict:
    stated = judged.stamped.stated
    flags: set[Flag] = set(stated.flags)
    if not stated.convertible:
        return Verdict("rejected", frozenset(flags))
    if not all(holds(_values_after(state, root, row, step.moment)) for row in stated.rows):
        return Verdict("rejected", frozenset(flags | {"invariant_violation"}))
    state.beside.show_components(step, root, judged, stated)
    rows, some_frozen = thawed_rows(state, step, judged)
    if some_frozen and not rows:
        return Verdict("frozen", frozenset(flags))
    if some_frozen:
        flags.add("partly_frozen")
    state.agenda.read(step, ("record", judged.record_id))  # returned while it waited
    step.does(state.facts, (root, "correction"), judged)
    shows = [_restate_cell(state, step, judged, root, row, key, flags) for row in rows for key in row.cells]
    return Verdict("accepted" if any(shows) else "stored_late", frozenset(flags))


def _restate_cell(
    state: IncidentState,
    step: Step,
    judged: Judged,
    root: Judged,
    row: StatedRow,
    key: str,
    flags: set[Flag],
) -> bool:
    """Whether the root's entry was in force before or is now."""
    cell = state.cells.cell(row.unit, key)
    before, now = correct_cell(state.cells, step, root, judged, cell, row.cells[key], rank_of(root))
    if key in MUST_NOT_FALL and before is not None and now is not None:
        was, is_now = before.value, now.value
        assert was is not None
        assert is_now is not None
        if is_now < was:
            flags.add("decrease_explained")
    return any(reign is not None and reign.root is root for reign in (before, now))


def _values_after(state: IncidentState, root: Judged, row: StatedRow, at: Moment) -> dict[str, Decimal]:
    """R10: the root's values in that unit as they stand, held ones included, with this row's."""
    values: dict[str, Decimal] = {}
    for key in indicators():
        stated = state.cells.get(row.unit, key)
        said = current(stated.entries.get(root, []), at) if stated else None
        if said is not None and said.value.value is not None:
            values[key] = said.value.value
    for key, cell in row.cells.items():
        if key.startswith(UNMAPPED):
            continue
        if cell.value is None:
            values.pop(key, None)
        else:
            values[key] = cell.value
    return values
