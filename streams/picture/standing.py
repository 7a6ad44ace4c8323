"""Standing: where a record is now (records.md 4). The first that fits."""

from __future__ import annotations

from schemas.outputs import Standing
from schemas.records import Dispatch, EvacuationCount, SupplyMovement
from streams.picture.documents import has_figure
from streams.picture.judged import Judged, Statement
from streams.picture.state import IncidentState
from streams.picture.totals import whole_is_replaced


def standing_of(state: IncidentState, judged: Judged) -> Standing:
    """effective, returned, held, superseded or none."""
    if is_effective(state, judged):
        return "effective"
    if judged.is_returned:
        return "returned"
    if _is_held(judged):
        return "held"
    return "superseded" if judged.counted else "none"


def is_effective(state: IncidentState, judged: Judged) -> bool:
    """A value or count shown now is the one that this record stated."""
    record = judged.stamped.record
    if isinstance(record, EvacuationCount) and record.kind == "headcount":
        return judged.countable and state.shelters.shows(judged)
    if isinstance(record, EvacuationCount):
        # A check-in always shows in shelter_in_cum.
        return judged.counting and (record.kind == "check_in" or state.shelters.shows(judged))
    if isinstance(record, Dispatch | SupplyMovement):
        return judged.counting and has_figure(judged)
    return any(_is_shown(state, statement) for statement in judged.statements)


def _is_shown(state: IncidentState, statement: Statement) -> bool:
    cell = statement.entry.cell
    return (
        cell.in_force is statement.entry
        and statement.entry.current is statement
        and not whole_is_replaced(state, cell)
    )


def _is_held(judged: Judged) -> bool:
    """Something of it waits for a reason, a base or a review."""
    if judged.waiting or judged.clock_held:
        return True
    if isinstance(judged.stamped.record, Dispatch | EvacuationCount | SupplyMovement):
        # For conflict or over_cancel, for good.
        return judged.disposition == "held" and not judged.countable and not judged.failed
    return any(
        statement.state == "held" and statement.entry.current is statement for statement in judged.statements
    )
