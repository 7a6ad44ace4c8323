"""R11 and R12: what a row states, in the units figures are kept in."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

from schemas.indicators import indicators
from schemas.numbers import FOUR_PLACES, CellValue
from schemas.outputs import Flag
from schemas.records import Row
from streams.picture.units import is_village

UNMAPPED = "unmapped."
DIVISORS = {("ha", "mu"): Decimal(15), ("wan", "yuan"): Decimal(10_000)}
"""(unit of the indicator, unit stated) → divisor."""


class StatedCell:
    """A value in the indicator's own unit; None withdraws."""

    __slots__ = ("qualifier", "value")

    def __init__(self, value: Decimal | None, qualifier: str) -> None:
        self.value, self.qualifier = value, qualifier


class StatedRow:
    """One unit's stated cells by cell key (`unmapped.<key>` for what is not in the catalogue)."""

    __slots__ = ("cells", "unit")

    def __init__(self, unit: str, cells: dict[str, StatedCell]) -> None:
        self.unit, self.cells = unit, cells

    def mapped_values(self) -> dict[str, Decimal]:
        """The stated values of official indicators."""
        return {
            key: cell.value
            for key, cell in self.cells.items()
            if cell.value is not None and not key.startswith(UNMAPPED)
        }


class Stated:
    """All rows of a record: `rows` of townships and above, `villages`, and the flags of R11 and R12.

    A cell whose unit cannot be converted is in no row; `convertible` is False then (of rows; villages are not checked).
    """

    __slots__ = ("convertible", "flags", "rows", "villages")

    def __init__(self, rows: Iterable[Row]) -> None:
        self.flags: set[Flag] = set()
        self.rows: list[StatedRow] = []
        self.villages: list[StatedRow] = []
        for row in rows:
            if is_village(row.unit):
                self.villages.append(_read(row, set()))
            else:
                self.rows.append(_read(row, self.flags))
        self.convertible = "unit_unknown" not in self.flags


def _read(row: Row, flags: set[Flag]) -> StatedRow:
    cells: dict[str, StatedCell] = {}
    for key, stated in row.values.items():
        if key not in indicators():
            flags.add("unmapped_category")
            cells[UNMAPPED + key] = StatedCell(stated.value, stated.qualifier)
        elif (cell := _convert(key, stated, flags)) is not None:
            cells[key] = cell
    return StatedRow(row.unit, cells)


def _convert(key: str, stated: CellValue, flags: set[Flag]) -> StatedCell | None:
    own_unit = indicators()[key].unit
    if stated.value is None or stated.unit is None or stated.unit == own_unit:
        return StatedCell(stated.value, stated.qualifier)
    divisor = DIVISORS.get((own_unit, stated.unit))
    if divisor is None:
        flags.add("unit_unknown")
        return None
    flags.add("unit_converted")
    return StatedCell((stated.value / divisor).quantize(FOUR_PLACES, ROUND_HALF_UP), stated.qualifier)
