"""R16: people in shelters. A headcount settles what was before it; later movements add to it."""

from __future__ import annotations

from bisect import insort
from decimal import Decimal

from schemas.records import EvacuationCount
from streams.picture.cells import Cells
from streams.picture.judged import Judged
from streams.picture.reigns import Cell, Said, Statement
from streams.picture.stamped import Order
from streams.picture.steps import Agenda, Step
from streams.picture.tallies import Tally

SHELTER_NOW = "shelter_now"
SHELTER_IN = "shelter_in_cum"
SIGNS = {"check_in": 1, "check_out": -1, "return_home": -1, "transfer": -1}
"""What a movement does at its own site; a transfer also adds at the site it goes to."""


class Site:
    """One (unit, site): its headcounts, one of which is in force, and the movements that count there."""

    __slots__ = ("_counted", "_later", "headcounts", "movements", "sized_by")

    def __init__(self, headcounts: Cell) -> None:
        self.headcounts = headcounts
        self.movements = Tally()
        self._counted: Judged | None = None
        """The headcount in force when it was last looked at, and the sum of the movements strictly later."""
        self._later = Decimal(0)
        self.sized_by: list[Judged] = []
        """The headcounts that state its capacity, oldest first."""

    @property
    def size(self) -> tuple[int, Judged] | None:
        """How many places there are, by the newest headcount that states it and that nobody returned (domain.md 5.5)."""
        for judged in reversed(self.sized_by):
            if not judged.is_returned():
                places_stated = _movement(judged).places
                assert places_stated is not None
                return places_stated, judged
        return None

    @property
    def in_force(self) -> Judged | None:
        """The headcount of greatest as_of, then last in the order, that nobody returned."""
        statement = self.headcounts.statement
        return statement.by if statement else None

    def move(self, judged: Judged, amount: Decimal) -> None:
        """Count a movement; `amount` is negative for people who leave."""
        self.movements.add(judged, amount)
        self._later += amount if self._is_later(judged) else 0

    def unmove(self, judged: Judged) -> None:
        """Stop counting a movement."""
        amount = self.movements.amounts.get(judged, Decimal(0))
        self.movements.remove(judged)
        self._later -= amount if self._is_later(judged) else 0

    def recount(self) -> set[Judged]:
        """Another headcount may be in force now; answers the records that show now and did not, or the other way round."""
        before, now = self._counted, self.in_force
        if before is now:
            return set()
        self._counted = now
        was, begins = self._begin(before), self._begin(now)
        flipped = [movement for _, _, movement in self.movements.by_age[min(was, begins) : max(was, begins)]]
        change = sum((self.movements.amounts[movement] for movement in flipped), Decimal(0))
        self._later += change if begins < was else -change
        return {record for record in (before, now, *flipped) if record is not None}

    @property
    def persons(self) -> int | None:
        """People there now; None where nothing is known. May fall below zero: an alarm, not an error."""
        if self._counted is None and not self.movements.amounts:
            return None
        return (_persons(self._counted) if self._counted else 0) + int(self._later)

    def shows(self, judged: Judged) -> bool:
        """Whether a headcount or movement is part of `persons`."""
        if judged is self._counted:
            return True
        return judged in self.movements.amounts and self._is_later(judged)

    def shown(self, most: int | None = None) -> list[Judged]:
        """The records whose numbers make up `persons`, or the newest of them: oldest first."""
        begins = self._begin(self._counted)
        if most is not None:
            begins = max(begins, len(self.movements.by_age) - most)
        later = [movement for _, _, movement in self.movements.by_age[begins:]]
        return ([self._counted] if self._counted else []) + later

    def oldest(self) -> int | None:
        """The as_of of the oldest record that makes up `persons`; µs."""
        if self._counted is not None:
            return self._counted.stamped.as_of
        return self.movements.by_age[0][0] if self.movements.by_age else None

    def _begin(self, headcount: Judged | None) -> int:
        return 0 if headcount is None else self.movements.later_than(headcount.stamped.as_of)

    def _is_later(self, movement: Judged) -> bool:
        return self._counted is None or movement.stamped.as_of > self._counted.stamped.as_of


