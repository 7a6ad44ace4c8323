"""What the picture shows of one incident: R5, R6, R16 and the derived figures, from scratch each time."""

from collections import defaultdict
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from tests.model.canon import number
from tests.model.indicators import INDICATORS
from tests.model.units import NATION, ancestors
from tests.model.world import Entry, Turn, World

ZERO = Decimal(0)


class Figure(NamedTuple):
    total: Decimal
    own: Decimal | None


Figures = dict[str, dict[str, Figure]]


class Told(NamedTuple):
    """A record whose number is shown, and the moment that it describes."""

    by: Turn
    as_of: datetime


class Shown(NamedTuple):
    """Own values by (unit, key), and the ids of the records that stated what is shown now, also by cell."""

    own: dict[tuple[str, str], Decimal]
    stated_by: set[str]
    told: dict[tuple[str, str], list[Told]]


def shown(world: World, incident: str) -> Shown:
    own: dict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)
    result = Shown(own, set(), defaultdict(list))
    for add in (_cells, _dispatches, _supplies, _shelters):
        add(world, incident, result)
    return result


def figures(world: World, incident: str) -> Figures:
    """R5: "`own` of a unit = its entry in force; `total` = own + all own values below it [...] Units
    shown: those with a value in force, and their ancestors."
    """
    own = shown(world, incident).own
    totals: dict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)
    for (unit, key), value in own.items():
        for code in [unit, *ancestors(unit)]:
            totals[code, key] += value
    result: Figures = defaultdict(dict)
    for (unit, key), total in totals.items():
        result[unit][key] = Figure(total, own.get((unit, key)))
    return dict(result)


def total_of(world: World, incident: str, unit: str, key: str) -> Decimal | None:
    figure = figures(world, incident).get(unit, {}).get(key)
    return None if figure is None else figure.total


def _cells(world: World, incident: str, into: Shown) -> None:
    in_force: dict[tuple[str, str], Entry] = {}
    for cell_incident, unit, key in world.cells:
        entry = world.in_force((cell_incident, unit, key))
        if cell_incident == incident and entry is not None:
            in_force[unit, key] = entry
    for (unit, key), entry in in_force.items():
        parts = _parts(in_force, unit, key)
        if any(part.root.as_of > entry.root.as_of for part in parts):
            continue  # "A typed whole that the sum of its parts replaces is not shown."
        assert entry.value is not None
        assert entry.current is not None
        into.own[unit, key] = entry.value
        into.stated_by.add(entry.current.by.id)
        into.told[unit, key] = [Told(entry.current.by, entry.root.as_of)]
    # Derived figures: "the typed value in force if no part has a later as_of, else the sum of its
    # parts' own values in force".
    for unit in {unit for unit, _ in in_force}:
        for key in INDICATORS:
            parts = _parts(in_force, unit, key)
            if parts and (unit, key) not in into.own:
                into.own[unit, key] = sum((part.value for part in parts if part.value is not None), ZERO)
                into.told[unit, key] = [
                    Told(part.current.by, part.root.as_of) for part in parts if part.current
                ]


def _parts(in_force: dict[tuple[str, str], Entry], unit: str, key: str) -> list[Entry]:
    parts = INDICATORS[key].parts if key in INDICATORS else ()
    return [in_force[unit, part] for part in parts if (unit, part) in in_force]


def counting(world: World, incident: str, record_type: str) -> list[Turn]:
    """The deltas and headcounts of a type that are in the figures: let in and not returned."""
    return [
        turn
        for turn in world.turns.values()
        if turn.incident == incident and turn.type == record_type and turn.counts and turn.returned_by is None
    ]


def note_what_counts(world: World) -> None:
    """Remember who has ever been in the figures: a cancel let in while its release is returned is not,
    until that is put back (R6: "counts where the release counts, while the release counts").
    """
    for turn in world.turns.values():
        if turn.has_counted or not turn.counts or turn.returned_by is not None:
            continue
        if turn.record.get("kind") == "cancel":
            release = world.documents[turn.incident, turn.type, turn.record["ref_doc_no"]]
            if release.returned_by is not None:
                continue
        turn.has_counted = True


