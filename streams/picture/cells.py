"""R3, R7, R9: the cells of one incident, and which entry of each is in force."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Literal

from schemas.indicators import indicators
from schemas.outputs import Flag
from streams.picture.conversion import StatedCell, StatedRow
from streams.picture.judged import Cell, CellId, Entry, Judged, Rank, Statement
from streams.picture.units import is_below

CellVerdict = Literal["accepted", "late", "held"]

MUST_NOT_FALL = frozenset(key for key, indicator in indicators().items() if indicator.kind in "CM")
"""R7: cumulative figures and those made by assessment."""

MUST_NOT_SURGE = frozenset({"dead", "missing", "injured"})
SURGE_FACTOR = 5
SURGE_STEP = 50


class Cells:
    """The cells of one incident. `changed` collects the cells whose entry in force may have changed."""

    def __init__(self) -> None:
        self._cells: dict[CellId, Cell] = {}
        self.changed: set[CellId] = set()
        self.restated: set[Judged] = set()
        """Records whose standing may have changed."""

    def get(self, unit: str, key: str) -> Cell | None:
        """The cell, if anything was ever stated there."""
        return self._cells.get((unit, key))

    def value(self, unit: str, key: str) -> Decimal | None:
        """The value in force."""
        cell = self._cells.get((unit, key))
        return cell.value if cell else None

    def in_force(self) -> list[CellId]:
        """The cells with a value in force."""
        return [cell_id for cell_id, cell in self._cells.items() if cell.in_force]

    def restate(self, cell_id: CellId) -> None:
        """Whether the value in force is shown may have changed: a derived whole gives way to its parts, or comes back."""
        cell = self._cells.get(cell_id)
        if cell is not None and cell.statement is not None:
            self.restated.add(cell.statement.by)

    def report(
        self,
        judged: Judged,
        unit: str,
        key: str,
        stated: StatedCell,
        rank: Rank,
        *,
        reason: bool,
        allocated: bool,
    ) -> tuple[CellVerdict, Flag | None]:
        """Judge one cell of a report and keep its entry (R3, R7, R9)."""
        cell = self._cell(unit, key)
        assert stated.value is not None
        entry = Entry(cell, judged, rank)
        verdict, flag, state = _judge(cell, entry, stated.value, reason=reason, allocated=allocated)
        self._state(entry, Statement(entry, judged, stated.value, stated.qualifier, state))
        if verdict != "held":
            judged.counted = True
        return verdict, flag

    def correct(
        self, root: Judged, correction: Judged, unit: str, key: str, stated: StatedCell, rank: Rank
    ) -> None:
        """R4: the root's entry, made if it had none there, now states this and counts as accepted."""
        entry = root.entries.get((unit, key)) or Entry(self._cell(unit, key), root, rank)
        self._state(entry, Statement(entry, correction, stated.value, stated.qualifier))
        if stated.value is not None:
            correction.counted = True

    def settle(self, cell: Cell) -> None:
        """Find the entry in force anew, after an entry left, came back or was released."""
        best = max(
            ((strength, entry) for entry in cell.entries.values() if (strength := entry.strength)),
            key=lambda pair: pair[0],
            default=None,
        )
        self._put_in_force(cell, best[1] if best else None)

    def settle_entries_of(self, *records: Judged) -> None:
        """Settle every cell in which these records stated something."""
        for record in records:
            self.restated.add(record)
            for statement in record.statements:
                self._touch(statement.entry)
                self.settle(statement.entry.cell)

    def release(self, root: Judged) -> None:
        """R18: what R3, R7 or R9 held counts as accepted at its rank and place."""
        for statement in root.statements:
            if statement.state == "held":
                statement.state = "accepted"
                root.counted = True
        self.settle_entries_of(root)

    def _cell(self, unit: str, key: str) -> Cell:
        cell = self._cells.get((unit, key))
        if cell is None:
            cell = self._cells[unit, key] = Cell(unit, key)
        return cell

    def _state(self, entry: Entry, statement: Statement) -> None:
        cell, root = entry.cell, entry.root
        self._touch(entry)
        is_new = root.record_id not in cell.entries
        cell.entries[root.record_id] = root.entries[cell.unit, cell.key] = entry
        entry.statements.append(statement)
        if statement.state == "held":
            cell.held[root.record_id] = entry
        statement.by.statements.append(statement)
        self.restated.add(statement.by)
        strength = entry.strength
        if not is_new or strength is None:
            self.settle(cell)
        elif cell.in_force is None or strength > (cell.in_force.strength or strength):
            # The common case, a newer report: nothing else can be in force.
            self._put_in_force(cell, entry)

    def _put_in_force(self, cell: Cell, entry: Entry | None) -> None:
        for involved in (cell.in_force, entry):
            if involved:
                self._touch(involved)
        cell.in_force = entry
        self.changed.add((cell.unit, cell.key))

    def _touch(self, entry: Entry) -> None:
        self.restated.update(statement.by for statement in entry.statements)
        self.changed.add((entry.cell.unit, entry.cell.key))


def _judge(
    cell: Cell, entry: Entry, value: Decimal, *, reason: bool, allocated: bool
) -> tuple[CellVerdict, Flag | None, Literal["accepted", "held", "equal_rank"]]:
    in_force, before = cell.in_force, cell.value
    if in_force is None or before is None:
        return "accepted", None, "accepted"
    if entry.rank < in_force.rank:
        return "late", None, "accepted"
    if entry.rank == in_force.rank and _org(entry) != _org(in_force):
        return ("late", None, "equal_rank") if value == before else ("held", "conflict", "held")
    if cell.key in MUST_NOT_FALL and value < before and not allocated:
        return ("accepted", "decrease_explained", "accepted") if reason else ("held", "decrease", "held")
    if cell.key in MUST_NOT_SURGE and not reason and _surges(before, value):
        return "held", "surge", "held"
    return "accepted", None, "accepted"


def _org(entry: Entry) -> str:
    return entry.root.stamped.record.source.org


def _surges(before: Decimal, value: Decimal) -> bool:
    """R9."""
    return value > SURGE_FACTOR * before and value - before >= SURGE_STEP


def allocations(cells: Cells, rows: list[StatedRow]) -> Mapping[CellId, bool]:
    """R7: which falls of a record are allocations, judged against what was in force before the record.

    A fall on a code ending in 000000 that the rises of the same indicator on units below it, in the same record,
    balance or exceed. `rows` are the rows that are not frozen.
    """
    found: dict[CellId, bool] = {}
    for row in rows:
        if not row.unit.endswith("000000"):
            continue
        for key, stated in row.cells.items():
            before = cells.value(row.unit, key)
            if stated.value is not None and before is not None and stated.value < before:
                found[row.unit, key] = _rises(cells, rows, row.unit, key) >= before - stated.value
    return found


def _rises(cells: Cells, rows: list[StatedRow], above: str, key: str) -> Decimal:
    total = Decimal(0)
    for row in rows:
        stated = row.cells.get(key)
        if stated is None or stated.value is None or not is_below(row.unit, above):
            continue
        total += max(Decimal(0), stated.value - (cells.value(row.unit, key) or Decimal(0)))
    return total
