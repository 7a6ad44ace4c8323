"""R15: a county verifies and is frozen; a prefecture or province may follow once every county below it has."""

from __future__ import annotations

from schemas.outputs import Flag
from schemas.records import Verification
from streams.picture.judged import Judged
from streams.picture.merges import is_official
from streams.picture.reports import apply_rows, check_stated
from streams.picture.state import IncidentState, Verdict
from streams.picture.steps import Step

COUNTY_DIGITS = 6


def judge_verification(state: IncidentState, step: Step, judged: Judged) -> Verdict:
    """Refuse, or apply its rows as a report of stage verified with a reason and then freeze."""
    record = judged.stamped.record
    assert isinstance(record, Verification)
    if not is_official(judged.stamped):
        return Verdict("refused")
    named = {prefix for prefix in record.counties if len(prefix) == COUNTY_DIGITS}
    upper = [prefix for prefix in record.counties if len(prefix) < COUNTY_DIGITS]
    if not all(_all_have_verified(state, step, prefix, named) for prefix in upper):
        return Verdict("refused")
    flags: set[Flag] = set()
    if failed := check_stated(judged, flags):
        return failed
    state.beside.show_components(step, judged, judged, judged.stamped.stated)
    verdict = apply_rows(state, step, judged, flags, reason=True, place=judged.order, stage="verified")
    for prefix in sorted({*named, *upper}):
        step.does(state.freezes, prefix, judged)
    return verdict


def _all_have_verified(state: IncidentState, step: Step, prefix: str, named: set[str]) -> bool:
    """Whether every county below a prefix with a cell in force is frozen or named.

    Only of the counties that are neither are cells looked at, and of those until the first that is in force.
    """
    state.agenda.read(step, ("counties",))
    return not any(
        county.startswith(prefix)
        and county not in named
        and not state.freezes.covers(county, step.moment)
        and state.cells.is_in_force(county, step.moment)
        for county in state.cells.counties()
    )