class Sizes:
    """A lane: (unit, site) → the headcounts that state how many places there are. Nothing is judged by it."""

    def __init__(self, shelters: Shelters) -> None:
        self._shelters = shelters

    def put(self, place: tuple[str, str], judged: Judged, _: Step) -> None:
        """A headcount states it."""
        insort(self._shelters.site(*place).sized_by, judged, key=_age)
        self._shelters.note(place[0])

    def take_back(self, place: tuple[str, str], judged: Judged, _: Step) -> None:
        """It does not, after all."""
        self._shelters.site(*place).sized_by.remove(judged)
        self._shelters.note(place[0])


class Shelters:
    """All sites of an incident. Headcounts lie in cells (unit, site): rank = as_of, no other rule of R3 applies."""

    def __init__(self, agenda: Agenda, restated: set[Judged]) -> None:
        self.headcounts = Cells(agenda, restated)
        self._units: dict[str, dict[str, Site]] = {}
        self._moved: set[str] = set()
        self._restated = restated
        self.sizes = Sizes(self)

    def headcount(self, step: Step, judged: Judged, place: Order) -> bool:
        """Keep a headcount; True if it is in force at its turn, False if an older one came later."""
        record = _movement(judged)
        site = self.site(record.unit, record.site)
        settled = site.headcounts.reign(step.moment)
        rank = (judged.stamped.as_of, 0, 0)
        statement = Statement(judged, judged, rank, place, Decimal(record.persons), "exact")
        step.effects.append(Said(self.headcounts, site.headcounts, step, statement))
        if record.places is not None:
            step.does(self.sizes, (record.unit, record.site), judged)
        return settled is None or judged.stamped.as_of >= settled.rank[0]

    def move(self, judged: Judged, *, counts: bool) -> None:
        """Count a movement at its site, and at the site it goes to, or stop counting it."""
        amounts: dict[tuple[str, str], Decimal] = {}
        record = _movement(judged)
        for unit, name, sign in places(record):
            # A transfer within one site is two movements of one record: they cancel out.
            amounts[unit, name] = amounts.get((unit, name), Decimal(0)) + sign * record.persons
        for (unit, name), amount in amounts.items():
            site = self.site(unit, name)
            if counts:
                site.move(judged, amount)
            else:
                site.unmove(judged)
            self._moved.add(unit)
        self._restated.add(judged)

    def take_changed(self) -> set[str]:
        """Units whose people in shelters may have changed since this was last asked."""
        for unit, name in self.headcounts.changed:
            self._restated.update(self.site(unit, name).recount())
            self._moved.add(unit)
        self.headcounts.changed.clear()
        units, self._moved = self._moved, set()
        return units

    def note(self, unit: str) -> None:
        """The marks of what is counted here may have changed."""
        self._moved.add(unit)

    def shows(self, judged: Judged) -> bool:
        """Whether a headcount or movement is part of a number shown now."""
        return any(self.site(unit, name).shows(judged) for unit, name, _ in places(_movement(judged)))

    def sites(self, unit: str) -> dict[str, Site]:
        """The sites of a unit by name."""
        return self._units.get(unit, {})

    def persons(self, unit: str) -> Decimal | None:
        """`shelter_now` of a unit: the sum over its sites; None where nothing is known."""
        known = [site.persons for site in self.sites(unit).values() if site.persons is not None]
        return Decimal(sum(known)) if known else None

    def site(self, unit: str, name: str) -> Site:
        """A site, made if there is none."""
        sites = self._units.setdefault(unit, {})
        if name not in sites:
            sites[name] = Site(self.headcounts.cell(unit, name))
        return sites[name]


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


def _age(judged: Judged) -> tuple[int, Order]:
    return judged.stamped.as_of, judged.order


def _persons(judged: Judged) -> int:
    return _movement(judged).persons
