"""R15: verifications freeze counties."""

from tests.model.reports import Verdict, apply_rows
from tests.model.units import county_of
from tests.model.world import Turn, World


def judge_verification(world: World, turn: Turn) -> Verdict:
    """R15: "Any part refused: the whole is refused. Then its rows are applied as a report of stage
    verified with a reason (its disposition is that of its rows; `rejected` by R10 or R11: nothing
    freezes), then it freezes. [...] all rows frozen → `frozen` (a verification goes on: `accepted`,
    no flag)".
    """
    named = turn.record["counties"]
    if any(len(prefix) < 6 and not _all_verified(world, turn, prefix, named) for prefix in named):
        return "refused", set()
    disposition, flags = apply_rows(world, turn, has_reason=True)
    if disposition == "rejected":
        return disposition, flags
    if disposition == "frozen":
        disposition = "accepted"
    # A prefix of 4 or 2 digits "freezes nothing itself": no county has it; it ends the duty to report.
    world.freezing += [(turn, prefix) for prefix in named]
    return disposition, flags


def _all_verified(world: World, turn: Turn, prefix: str, named: list[str]) -> bool:
    """R15: "2- or 4-digit: freezes nothing itself; `refused` unless every county below it with a cell in
    force in that incident is frozen or named in the same record".
    """
    counties = {
        county_of(unit)
        for incident, unit, key in world.cells
        if incident == turn.incident and world.in_force((incident, unit, key)) is not None
    }
    return all(
        county in named or world.is_frozen(turn.incident, county)
        for county in counties
        if county is not None and county.startswith(prefix)
    )
