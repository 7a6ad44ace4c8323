"""R3, R7, R9: the cells of one incident, and which entry of each is in force."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Literal

from schemas.indicators import indicators
from schemas.numbers import CellValue
from schemas.outputs import Flag
from streams.picture.conversion import StatedRow
from streams.picture.judged import CellId, Judged
from streams.picture.moments import Moment
from streams.picture.reigns import Cell, Entry, Event, Moved, Rank, Said, Statement, Touch, current
from streams.picture.stamped import Order
from streams.picture.steps import Agenda, Step
from streams.picture.units import ancestors, county_of, is_below

CellVerdict = Literal["accepted", "late", "held"]

MUST_NOT_FALL = frozenset(key for key, indicator in indicators().items() if indicator.kind in "CM")
"""R7: cumulative figures and those made by assessment."""

MUST_NOT_SURGE = frozenset({"dead", "missing", "injured"})
SURGE_FACTOR = 5
SURGE_STEP = 50

WHOLES: dict[str, str] = {part: key for key, item in indicators().items() for part in item.parts}
"""part → the derived indicator that it is part of."""


class Cells:
    """A lane of cells with their entries. `changed` collects those of which something else may be shown."""

    def __init__(self, agenda: Agenda, restated: set[Judged]) -> None:
        self._agenda = agenda
        self._cells: dict[CellId, Cell] = {}
        self.units_of: dict[str, set[str]] = {}
        """key → the units that have such a cell."""
        self._of_county: dict[str, list[Cell]] = {}
        self.changed: set[CellId] = set()
        self.with_held: set[CellId] = set()
        """Cells with entries that were held at their turn."""
        self.restated = restated
        """Records whose standing may have changed."""
        self._unsettled: dict[Cell, tuple[Moment, set[Judged]]] = {}
        """Cells in which something has changed: from which moment on, in whose entries."""

    def get(self, unit: str, key: str) -> Cell | None:
        """The cell, if anything was ever stated there."""
        return self._cells.get((unit, key))

    def cell(self, unit: str, key: str) -> Cell:
        """The cell, made if there is none."""
        cell = self._cells.get((unit, key))
        if cell is None:
            cell = self._cells[unit, key] = Cell(unit, key)
            self.units_of.setdefault(key, set()).add(unit)
            county = county_of(unit)
            if county is not None:
                self._of_county.setdefault(county, []).append(cell)
        return cell

    def counties(self) -> Iterable[str]:
        """The counties of whose units anything was ever stated."""
        return self._of_county

    def is_in_force(self, county: str, at: Moment) -> bool:
        """Whether any cell of a county has a value in force as of a moment."""
        return any(cell.reign(at) for cell in self._of_county.get(county, ()))

    def value(self, unit: str, key: str, at: Moment) -> Decimal | None:
        """The value in force as of a moment."""
        cell = self._cells.get((unit, key))
        return cell.value(at) if cell else None

    def in_force_in(self, counties: Iterable[str]) -> Iterator[CellId]:
        """The cells of these counties with a value in force now."""
        cells = (cell for county in counties for cell in self._of_county.get(county, ()))
        return ((cell.unit, cell.key) for cell in cells if cell.statement)

    def restate(self, cell_id: CellId) -> None:
        """Whether the value in force is shown may have changed: a derived whole gives way to its parts, or comes back."""
        cell = self._cells.get(cell_id)
        if cell is not None and cell.statement is not None:
            self.restated.add(cell.statement.by)

    # The lane: statements and touches, each at its step's moment.

    def put(self, event: Event) -> None:
        """A statement, or a review's touch, begins to lie in a cell."""
        cell = event.key
        before = cell.statement
        if before is not None:
            self.restated.add(before.by)
        if not isinstance(event, Said):
            cell.put(event)
            self._note(event)
            return
        statement = event.value
        is_last = cell.put(event)
        entry = cell.entries.get(statement.root)
        if entry is None:
            entry = cell.enter(statement.root, statement.rank)
        else:
            self._restate_current(cell, statement.root)
        _insert(entry, event)
        _insert(statement.by.statements, event)
        if statement.state == "held":
            cell.held[statement.root] = entry
            self.with_held.add((cell.unit, cell.key))
        if (
            is_last
            and event.moment >= self._agenda.last
            and statement.by is statement.root
            and len(entry) == 1
            and cell not in self._unsettled
        ):
            # The common case, a newer report: nothing can depend on it yet, and it only adds to what there is.
            event.is_new, event.seen = False, before
            loses = before is not None and statement.strength < before.strength
            event.after = before if statement.state == "held" or loses else statement
            self.changed.add((cell.unit, cell.key))
            self.restated.add(statement.by)
        else:
            self._note(event)

    def take_back(self, event: Event) -> None:
        """It does not, after all."""
        cell = event.key
        self._restate_shown(cell)
        cell.take_back(event)
        if isinstance(event, Said):
            entry, root = cell.entries[event.value.root], event.value.root
            self._restate_current(cell, root)
            entry.remove(event)
            event.value.by.statements.remove(event)
            if not any(said.value.state == "held" for said in entry):
                cell.held.pop(root, None)
                if not cell.held:
                    self.with_held.discard((cell.unit, cell.key))
            if not entry:
                cell.leave(root, event.value.rank)
        self._note(event)

    def _note(self, event: Event) -> None:
        """Something in this cell has changed from the event's moment on."""
        cell, what = event.key, event.value
        self._restate_shown(cell)
        since, roots = self._unsettled.get(cell, (event.moment, set()))
        self._unsettled[cell] = min(since, event.moment), roots | set(event.roots)
        self.changed.add((cell.unit, cell.key))
        for root in event.roots:
            # Corrections look at what their root states (R10), reviews at where their target states something (R18).
            self._agenda.stir(("record", root.record_id), event.moment)
        if isinstance(what, Touch):
            self.restated.update(what.by)
            for root in what.roots:
                self.restated.update(said.value.by for said in cell.entries.get(root, ()))
            return
        self.restated.add(what.by)
        self._restate_current(cell, what.root)
        if what.by is not what.root:
            self._agenda.stir(("record", what.by.record_id), event.moment)

    def settle(self) -> None:
        """After a step: find who is in force in the cells where it did something, from there on."""
        if not self._unsettled:
            return
        for cell, (since, roots) in self._unsettled.items():
            moved = cell.walk(since, roots, self._agenda.push)
            self._restate_shown(cell)
            if moved is not None and since < self._agenda.last:
                self._spread(cell, moved)
        self._unsettled.clear()

    def _restate_current(self, cell: Cell, root: Judged) -> None:
        said = current(cell.entries.get(root, []))
        if said is not None:
            self.restated.add(said.value.by)

    def _restate_shown(self, cell: Cell) -> None:
        statement = cell.statement
        if statement is not None:
            self.restated.add(statement.by)

    def _spread(self, cell: Cell, moved: Moved) -> None:
        """Clues at or above this cell looked at its total (R2), prefectures at who has a value in force (R15)."""
        keys = [cell.key, WHOLES[cell.key]] if cell.key in WHOLES else [cell.key]
        for unit in (cell.unit, *ancestors(cell.unit)):
            for key in keys:
                self._agenda.stir(("total", unit, key), moved.first, moved.until)
        if moved.presence:
            self._agenda.stir(("counties",), moved.first, moved.until)


