"""Figures that are sums of deltas (R6): sorties, people lifted, goods, shelter check-ins."""

from __future__ import annotations

from decimal import Decimal

from streams.picture.judged import CellId, Judged


class Tallies:
    """(unit, key) → what each counting delta contributes. `changed` collects the cells that moved."""

    def __init__(self) -> None:
        self._contributions: dict[CellId, dict[Judged, Decimal]] = {}
        self.changed: set[CellId] = set()

    def add(self, unit: str, key: str, judged: Judged, amount: Decimal) -> None:
        """Count a delta, once however often this is called."""
        self._contributions.setdefault((unit, key), {})[judged] = amount
        self.changed.add((unit, key))

    def remove(self, unit: str, key: str, judged: Judged) -> None:
        """Stop counting a delta."""
        contributions = self._contributions.get((unit, key), {})
        contributions.pop(judged, None)
        if not contributions:
            self._contributions.pop((unit, key), None)
        self.changed.add((unit, key))

    def of(self, unit: str, key: str) -> list[tuple[Judged, Decimal]]:
        """The contributions to a cell."""
        return list(self._contributions.get((unit, key), {}).items())

    def holds(self, unit: str, key: str) -> bool:
        """Whether anything counts in this cell."""
        return (unit, key) in self._contributions
