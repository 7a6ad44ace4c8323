"""R5: own values and totals. **A county's total is computed here**, in `Totals._add_up`.

`own` of a unit = its entry in force (or the sum of the deltas filed on it); `total` = own + all own values below it.
Parents are never input. A derived indicator's own value is the typed value in force if no part has a later as_of, else
the sum of its parts' own values in force.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from schemas.indicators import indicators
from schemas.outputs import FigureStatus, Qualifier
from streams.picture.judged import CellId, Judged
from streams.picture.moments import END, Moment
from streams.picture.reigns import Cell, Statement
from streams.picture.shelters import SHELTER_NOW
from streams.picture.state import IncidentState
from streams.picture.steps import Step
from streams.picture.units import ancestors, parent

PARTS: dict[str, tuple[str, ...]] = {key: item.parts for key, item in indicators().items() if item.parts}
WHOLE_OF: dict[str, str] = {part: whole for whole, parts in PARTS.items() for part in parts}
WEAKEST: dict[FigureStatus, int] = {"unverified": 0, "reviewed": 1, "verified": 2}
LEAST_EXACT: dict[Qualifier, int] = {"about": 0, "at_least": 1, "exact": 2}


MOST_RECORDS = 200
"""Of a sum of many deltas the newest are named; a longer list would make a row unreadable, the journal has them all."""


class Own(NamedTuple):
    """A unit's own value with its marks; as_of in µs."""

    value: Decimal
    qualifier: Qualifier
    newest: int
    oldest: int
    status: FigureStatus
    records: tuple[Judged, ...]


class Total(NamedTuple):
    """Own and all own values below; `parts` = how many own values are summed."""

    value: Decimal
    qualifier: Qualifier
    newest: int
    oldest: int
    status: FigureStatus
    parts: int


class Totals:
    """Own values and totals of one incident, kept up to date cell by cell. `changed` collects figures that moved."""

    def __init__(self) -> None:
        self.own: dict[CellId, Own] = {}
        self._totals: dict[str, dict[str, Total]] = {}
        self._children: dict[CellId, set[str]] = {}
        self.changed: set[CellId] = set()

    def total(self, unit: str, key: str) -> Total | None:
        """The total of a unit as of the last refresh; None where nothing is in force there or below."""
        return self._totals.get(unit, {}).get(key)

    def keys(self, unit: str) -> Iterable[str]:
        """The figures that a unit shows."""
        return self._totals.get(unit, {})

    def units(self) -> Iterable[str]:
        """Units shown: those with a value in force, and their ancestors."""
        return self._totals

    def refresh(self, state: IncidentState) -> None:
        """Bring own values and totals up to what has been judged so far."""
        if state.freezes.changed:
            state.mark_frozen()
        stale = state.cells.changed | state.tallies.changed
        stale |= {(unit, SHELTER_NOW) for unit in state.shelters.take_changed()}
        wholes = {(unit, WHOLE_OF[key]) for unit, key in stale if key in WHOLE_OF}
        for whole in wholes:
            state.cells.restate(whole)
        stale |= wholes
        for touched in (state.cells.changed, state.tallies.changed):
            touched.clear()
        moved: set[CellId] = set()
        for unit, key in stale:
            before = self.own.get((unit, key))
            now = own_value(state, unit, key)
            if now is None:
                self.own.pop((unit, key), None)
            else:
                self.own[unit, key] = now
            self.changed.add((unit, key))
            if before != now:
                moved.add((unit, key))
        self._add_up(moved)

    def as_of(self, state: IncidentState, step: Step, unit: str, key: str) -> Decimal | None:
        """The total of an official indicator as of a step, for R2; None where nothing was in force there or below."""
        if step.moment >= state.agenda.last:
            self.refresh(state)
            total = self.total(unit, key)
            return total.value if total else None
        stated = (key, *PARTS.get(key, ()))
        units = {
            below
            for part in stated
            for below in state.cells.units_of.get(part, ())
            if below == unit or unit in ancestors(below)
        }
        values = [own for below in units if (own := own_as_of(state, below, key, step.moment)) is not None]
        return sum(values, Decimal(0)) if values else None

    def _add_up(self, moved: set[CellId]) -> None:
        """Total of each unit whose own value moved and of all units above it, deepest first."""
        affected = {(above, key) for unit, key in moved for above in (unit, *ancestors(unit))}
        for unit, key in sorted(affected, key=lambda cell: -len(ancestors(cell[0]))):
            own = self.own.get((unit, key))
            parts = [] if own is None else [Total(*own[:5], parts=1)]
            for child in self._children.get((unit, key), ()):
                parts.append(self._totals[child][key])
            self._set_total(unit, key, _sum(parts))
            self.changed.add((unit, key))

    def _set_total(self, unit: str, key: str, total: Total | None) -> None:
        above = parent(unit)
        if total is not None:
            self._totals.setdefault(unit, {})[key] = total
            if above is not None:
                self._children.setdefault((above, key), set()).add(unit)
            return
        shown = self._totals.get(unit, {})
        shown.pop(key, None)
        if not shown:
            self._totals.pop(unit, None)
        if above is not None:
            self._children.get((above, key), set()).discard(unit)