def _insert(entry: Entry, said: Said) -> None:
    place = len(entry)
    while place and entry[place - 1].moment > said.moment:
        place -= 1
    entry.insert(place, said)


def report_cell(
    cells: Cells,
    step: Step,
    judged: Judged,
    cell: Cell,
    stated: CellValue,
    rank: Rank,
    place: Order,
    *,
    reason: bool,
    allocated: bool,
) -> tuple[CellVerdict, Flag | None]:
    """Judge one cell of a report against the entry in force, and keep its own (R3, R7, R9)."""
    assert stated.value is not None
    before = cell.reign(step.moment)
    verdict, flag, state = _judge(
        cell.key, before, judged, rank, stated.value, reason=reason, allocated=allocated
    )
    statement = Statement(judged, judged, rank, place, stated.value, stated.qualifier, state)
    step.effects.append(Said(cells, cell, step, statement))
    return verdict, flag


def correct_cell(
    cells: Cells, step: Step, root: Judged, correction: Judged, cell: Cell, stated: CellValue, rank: Rank
) -> tuple[Statement | None, Statement | None]:
    """R4: the root's entry, made if it had none there, now states this and counts as accepted.

    Answers who was in force before, and who is after it.
    """
    at = step.moment
    muted = correction.is_returned(at)
    statement = Statement(
        root,
        correction,
        rank,
        root.place(at),
        stated.value,
        stated.qualifier,
        muted=muted,
    )
    before = cell.reign(at)
    step.effects.append(Said(cells, cell, step, statement))
    if muted:
        return before, before
    return before, cell.succeed(before, {root: None if statement.value is None else statement}, at)


def _judge(
    key: str,
    in_force: Statement | None,
    judged: Judged,
    rank: Rank,
    value: Decimal,
    *,
    reason: bool,
    allocated: bool,
) -> tuple[CellVerdict, Flag | None, Literal["accepted", "held", "equal_rank"]]:
    if in_force is None:
        return "accepted", None, "accepted"
    assert in_force.value is not None
    if rank < in_force.rank:
        return "late", None, "accepted"
    if rank == in_force.rank and _org(judged) != _org(in_force.root):
        return ("late", None, "equal_rank") if value == in_force.value else ("held", "conflict", "held")
    if key in MUST_NOT_FALL and value < in_force.value and not allocated:
        return ("accepted", "decrease_explained", "accepted") if reason else ("held", "decrease", "held")
    if key in MUST_NOT_SURGE and not reason and _surges(in_force.value, value):
        return "held", "surge", "held"
    return "accepted", None, "accepted"


def _org(judged: Judged) -> str:
    return judged.stamped.record.source.org


def _surges(before: Decimal, value: Decimal) -> bool:
    """R9."""
    return value > SURGE_FACTOR * before and value - before >= SURGE_STEP


def allocations(cells: Cells, rows: list[StatedRow], at: Moment) -> Mapping[CellId, bool]:
    """R7: which falls of a record are allocations, judged against what was in force before the record.

    A fall on a code ending in 000000 that the rises of the same indicator on units below it, in the same record,
    balance or exceed. `rows` are the rows that are not frozen.
    """
    found: dict[CellId, bool] = {}
    for row in rows:
        if not row.unit.endswith("000000"):
            continue
        for key, stated in row.cells.items():
            before = cells.value(row.unit, key, at)
            if stated.value is not None and before is not None and stated.value < before:
                found[row.unit, key] = _rises(cells, rows, row.unit, key, at) >= before - stated.value
    return found


def _rises(cells: Cells, rows: list[StatedRow], above: str, key: str, at: Moment) -> Decimal:
    total = Decimal(0)
    for row in rows:
        stated = row.cells.get(key)
        if stated is None or stated.value is None or not is_below(row.unit, above):
            continue
        total += max(Decimal(0), stated.value - (cells.value(row.unit, key, at) or Decimal(0)))
    return total
