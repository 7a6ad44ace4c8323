"""The alarms that stand, each found anew from what was judged (records.md 3; domain.md 1.3, 1.4, 1.6, 5.5)."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from tests.model.canon import instant, number, stamp
from tests.model.figures import Shown, counting, headcount_in_force, shown, site_moves
from tests.model.indicators import INDICATORS, NOT_ABOVE, SUMS, UNMAPPED
from tests.model.merges import clock_is_ahead
from tests.model.sources import Total, held_entries, newest_of, totals, words_beside
from tests.model.units import NATION, county_of
from tests.model.world import Turn, World


class Alarm(NamedTuple):
    unit: str
    record_ids: frozenset[str]


Subject = tuple[str, str]
"""(kind, subject)."""


def alarms(world: World, incident: str, now: datetime | None) -> dict[Subject, Alarm]:
    """All of one incident. `now`: for status Actual the moment up to which all is known, if it is; in an
    exercise and in a test "the newest stamp of the incident is its clock".
    """
    of_incident = [turn for turn in world.turns.values() if turn.incident == incident]
    if of_incident and of_incident[0].record.get("status", "Actual") != "Actual":
        now = max(stamp(turn.record) for turn in of_incident)
    figures = shown(world, incident)
    found: dict[Subject, Alarm] = {}
    for part in (
        _breaches(figures),
        _shelters(world, incident),
        _conflicts(world, incident, figures),
        _disputes(world, incident),
        _late(world, incident),
        _silent(world, incident, now),
    ):
        for subject, alarm in part:
            assert subject not in found
            found[subject] = alarm
    return found


def _ids(turns: Iterable[Turn]) -> frozenset[str]:
    return frozenset(turn.id for turn in turns)


def _breaches(figures: Shown) -> Iterator[tuple[Subject, Alarm]]:
    """R10: "Breaches between different records are alarms, never rejections"."""
    for unit in {unit for unit, _ in figures.own}:
        own = {key: value for (code, key), value in figures.own.items() if code == unit}

        def alarm(check: str, *keys: str, unit: str = unit) -> tuple[Subject, Alarm]:
            told = [told.by for key in keys for told in figures.told[unit, key]]
            return ("invariant_breach", f"{unit}/{check}"), Alarm(unit, _ids(told))

        for smaller, larger in NOT_ABOVE:
            if smaller in own and larger in own and own[smaller] > own[larger]:
                yield alarm(f"{smaller}<={larger}", smaller, larger)
        for whole, tolerance in SUMS:
            parts = INDICATORS[whole].parts
            if whole not in own or not all(part in own for part in parts):
                continue
            if abs(own[whole] - sum(own[part] for part in parts)) > tolerance:
                yield alarm(f"{whole}={'+'.join(parts)}", whole, *parts)


def _shelters(world: World, incident: str) -> Iterator[tuple[Subject, Alarm]]:
    """R16 site by site; "capacity" is that of the newest headcount that states it (domain.md 5.5)."""
    movements = counting(world, incident, "evacuation_count")
    places = {(turn.record["unit"], turn.record["site"]) for turn in movements}
    for turn in movements:
        if turn.record["kind"] != "headcount":
            places |= {(unit, site) for unit, site, _ in site_moves(turn)}
    for unit, site in places:
        headcount = headcount_in_force(world, incident, unit, site)
        persons, told = Decimal(0), [] if headcount is None else [headcount]
        if headcount is not None:
            persons += number(headcount.record["persons"])
        sized = []
        for turn in movements:
            if turn.record["kind"] == "headcount":
                if (turn.record["unit"], turn.record["site"]) == (unit, site) and _places(turn) is not None:
                    sized.append(turn)
                continue
            signs = [sign for *place, sign in site_moves(turn) if tuple(place) == (unit, site)]
            if signs and (headcount is None or turn.as_of > headcount.as_of):
                persons += sum(signs) * number(turn.record["persons"])
                told.append(turn)
        if persons < 0:
            yield ("shelter_below_zero", f"{unit}/{site}"), Alarm(unit, _ids(told))
        by = max(sized, key=lambda turn: (turn.as_of, turn.place), default=None)
        if by is not None and persons > (_places(by) or 0):
            yield ("over_capacity", f"{unit}/{site}"), Alarm(unit, _ids([by, *told]))


def _places(headcount: Turn) -> int | None:
    """A whole number ≥ 0; "anything else is kept and ignored"."""
    stated: Any = headcount.record.get("capacity")
    if isinstance(stated, bool) or not isinstance(stated, int | float):
        return None
    return int(stated) if 0 <= stated < 10**15 and stated == int(stated) else None


def _conflicts(world: World, incident: str, figures: Shown) -> Iterator[tuple[Subject, Alarm]]:
    """A source disagrees with a figure: R2's comparison, made now, and the values that R3 holds for it."""
    beside = words_beside(world, incident)
    for (unit, key), total in totals(figures).items():
        clues = beside.get((unit, key), ([], []))[0]
        told = [
            word.by
            for word in clues
            if not key.startswith(UNMAPPED) and word.value is not None and _disagrees(word.value, word, total)
        ]
        if (unit, key) in figures.own:
            told += _still_disputed(world, incident, (unit, key), figures.own[unit, key])
        if told:
            told += [told.by for told in figures.told.get((unit, key), [])]
            yield ("conflict", f"{unit}/{key}"), Alarm(unit, _ids(told))


