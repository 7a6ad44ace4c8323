"""Where a record is now (records.md 4, "Standing"): "the first that fits"."""

from tests.model.figures import shown
from tests.model.world import COUNT_TYPES, Turn, World


def standings(world: World) -> dict[str, str]:
    """record_id -> `effective`, `returned`, `held`, `superseded` or `none`."""
    effective: set[str] = set()
    for incident in {turn.incident for turn in world.turns.values()}:
        effective |= shown(world, incident).stated_by
    return {turn.id: _standing(world, turn, effective) for turn in world.turns.values()}


def _standing(world: World, turn: Turn, effective: set[str]) -> str:
    # "a value or count shown now is the one this record stated; for a corrected value that is the
    # correction"
    if turn.id in effective:
        return "effective"
    if turn.returned_by is not None:
        return "returned"
    # "something of it waits for a reason, a base or a review"
    if turn.waits or any(entry.waits for _, entry in world.entries_of(turn)):
        return "held"
    # "it stated something that counted or was kept as history, none of it shows now"; "A record that
    # only withdraws has `none`."
    if _stated_something(world, turn):
        return "superseded"
    return "none"


def _stated_something(world: World, turn: Turn) -> bool:
    if turn.type in COUNT_TYPES:
        return turn.has_counted and turn.record.get("kind") not in ("request", "approve", "order")
    return any(
        statement.by is turn and statement.value is not None and statement.mode != "held"
        for entries in world.cells.values()
        for entry in entries
        for statement in entry.statements
    )
