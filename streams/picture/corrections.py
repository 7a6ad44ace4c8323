"""R4: a correction restates cells of its root. A correction of a correction is one of its root."""

from __future__ import annotations

from decimal import Decimal

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
from streams.picture.cells import MUST_NOT_FALL
from streams.picture.checks import holds
from streams.picture.conversion import UNMAPPED, StatedRow
from streams.picture.judged import Judged, rank_of
from streams.picture.merges import is_official
from streams.picture.reports import judge_clue, thawed_rows
from streams.picture.stamped import Stamped
from streams.picture.state import IncidentState, Verdict
from streams.picture.totals import Totals

AWAITING = Verdict("held", frozenset({"awaiting_base"}))


def judge_correction(state: IncidentState, totals: Totals, judged: Judged) -> Verdict:
    """R2 → R1 → R4 → R11, R12 → R10 → R15 → apply."""
    if not is_official(judged.stamped):
        return judge_clue(state, totals, judged)
    if judged.stamped.village_rows_only:
        state.beside.put_components(judged, judged, judged.stamped.stated)
        return Verdict("side_table")
    if state.repeats_content(judged):
        return Verdict("duplicate_content")
    return apply_correction(state, judged)


def apply_correction(state: IncidentState, judged: Judged) -> Verdict:
    """R4 and what follows it; registers the wait when a record of the chain is not before this turn."""
    root = _root(state, judged)
    if root is None:
        return AWAITING
    if isinstance(root, Stamped):
        return _correct_elsewhere(state, judged, root)
    record = root.stamped.record
    if isinstance(record, IncidentMerge):
        return _undo_merge(state, judged, root.stamped)
    if isinstance(record, Dispatch | EvacuationCount | SupplyMovement):
        return Verdict("rejected", frozenset({"use_cancel"}))
    if isinstance(record, Verification) and root.is_filed:
        state.thaw(root.record_id)
        return Verdict("accepted")
    if root.stands_as == "side_table":
        state.beside.put(root, judged, judged.stamped.stated)
        return Verdict("side_table")
    if not isinstance(record, LossReport | ZeroReport) or not root.is_filed:
        return Verdict("rejected", frozenset({"no_base"}))
    if rows_of(record) and not rows_of(judged.stamped.record):
        return Verdict("rejected", frozenset({"no_rows"}))
    return _restate(state, judged, root)


def _root(state: IncidentState, judged: Judged) -> Judged | Stamped | None:
    """The end of the chain; None while it must wait (for ever where the chain never ends)."""
    record = judged.stamped.record
    assert isinstance(record, Correction)
    seen = {judged.record_id}
    base_id = record.supersedes
    while base_id not in seen:
        base = state.before(base_id)
        if base is None:
            state.waiting.for_record(judged, base_id)
            return None
        base_record = (base.stamped if isinstance(base, Judged) else base).record
        if not isinstance(base_record, Correction):
            return base
        seen.add(base_id)
        base_id = base_record.supersedes
    judged.waiting = True
    return None


def _correct_elsewhere(state: IncidentState, judged: Judged, root: Stamped) -> Verdict:
    if isinstance(root.record, IncidentMerge):
        return _undo_merge(state, judged, root)
    return Verdict("rejected", frozenset({"foreign_base"}))


def _undo_merge(state: IncidentState, judged: Judged, root: Stamped) -> Verdict:
    merge = root.record
    assert isinstance(merge, IncidentMerge)
    if judged.stamped.record.incident_id not in (merge.from_, merge.into):
        return Verdict("rejected", frozenset({"foreign_base"}))
    if state.world.merge_disposition(root.record_id) == "accepted":
        return Verdict("accepted")
    return Verdict("rejected", frozenset({"no_base"}))


def _restate(state: IncidentState, judged: Judged, root: Judged) -> Verdict:
    stated = judged.stamped.stated
    flags: set[Flag] = set(stated.flags)
    if not stated.convertible:
        return Verdict("rejected", frozenset(flags))
    if not all(holds(_values_after(root, row)) for row in stated.rows):
        return Verdict("rejected", frozenset(flags | {"invariant_violation"}))
    state.beside.put_components(root, judged, stated)
    rows, some_frozen = thawed_rows(state, judged)
    if some_frozen and not rows:
        return Verdict("frozen", frozenset(flags))
    if some_frozen:
        flags.add("partly_frozen")
    judged.root = root
    root.corrections.append(judged)
    shows = [_restate_cell(state, judged, root, row, key, flags) for row in rows for key in row.cells]
    return Verdict("accepted" if any(shows) else "stored_late", frozenset(flags))


def _restate_cell(
    state: IncidentState, judged: Judged, root: Judged, row: StatedRow, key: str, flags: set[Flag]
) -> bool:
    """Whether the root's entry was in force before or is now."""
    before = state.cells.get(row.unit, key)
    value_before = before.value if before else None
    shown_before = before is not None and before.in_force is not None and before.in_force.root is root
    state.cells.correct(root, judged, row.unit, key, row.cells[key], rank_of(root))
    now = state.cells.get(row.unit, key)
    assert now is not None
    if (
        key in MUST_NOT_FALL
        and value_before is not None
        and now.value is not None
        and now.value < value_before
    ):
        flags.add("decrease_explained")
    return shown_before or (now.in_force is not None and now.in_force.root is root)


def _values_after(root: Judged, row: StatedRow) -> dict[str, Decimal]:
    """R10: the root's values in that unit as they stand, held ones included, with this row's."""
    values: dict[str, Decimal] = {}
    for (unit, key), entry in root.entries.items():
        current = entry.current
        if (
            unit == row.unit
            and not key.startswith(UNMAPPED)
            and current is not None
            and current.value is not None
        ):
            values[key] = current.value
    for key, cell in row.cells.items():
        if key.startswith(UNMAPPED):
            continue
        if cell.value is None:
            values.pop(key, None)
        else:
            values[key] = cell.value
    return values
