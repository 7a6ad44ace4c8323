"""Why a figure is what it is: units, their cells, and every record that stated something there (schemas.explain)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import UNSET

from schemas.explain import Decision, ExplainedUnit
from schemas.numbers import shown
from streams.picture.explain_cells import cells_of
from streams.picture.explain_mentions import Mention, mentions_of
from streams.picture.explain_words import DECISIONS
from streams.picture.incident import IncidentFold
from streams.picture.times import moment
from streams.picture.totals import Totals
from streams.picture.units import ancestors, parent

ALL_LEVELS = -1


def explain(
    fold: IncidentFold, unit: str, key: str, depth: int = ALL_LEVELS, limit: int | None = None
) -> ExplainedUnit:
    """The tree of contributions of one figure of a settled fold, `depth` levels below the unit, −1 all.

    Of each cell `limit` entries are listed, None: all. A unit where nothing was stated: a tree without cells.
    """
    mentions: dict[str, list[Mention]] = {}
    for mention in mentions_of(fold.state, unit, key):
        mentions.setdefault(mention.unit, []).append(mention)
    return _Tree(fold, unit, key, mentions, limit).at(unit, depth)


def decisions_of(tree: ExplainedUnit) -> dict[str, Decision]:
    """The words of every decision in a tree, by code."""
    used = set(_codes(tree))
    return {code: decision for code, decision in DECISIONS.items() if code in used}


def _codes(tree: ExplainedUnit) -> Iterable[str]:
    waiting = [tree]
    while waiting:
        unit = waiting.pop()
        waiting += unit.children or ()
        for cell in unit.cells:
            yield cell.decision
            yield from (entry.decision for entry in cell.entries)


class _Tree:
    """The units of one explanation: those with a figure, those where something was stated, and all between."""

    def __init__(
        self,
        fold: IncidentFold,
        top: str,
        key: str,
        mentions: Mapping[str, list[Mention]],
        limit: int | None,
    ) -> None:
        self._fold, self._key, self._mentions, self._limit = fold, key, mentions, limit
        self._children = _nested(top, {*mentions, *_shown_units(fold.totals, top, key)})

    def at(self, unit: str, depth: int) -> ExplainedUnit:
        """A unit and `depth` levels below it."""
        total, own = self._fold.totals.total(unit, self._key), self._fold.totals.own.get((unit, self._key))
        children = self._children.get(unit, ())
        return ExplainedUnit(
            unit=unit,
            total=shown(total.value) if total else None,
            own=shown(own.value) if own else None,
            qualifier=total.qualifier if total else None,
            status=total.status if total else None,
            newest_as_of=moment(total.newest) if total else None,
            oldest_as_of=moment(total.oldest) if total else None,
            parts=total.parts if total else 0,
            units_below=self._below(unit),
            cells=cells_of(self._fold.state, unit, self._key, self._mentions.get(unit, ()), self._limit),
            children=tuple(self.at(child, depth - 1) for child in children) if depth else UNSET,
        )

    def _below(self, unit: str) -> int:
        return sum(1 + self._below(child) for child in self._children.get(unit, ()))


def _shown_units(totals: Totals, top: str, key: str) -> set[str]:
    """The units at and below `top` that show the figure."""
    return {
        unit for unit in totals.units() if (unit == top or top in ancestors(unit)) and totals.total(unit, key)
    }


def _nested(top: str, units: set[str]) -> dict[str, list[str]]:
    """Unit → its children in code order; every level between `top` and a unit is there."""
    there = units | {
        above for unit in units for above in ancestors(unit) if above == top or top in ancestors(above)
    }
    children: dict[str, list[str]] = {}
    for unit in sorted(there - {top}):
        children.setdefault(parent(unit) or top, []).append(unit)
    return children
