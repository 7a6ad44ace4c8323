"""R18: approve, return and release."""

from collections.abc import Callable

from tests.model.reports import Verdict
from tests.model.world import COUNT_TYPES, COUNTED, Turn, World

REVIEWABLE = ("loss_report", "zero_report", "correction", *COUNT_TYPES)
JudgeReleased = Callable[[World, Turn], None]


def judge_review(world: World, turn: Turn, judge_released: JudgeReleased) -> Verdict:
    """R18 at the review's turn, and again right after the target it waited for."""
    target = world.turns.get(turn.record["target"])
    # "Target not before it: `held`, `awaiting_base`, applied right after it."
    if target is None:
        world.wait(turn, "record", turn.record["target"])
        return "held", {"awaiting_base"}
    # "Target in another canonical incident: `rejected`, `foreign_base`."
    if target.incident != turn.incident:
        return "rejected", {"foreign_base"}
    # "Target not a report, correction, delta or headcount that was accepted, stored_late or held:
    # `refused`, `no_base`. Otherwise `accepted`."
    if target.type not in REVIEWABLE or target.disposition not in COUNTED:
        return "refused", {"no_base"}
    if turn.record["decision"] == "return":
        _take_out(target)
        return "accepted", set()
    _put_back(world, target)
    if turn.record["decision"] == "release":
        _release(world, turn, target, judge_released)
    return "accepted", set()


def _take_out(target: Turn) -> None:
    """R18: "return: all that it states leaves the figures (a root: with its corrections so far; a
    correction: its entries state again what they stated before it)". What another return took out
    before stays with that one.
    """
    for turn in [target, *target.applied_corrections]:
        turn.returned_by = turn.returned_by or target.id


def _put_back(world: World, target: Turn) -> None:
    """R18: "approve or release after a return puts back what the return took out"."""
    for turn in world.turns.values():
        if turn.returned_by == target.id:
            turn.returned_by = None


def _release(world: World, review: Turn, target: Turn, judge_released: JudgeReleased) -> None:
    """R18: "release: its cells held by R3, R7 or R9 count as accepted at their rank and place; a report
    or delta held by R17 is judged then by all steps ([...]), its place in the order the review's turn,
    or its own if the review waited for it (its outcome stays held); a headcount or correction held by
    R17 is not released [...]; other holds are not released."
    """
    if not target.held_by_clock or target.judged_as is not None:
        _release_cells(world, target)
    elif target.type != "correction" and target.record.get("kind") != "headcount":
        if review.place > target.place:  # else the review waited for the target
            target.place = review.place
        judge_released(world, target)


def _release_cells(world: World, target: Turn) -> None:
    for _, entry in world.entries_of(target):
        for statement in entry.statements:
            if statement.by is target and statement.mode == "held":
                statement.mode = "accepted"