def _unit_of(turn: Turn) -> str:
    """R6: "without a unit in `own` and `total` of the nation row"."""
    return turn.record.get("unit") or NATION


def _add(into: Shown, cell: tuple[str, str], turn: Turn, amount: Decimal) -> None:
    into.own[cell] += amount
    into.stated_by.add(turn.id)
    into.told[cell].append(Told(turn, turn.as_of))


def _dispatches(world: World, incident: str, into: Shown) -> None:
    """R6: "Figures: `sorties`, `persons_lifted`"."""
    for turn in counting(world, incident, "dispatch"):
        for key in ("sorties", "persons_lifted"):
            if turn.record.get(key) is not None:
                _add(into, (_unit_of(turn), key), turn, number(turn.record[key]))


def _supplies(world: World, incident: str, into: Shown) -> None:
    """R6: "`supply_released.<item>` = released − cancelled; `supply_received.<item>`;
    `supply_returned.<item>`; other kinds: accepted, no figure"; a cancel "counts where the release
    counts, while the release counts".
    """
    prefixes = {"release": "supply_released", "receive": "supply_received", "return": "supply_returned"}
    movements = counting(world, incident, "supply_movement")
    for turn in movements:
        place, sign, kind = turn, 1, turn.record["kind"]
        if kind == "cancel":
            release = world.documents[incident, "supply_movement", turn.record["ref_doc_no"]]
            if release not in movements:
                continue
            place, sign, kind = release, -1, "release"
        if kind in prefixes:
            for item, quantity in turn.record["lines"].items():
                _add(into, (_unit_of(place), f"{prefixes[kind]}.{item}"), turn, sign * number(quantity))


def headcount_in_force(world: World, incident: str, unit: str, site: str) -> Turn | None:
    """R16: "absolute for (unit, site) [...] greatest as_of, then last in the order, is in force"."""
    counts = [
        turn
        for turn in counting(world, incident, "evacuation_count")
        if turn.record["kind"] == "headcount" and (turn.record["unit"], turn.record["site"]) == (unit, site)
    ]
    return max(counts, key=lambda turn: (turn.as_of, turn.place), default=None)


def site_moves(turn: Turn) -> list[tuple[str, str, int]]:
    """R16: (unit, site, sign) of a movement. "A transfer without to_unit stays in the unit." """
    record = turn.record
    here = (record["unit"], record["site"])
    if record["kind"] == "transfer":
        return [(*here, -1), (record.get("to_unit") or record["unit"], record["to_site"], 1)]
    return [(*here, {"check_in": 1, "check_out": -1, "return_home": -1}[record["kind"]])]


def _shelters(world: World, incident: str, into: Shown) -> None:
    """R16: "`shelter_now` of a unit = sum over its sites of the headcount in force (none: 0) +
    check_in − check_out − return_home − transfers out + transfers in, of those movements only whose
    as_of is strictly later than that headcount's. `shelter_in_cum` = sum of check_in persons."
    """
    for turn in counting(world, incident, "evacuation_count"):
        persons = number(turn.record["persons"])
        if turn.record["kind"] == "headcount":
            if headcount_in_force(world, incident, turn.record["unit"], turn.record["site"]) is turn:
                _add(into, (turn.record["unit"], "shelter_now"), turn, persons)
            continue
        if turn.record["kind"] == "check_in":
            _add(into, (turn.record["unit"], "shelter_in_cum"), turn, persons)
        for unit, site, sign in site_moves(turn):
            headcount = headcount_in_force(world, incident, unit, site)
            if headcount is None or turn.as_of > headcount.as_of:
                _add(into, (unit, "shelter_now"), turn, sign * persons)
