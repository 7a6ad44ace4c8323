"""R6 and R16: dispatches, supply movements, evacuation movements and headcounts."""

from decimal import Decimal

from tests.model.canon import Json, canonical_json, number
from tests.model.figures import counting, headcount_in_force
from tests.model.reports import Verdict
from tests.model.world import Turn, World

WRITERS = ("official_stat", "command_post", "dept", "grid")
PAYLOAD = (
    *("kind", "mode", "resource", "sorties", "persons_lifted", "persons", "lines", "unit", "depot", "site"),
    *("to_unit", "to_site", "ref_doc_no"),
)


def judge_count(world: World, turn: Turn) -> Verdict:
    """R2: "Deltas and headcounts (R6, R16) count from official_stat, command_post, dept and grid; from
    any other class `side_table`."
    """
    if turn.record["source"]["class"] not in WRITERS:
        return "side_table", set()
    if turn.record.get("kind") == "headcount":
        return _judge_headcount(world, turn)
    return _judge_delta(world, turn)


def _judge_headcount(world: World, turn: Turn) -> Verdict:
    """R16: "greatest as_of, then last in the order, is in force; an older one: `stored_late`"."""
    in_force = headcount_in_force(world, turn.incident, turn.record["unit"], turn.record["site"])
    turn.counts = True
    if in_force is not None and turn.as_of < in_force.as_of:
        return "stored_late", set()
    return "accepted", set()


def payload_of(record: Json) -> str:
    return canonical_json({name: record.get(name) for name in PAYLOAD})


def _judge_delta(world: World, turn: Turn) -> Verdict:
    """R6: "A key already taken (by any delta before it that this rule judged, whatever came of it; one
    held by R17 takes it when released): same payload `duplicate_doc`, other payload `held`, flag
    `conflict`. Else `accepted`."
    """
    key = (turn.incident, turn.type, turn.record["doc_no"])
    if key in world.documents:
        if payload_of(world.documents[key].record) == payload_of(turn.record):
            return "duplicate_doc", set()
        turn.waits = True
        world.disputed.append((key, turn))
        return "held", {"conflict"}
    if turn.record.get("kind") != "cancel":
        world.documents[key] = turn
        turn.counts = True
        return "accepted", set()
    # "no such document before it": its own number is not before it, so look before taking the key.
    verdict = judge_cancel(world, turn)
    world.documents[key] = turn
    return verdict


def judge_cancel(world: World, turn: Turn) -> Verdict:
    """R6: "no such document before it → `held`, `awaiting_base`, tried right after it, whatever it is;
    the document is no release → `rejected`, `no_base`; more of an item than the release less its other
    cancels in force → `held`, `over_cancel`, for good".
    """
    named = turn.record.get("ref_doc_no")
    document = world.documents.get((turn.incident, "supply_movement", named))
    if document is None:
        world.wait(turn, "document", turn.incident, str(named))
        return "held", {"awaiting_base"}
    if document.record["kind"] != "release":
        return "rejected", {"no_base"}
    for item, quantity in turn.record["lines"].items():
        left = number(document.record["lines"].get(item, 0))
        for other in counting(world, turn.incident, "supply_movement"):
            if other.record["kind"] == "cancel" and other.record["ref_doc_no"] == named:
                left -= number(other.record["lines"].get(item, Decimal(0)))
        if number(quantity) > left:
            turn.waits = True
            return "held", {"over_cancel"}
    turn.counts = True
    return "accepted", set()
