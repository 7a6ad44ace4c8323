"""Standing: where a record is now (records.md 4). The first that fits."""

from __future__ import annotations

from schemas.outputs import Standing
from schemas.records import Dispatch, EvacuationCount, SupplyMovement
from streams.picture.documents import has_counted, has_figure
from streams.picture.judged import Judged
from streams.picture.reigns import Said, current
from streams.picture.state import IncidentState
from streams.picture.totals import whole_is_replaced

DELTAS = Dispatch | EvacuationCount | SupplyMovement


def standing_of(state: IncidentState, judged: Judged) -> Standing:
    """effective, returned, held, superseded or none."""
    if is_effective(state, judged):
        return "effective"
    if judged.is_returned():
        return "returned"
    if _is_held(judged):
        return "held"
    return "superseded" if _has_counted(judged) else "none"


def is_effective(state: IncidentState, judged: Judged) -> bool:
    """A value or count shown now is the one that this record stated."""
    record = judged.stamped.record
    if isinstance(record, EvacuationCount) and record.kind == "headcount":
        return bool(judged.statements) and state.shelters.shows(judged)
    if isinstance(record, EvacuationCount):
        # A check-in always shows in shelter_in_cum.
        return judged.counting and (record.kind == "check_in" or state.shelters.shows(judged))
    if isinstance(record, Dispatch | SupplyMovement):
        return judged.counting and has_figure(judged)
    return any(_is_shown(state, said) for said in judged.statements)


def _is_shown(state: IncidentState, said: Said) -> bool:
    return said.key.statement == said.value and not whole_is_replaced(state, said.key)


def _is_held(judged: Judged) -> bool:
    """Something of it waits for a reason, a base or a review."""
    attempt = judged.latest("attempt")
    if attempt == "waiting" or judged.is_clock_held():
        return True
    if isinstance(judged.stamped.record, DELTAS):
        # For conflict or over_cancel, for good.
        return judged.disposition == "held" and not judged.latest("countable") and attempt != "failed"
    return any(
        said.is_held() and current(said.key.entries[said.value.root]) is said for said in judged.statements
    )


def _has_counted(judged: Judged) -> bool:
    """Something it stated counted or was kept as history."""
    if isinstance(judged.stamped.record, DELTAS):
        return has_figure(judged) and has_counted(judged)
    return any(said.value.value is not None and not said.is_held() for said in judged.statements)
