"""Figures that are sums of deltas (R6): sorties, people lifted, goods, shelter check-ins."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from decimal import Decimal

from streams.picture.judged import CellId, Judged

Aged = tuple[int, str, Judged]
"""(as_of in µs, record_id, record), oldest first. For a moment an id may be there twice: one content goes, one comes."""


class Tally:
    """What deltas contribute to one sum: kept by as_of, so that one more costs no look at the others."""

    __slots__ = ("amounts", "by_age", "sum")

    def __init__(self) -> None:
        self.amounts: dict[Judged, Decimal] = {}
        self.by_age: list[Aged] = []
        self.sum = Decimal(0)

    def add(self, judged: Judged, amount: Decimal) -> None:
        """Count a delta that is not counted."""
        self.amounts[judged] = amount
        self.sum += amount
        insort(self.by_age, (judged.stamped.as_of, judged.record_id, judged), key=_age)

    def remove(self, judged: Judged) -> None:
        """Stop counting a delta."""
        amount = self.amounts.pop(judged, None)
        if amount is not None:
            self.sum -= amount
            place = bisect_left(self.by_age, (judged.stamped.as_of, judged.record_id), key=_age)
            while self.by_age[place][2] is not judged:
                place += 1
            del self.by_age[place]

    def later_than(self, as_of: int) -> int:
        """Where in `by_age` those begin that are strictly later."""
        return bisect_right(self.by_age, as_of, key=_as_of)


class Tallies:
    """(unit, key) → its tally. `changed` collects the cells that moved."""

    def __init__(self) -> None:
        self._tallies: dict[CellId, Tally] = {}
        self.changed: set[CellId] = set()

    def add(self, unit: str, key: str, judged: Judged, amount: Decimal) -> None:
        """Count a delta that is not counted here."""
        tally = self._tallies.get((unit, key))
        if tally is None:
            tally = self._tallies[unit, key] = Tally()
        tally.add(judged, amount)
        self.changed.add((unit, key))

    def remove(self, unit: str, key: str, judged: Judged) -> None:
        """Stop counting a delta."""
        tally = self._tallies[unit, key]
        tally.remove(judged)
        if not tally.amounts:
            del self._tallies[unit, key]
        self.changed.add((unit, key))

    def of(self, unit: str, key: str) -> Tally | None:
        """What counts in a cell; None where nothing does."""
        return self._tallies.get((unit, key))


def _as_of(aged: Aged) -> int:
    return aged[0]


def _age(aged: Aged) -> tuple[int, str]:
    return aged[0], aged[1]
