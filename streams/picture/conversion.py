"""R11 and R12: what a row states, in the units figures are kept in."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

from schemas.indicators import indicators
from schemas.numbers import FOUR_PLACES, CellValue
from schemas.outputs import Flag
from schemas.records import Row
from streams.picture.units import is_village

INDICATORS = indicators()
NO_FLAGS: frozenset[Flag] = frozenset()
UNMAPPED = "unmapped."
DIVISORS = {("ha", "mu"): Decimal(15), ("wan", "yuan"): Decimal(10_000)}
"""(unit of the indicator, unit stated) → divisor."""


class StatedRow:
    """One unit's stated cells by cell key (`unmapped.<key>` for what is not in the catalogue).

    Values are in the indicator's own unit, whatever a cell's `unit` says; None withdraws. May share the record's cells.
    """

    __slots__ = ("cells", "unit")

    def __init__(self, unit: str, cells: dict[str, CellValue]) -> None:
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
        flags: set[Flag] = set()
        self.rows: list[StatedRow] = []
        self.villages: list[StatedRow] = []
        for row in rows:
            if is_village(row.unit):
                self.villages.append(_read(row, set()))
            else:
                self.rows.append(_read(row, flags))
        self.flags = frozenset(flags) if flags else NO_FLAGS
        self.convertible = "unit_unknown" not in flags


def _read(row: Row, flags: set[Flag]) -> StatedRow:
    if all(key in INDICATORS and stated.unit is None for key, stated in row.values.items()):
        # The common case: everything is stated as it is kept.
        return StatedRow(row.unit, row.values)
    cells: dict[str, CellValue] = {}
    for key, stated in row.values.items():
        if key not in INDICATORS:
            flags.add("unmapped_category")
            cells[UNMAPPED + key] = stated
        elif (cell := _convert(key, stated, flags)) is not None:
            cells[key] = cell
    return StatedRow(row.unit, cells)


def _convert(key: str, stated: CellValue, flags: set[Flag]) -> CellValue | None:
    own_unit = INDICATORS[key].unit
    if stated.value is None or stated.unit is None or stated.unit == own_unit:
        return stated
    divisor = DIVISORS.get((own_unit, stated.unit))
    if divisor is None:
        flags.add("unit_unknown")
        return None
    flags.add("unit_converted")
    return CellValue(
        (stated.value / divisor).quantize(FOUR_PLACES, ROUND_HALF_UP), own_unit, stated.qualifier
    )