def _disagrees(value: Decimal, word: Any, total: Total) -> bool:
    return value != total.value and ("conflict" in word.by.flags or word.root.as_of >= total.oldest)


def _still_disputed(world: World, incident: str, cell: tuple[str, str], own: Decimal) -> list[Turn]:
    found = []
    for entry in held_entries(world, incident, cell):
        assert entry.current is not None
        newer = newest_of(world, incident, cell, entry.root.org)
        if entry.current.flag != "conflict" or entry.current.value == own:
            continue
        if newer is None or newer.root.rank <= entry.root.rank:
            found.append(entry.current.by)
    return found


def _disputes(world: World, incident: str) -> Iterator[tuple[Subject, Alarm]]:
    """R6: "other payload `held`, flag `conflict`", until the held paper is returned."""
    for key in {key for key, _ in world.disputed if key[0] == incident}:
        held = [turn for of, turn in world.disputed if of == key and turn.returned_by is None]
        if held:
            taker = world.documents[key]
            unit = taker.record.get("unit") or NATION
            yield ("conflict", f"{key[1]}/{key[2]}"), Alarm(unit, _ids([taker, *held]))


def is_closed(world: World, incident: str) -> bool:
    """By the last incident_close or incident_open; an opening under the name of an incident merged away does
    not open again what was opened under its own."""
    closed = opened = False
    for turn in world.turns.values():
        if turn.incident != incident or turn.held_by_clock:
            continue
        if turn.type == "incident_close":
            closed = True
        elif turn.type == "incident_open" and (turn.record["incident_id"] == incident or not opened):
            opened, closed = turn.record["incident_id"] == incident, False
    return closed


def _is_drought(world: World, incident: str) -> bool:
    hazard = ""
    opened = False
    for turn in world.turns.values():
        if turn.incident == incident and turn.type == "incident_open" and not turn.held_by_clock:
            own = turn.record["incident_id"] == incident
            if own or not opened:
                opened, hazard = own, turn.record["hazard"]
    return "旱" in hazard or "drought" in hazard.lower()


def units_of(turn: Turn) -> set[str]:
    """domain.md 1.2: county and above report; what is said in a county is its county's report."""
    level, found = turn.record["source"]["level"], set()
    for row in turn.record.get("rows") or []:
        unit = row["unit"]
        if level in ("village", "township", "county"):
            county = county_of(unit)
            found.add(county + "000000" if county else unit)
        elif level == "prefecture":
            found.add(unit[:4] + "00000000")
        elif level == "province":
            found.add(unit[:2] + "0000000000")
    return found - {NATION}


def _late(world: World, incident: str) -> Iterator[tuple[Subject, Alarm]]:
    """R13 `overdue`: stands until the report is returned or the incident is closed."""
    if is_closed(world, incident):
        return
    for turn in world.turns.values():
        if turn.incident == incident and "overdue" in turn.flags and turn.returned_by is None:
            yield ("overdue", turn.id), Alarm(_above(units_of(turn)), frozenset({turn.id}))


def _above(units: set[str]) -> str:
    for digits in (6, 4, 2):
        if len({unit[:digits] for unit in units}) == 1:
            return next(iter(units))[:digits].ljust(12, "0")
    return NATION


def _silent(world: World, incident: str, now: datetime | None) -> Iterator[tuple[Subject, Alarm]]:
    """domain.md 1.3, D7, D22b: every 24 h, in a drought every ten days (D8), until verified or closed."""
    if now is None or is_closed(world, incident):
        return
    period = timedelta(days=10 if _is_drought(world, incident) else 1)
    reports = [
        turn
        for turn in world.turns.values()
        if turn.incident == incident
        and turn.type in ("loss_report", "zero_report")
        and turn.official
        and not clock_is_ahead(turn.record)
    ]

    def office(turn: Turn) -> tuple[str, str]:
        return turn.org, turn.record["source"]["level"]

    for unit in {unit for turn in reports for unit in units_of(turn)}:
        offices = {office(turn) for turn in reports if unit in units_of(turn)}
        heard = [
            turn
            for turn in reports
            if unit in units_of(turn) or (not turn.record.get("rows") and office(turn) in offices)
        ]
        last = max(heard, key=lambda turn: (instant(turn.record["sent_at"]), turn.id))
        if instant(last.record["sent_at"]) + period < now and not _is_verified(world, incident, unit):
            yield ("missing_report", unit), Alarm(unit, frozenset({last.id}))


def _is_verified(world: World, incident: str, unit: str) -> bool:
    """R15: a verification in force covers the unit: its county, its prefecture or its province."""
    prefixes = {prefix for by, prefix in world.freezing if by.incident == incident}
    return any(unit[:digits] in prefixes for digits in (6, 4, 2))