def _sum(parts: list[Total]) -> Total | None:
    if not parts:
        return None
    value, qualifier, newest, oldest, status, count = parts[0]
    for part in parts[1:]:
        value += part.value
        if LEAST_EXACT[part.qualifier] < LEAST_EXACT[qualifier]:
            qualifier = part.qualifier
        if WEAKEST[part.status] < WEAKEST[status]:
            status = part.status
        newest, oldest = max(newest, part.newest), min(oldest, part.oldest)
        count += part.parts
    return Total(value, qualifier, newest, oldest, status, count)


def own_value(state: IncidentState, unit: str, key: str) -> Own | None:
    """A unit's own value of one figure; None where it has none."""
    if key == SHELTER_NOW:
        return _sheltered(state, unit)
    tally = state.tallies.of(unit, key)
    if tally is not None:
        newest, oldest = tally.by_age[-1][0], tally.by_age[0][0]
        records = [judged for _, _, judged in tally.by_age[-MOST_RECORDS:]]
        return Own(tally.sum, "exact", newest, oldest, _status(tally.amounts), tuple(records))
    cell = state.cells.get(unit, key)
    if key not in PARTS:
        return _stated(state, cell)
    parts = [own for part in PARTS[key] if (own := _stated(state, state.cells.get(unit, part)))]
    if not parts or (cell is not None and cell.statement and not whole_is_replaced(state, cell)):
        return _stated(state, cell)
    return _derived(parts)


def own_as_of(state: IncidentState, unit: str, key: str, at: Moment) -> Decimal | None:
    """A unit's own value of an official indicator as of a moment."""
    whole = _reign(state, unit, key, at)
    parts = [reign for part in PARTS.get(key, ()) if (reign := _reign(state, unit, part, at)) is not None]
    if whole is not None and not any(part.rank[0] > whole.rank[0] for part in parts):
        return whole.value
    if not parts:
        return None
    return sum((part.value or Decimal(0) for part in parts), Decimal(0))


def whole_is_replaced(state: IncidentState, cell: Cell) -> bool:
    """Whether the sum of its parts replaces the typed value in force of a derived indicator: a part has a later as_of."""
    whole = cell.statement
    if whole is None or cell.key not in PARTS:
        return False
    parts = (_reign(state, cell.unit, part, END) for part in PARTS[cell.key])
    return any(part.rank[0] > whole.rank[0] for part in parts if part is not None)


def _reign(state: IncidentState, unit: str, key: str, at: Moment) -> Statement | None:
    cell = state.cells.get(unit, key)
    return cell.reign(at) if cell else None


def _stated(state: IncidentState, cell: Cell | None) -> Own | None:
    statement = cell.statement if cell else None
    if cell is None or statement is None:
        return None
    assert statement.value is not None
    as_of = statement.rank[0]
    status: FigureStatus = "reviewed" if statement.by.is_reviewed else "unverified"
    if state.freezes.covers_unit(cell.unit):
        status = "verified"
    return Own(statement.value, as_qualifier(statement.qualifier), as_of, as_of, status, (statement.by,))


def _derived(parts: list[Own]) -> Own:
    total = _sum([Total(*own[:5], parts=1) for own in parts])
    assert total is not None
    records = tuple(dict.fromkeys(record for own in parts for record in own.records))
    return Own(*total[:5], records=records)


def _sheltered(state: IncidentState, unit: str) -> Own | None:
    persons = state.shelters.persons(unit)
    if persons is None:
        return None
    sites = state.shelters.sites(unit).values()
    shown = [judged for site in sites for judged in site.shown(MOST_RECORDS)]
    newest = max(judged.stamped.as_of for judged in shown)
    oldest = min(as_of for site in sites if (as_of := site.oldest()) is not None)
    status = _status(judged for site in sites for judged in site.shown())
    return Own(persons, "exact", newest, oldest, status, tuple(dict.fromkeys(shown)))


def _status(records: Iterable[Judged]) -> FigureStatus:
    return "reviewed" if all(judged.is_reviewed for judged in records) else "unverified"


def as_qualifier(text: str) -> Qualifier:
    """A stated qualifier; whatever is not known is exact."""
    return "about" if text == "about" else "at_least" if text == "at_least" else "exact"
