"""R16: people in shelters. A headcount settles what was before it; later movements add to it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from schemas.records import EvacuationCount
from streams.picture.cells import Cells
from streams.picture.judged import Judged
from streams.picture.reigns import Cell, Said, Statement
from streams.picture.stamped import Order
from streams.picture.steps import Agenda, Step

SHELTER_NOW = "shelter_now"
SHELTER_IN = "shelter_in_cum"
SIGNS = {"check_in": 1, "check_out": -1, "return_home": -1, "transfer": -1}
"""What a movement does at its own site; a transfer also adds at the site it goes to."""


class Site:
    """One (unit, site): its headcounts, one of which is in force, and the movements that count there."""

    __slots__ = ("headcounts", "movements")

    def __init__(self, headcounts: Cell) -> None:
        self.headcounts = headcounts
        self.movements: dict[Judged, int] = {}

    @property
    def in_force(self) -> Judged | None:
        """The headcount of greatest as_of, then last in the order, that nobody returned."""
        statement = self.headcounts.statement
        return statement.by if statement else None

    def later_movements(self) -> Iterator[tuple[Judged, int]]:
        """(movement, sign) strictly later than the headcount in force."""
        settled = self.in_force
        for movement, sign in self.movements.items():
            if settled is None or movement.stamped.as_of > settled.stamped.as_of:
                yield movement, sign

    @property
    def persons(self) -> int | None:
        """People there now; None where nothing is known. May fall below zero: an alarm, not an error."""
        settled = self.in_force
        if settled is None and not self.movements:
            return None
        return (_persons(settled) if settled else 0) + sum(
            sign * _persons(movement) for movement, sign in self.later_movements()
        )

    def shown(self) -> list[Judged]:
        """The records whose numbers make up `persons`."""
        settled = self.in_force
        return ([settled] if settled else []) + [movement for movement, _ in self.later_movements()]


class Shelters:
    """All sites of an incident. Headcounts lie in cells (unit, site): rank = as_of, no other rule of R3 applies."""

    def __init__(self, agenda: Agenda, restated: set[Judged]) -> None:
        self.headcounts = Cells(agenda, restated)
        self._units: dict[str, dict[str, Site]] = {}
        self._moved: set[str] = set()
        self._restated = restated

    def headcount(self, step: Step, judged: Judged, place: Order) -> bool:
        """Keep a headcount; True if it is in force at its turn, False if an older one came later."""
        record = _movement(judged)
        site = self._site(record.unit, record.site)
        settled = site.headcounts.reign(step.moment)
        rank = (judged.stamped.as_of, 0, 0)
        statement = Statement(judged, judged, rank, place, Decimal(record.persons), "exact")
        step.effects.append(Said(self.headcounts, site.headcounts, step, statement))
        return settled is None or judged.stamped.as_of >= settled.rank[0]

    def move(self, judged: Judged, *, counts: bool) -> None:
        """Count a movement at its site, and at the site it goes to, or stop counting it."""
        for unit, name, sign in places(_movement(judged)):
            site = self._site(unit, name)
            if counts:
                # A transfer within one site is two movements of one record: they cancel out.
                site.movements[judged] = site.movements.get(judged, 0) + sign
            else:
                site.movements.pop(judged, None)
            self._touch(unit, site)

    def take_changed(self) -> set[str]:
        """Units whose people in shelters may have changed since this was last asked."""
        units, self._moved = self._moved, set()
        for unit, name in self.headcounts.changed:
            self._touch(unit, self._site(unit, name))
            units.add(unit)
        self.headcounts.changed.clear()
        self._moved.clear()
        return units

    def note(self, unit: str) -> None:
        """The marks of what is counted here may have changed."""
        self._moved.add(unit)

    def shows(self, judged: Judged) -> bool:
        """Whether a headcount or movement is part of a number shown now."""
        return any(judged in self._site(unit, name).shown() for unit, name, _ in places(_movement(judged)))

    def sites(self, unit: str) -> dict[str, Site]:
        """The sites of a unit by name."""
        return self._units.get(unit, {})

    def persons(self, unit: str) -> Decimal | None:
        """`shelter_now` of a unit: the sum over its sites; None where nothing is known."""
        known = [site.persons for site in self.sites(unit).values() if site.persons is not None]
        return Decimal(sum(known)) if known else None

    def _site(self, unit: str, name: str) -> Site:
        sites = self._units.setdefault(unit, {})
        if name not in sites:
            sites[name] = Site(self.headcounts.cell(unit, name))
        return sites[name]

    def _touch(self, unit: str, site: Site) -> None:
        self._moved.add(unit)
        self._restated.update(site.headcounts.entries)
        self._restated.update(site.movements)


def places(record: EvacuationCount) -> list[tuple[str, str, int]]:
    """(unit, site, sign) where a record acts; a transfer without to_unit stays in its unit."""
    here = [(record.unit, record.site, SIGNS.get(record.kind, 0))]
    if record.kind == "transfer" and record.to_site is not None:
        here.append((record.to_unit or record.unit, record.to_site, 1))
    return here


def _movement(judged: Judged) -> EvacuationCount:
    record = judged.stamped.record
    assert isinstance(record, EvacuationCount)
    return record


def _persons(judged: Judged) -> int:
    return _movement(judged).persons
