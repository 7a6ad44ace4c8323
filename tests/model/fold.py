"""The fold: every record of every status, judged one after the other in canonical order."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from tests.model.canon import Json, instant, one_record_per_id
from tests.model.corrections import find_base, judge_correction
from tests.model.deltas import judge_cancel, judge_count
from tests.model.figures import Figures, figures, note_what_counts
from tests.model.merges import clock_is_ahead, read_merges
from tests.model.reports import Verdict, judge_report
from tests.model.reviews import judge_review
from tests.model.standing import standings
from tests.model.verifications import judge_verification
from tests.model.world import COUNT_TYPES, Turn, World

OFFICIAL_ONLY = ("review", "verification", "incident_merge")


@dataclass
class Result:
    """`figures[status][incident][unit][key]` = (total, own); `outcomes[record_id]` = {disposition,
    flags, standing, status, incident}; `aliases[status][incident_id]` = canonical incident;
    `losers` = (record_id, SHA-256) of contents that lost their id to another; `worlds[status]` = all that was
    judged, of which `sources.ranges` and `alarms.alarms` are found.
    """

    figures: dict[str, dict[str, Figures]] = field(default_factory=dict)
    outcomes: dict[str, dict[str, Any]] = field(default_factory=dict)
    aliases: dict[str, dict[str, str]] = field(default_factory=dict)
    losers: list[tuple[str, str]] = field(default_factory=list)
    worlds: dict[str, World] = field(default_factory=dict, compare=False)


def fold(deliveries: Iterable[Json]) -> Result:
    """Records.md 1: "Take all records of one `status` ever accepted, drop repeated deliveries of the
    same `record_id`, put them in *canonical order* [...] and judge them one after the other".

    Arguments:
        deliveries: JSON-decoded records with `received_at` set, in any order, repeated or not.
    """
    records, losers = one_record_per_id(deliveries)
    result = Result(losers=losers)
    by_status: dict[str, list[Json]] = {}
    for record in records:
        by_status.setdefault(record.get("status") or "Actual", []).append(record)
    for status, of_status in by_status.items():
        world = result.worlds[status] = fold_world(of_status)
        standing = standings(world)
        result.aliases[status] = dict(world.canonical)
        shown = {
            incident: figures(world, incident) for incident in {t.incident for t in world.turns.values()}
        }
        result.figures[status] = {incident: units for incident, units in shown.items() if units}
        for turn in world.turns.values():
            result.outcomes[turn.id] = {
                "disposition": turn.disposition,
                "flags": sorted(turn.flags),
                "standing": standing[turn.id],
                "status": status,
                "incident": turn.incident,
            }
    return result


def fold_world(records: list[Json]) -> World:
    """Judge the records of one status, given in canonical order."""
    canonical, accepted_merges, merges_in_force = read_merges(records)
    world = World(canonical, accepted_merges, merges_in_force)
    for number, record in enumerate(records):
        turn = Turn(
            record=record,
            id=record["record_id"],
            type=record["type"],
            incident=world.incident_of(record["incident_id"]),
            number=number,
            place=number,
        )
        _take_turn(world, turn)
    return world


def _take_turn(world: World, turn: Turn) -> None:
    """Records.md 4: "Order of the steps: flags `late_arrival` and `incident_alias` → R17 → by type"."""
    if _is_late(turn.record):
        turn.flags.add("late_arrival")
    # R14: "Flag `incident_alias` on a record whose incident_id is the `from` of a merge in force and
    # whose turn comes after that merge's."
    if world.merges_into_force.get(turn.record["incident_id"]) in world.turns:
        turn.flags.add("incident_alias")
    if clock_is_ahead(turn.record):
        # R17: "`held`, flag `future_time`, nothing applies, nothing counts as duplicate of it."
        turn.disposition, turn.waits = "held", True
        turn.flags.add("future_time")
    else:
        turn.disposition, flags = _judge(world, turn)
        turn.judged_as = turn.disposition
        turn.flags |= flags
    world.turns[turn.id] = turn
    note_what_counts(world)
    _try_those_waiting_for(world, turn)


def _is_late(record: Json) -> bool:
    """R13: "received_at − sent_at > 30 min: `late_arrival` (any type)"."""
    return instant(record["received_at"]) - instant(record["sent_at"]) > timedelta(minutes=30)


def _judge(world: World, turn: Turn) -> Verdict:
    if turn.type in OFFICIAL_ONLY and not turn.official:
        # R2: "review, verification, incident_merge from a class other than official_stat: `refused`."
        return "refused", set()
    by_type: dict[str, Callable[[World, Turn], Verdict]] = {
        "loss_report": judge_report,
        "zero_report": judge_report,
        "clue": judge_report,
        "correction": judge_correction,
        "review": _judge_review,
        "verification": judge_verification,
        "incident_merge": _judge_merge,
        **dict.fromkeys(COUNT_TYPES, judge_count),
    }
    # R2: "`alert`, `response`, `hazard_parameter`, `order`, `receipt`, `check_in`, `incident_open`,
    # `incident_close`: `recorded`."
    return by_type.get(turn.type, _judge_recorded)(world, turn)


def _judge_recorded(_world: World, _turn: Turn) -> Verdict:
    return "recorded", set()


def _judge_merge(world: World, turn: Turn) -> Verdict:
    return ("accepted" if turn.id in world.accepted_merges else "rejected"), set()


def _judge_review(world: World, turn: Turn) -> Verdict:
    return judge_review(world, turn, _judge_released)


def _try_those_waiting_for(world: World, turn: Turn) -> None:
    """R4, R6, R18: "applied right after that record"; "several waiting for one record are applied in the
    order in which they began to wait for it". Their published outcomes stay as they are.
    """
    names: list[tuple[str, ...]] = [("record", turn.id), *_document_names(world, turn)]
    _try_waiting(world, names)


def _document_names(world: World, turn: Turn) -> list[tuple[str, ...]]:
    """The number under which cancels wait for this supply movement, if it took its key (R6)."""
    if turn.type != "supply_movement":
        return []
    key = (turn.incident, turn.type, turn.record["doc_no"])
    return [("document", turn.incident, turn.record["doc_no"])] if world.documents.get(key) is turn else []


def _try_waiting(world: World, names: list[tuple[str, ...]]) -> None:
    ready = [waiter for name, waiter in world.waiting if name in names]
    world.waiting = [(name, waiter) for name, waiter in world.waiting if name not in names]
    for waiter in ready:
        retry = {"correction": find_base, "review": _judge_review, "supply_movement": judge_cancel}
        _, flags = retry[waiter.type](world, waiter)
        # Standing: "a waiting record that fails when its turn comes [...] has `none`"; it goes on
        # waiting only where the next record of its chain is not there either.
        waiter.waits = "awaiting_base" in flags
        note_what_counts(world)


def _judge_released(world: World, target: Turn) -> None:
    """R18: "a report or delta held by R17 is judged then by all steps (R1 with its own reason; R7, R9 as
    with a reason) [...] (its outcome stays held)".
    """
    if target.type in COUNT_TYPES:
        target.judged_as, flags = judge_count(world, target)
    else:
        target.judged_as, flags = judge_report(world, target, as_with_a_reason=True)
    # Standing: "a delta held by R17 that fails when released, has `none`"; one that now awaits its base
    # goes on waiting; of a report, its held cells wait.
    target.waits = "awaiting_base" in flags
    note_what_counts(world)
    _try_waiting(world, _document_names(world, target))
