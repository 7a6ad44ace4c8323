"""The numbers a record may state. Arithmetic is decimal (records.md 4, R11), so no float ever carries a figure."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

LARGEST = Decimal(10) ** 15
"""Statements must stay below this: 10^15 with four decimals still fits a decimal context of 28 digits when summed."""

FOUR_PLACES = Decimal("0.0001")


class Number(Decimal):
    """A JSON number ≥ 0 as stated; strings and booleans are no numbers."""


class Whole(int):
    """A whole JSON number ≥ 0; 5.0 is 5."""


class CellValue:
    """What a row states for one indicator. `value` None withdraws the cell (corrections only).

    A plain class: msgspec decodes its own structs and dataclasses without asking the hook that a bare number needs.
    Never changed: equal ones may be one object.
    """

    __slots__ = ("method", "qualifier", "unit", "value")

    def __init__(
        self, value: Decimal | None, unit: str | None = None, qualifier: str = "exact", method: str = "count"
    ) -> None:
        self.value, self.unit, self.qualifier, self.method = value, unit, qualifier, method


QUALIFIERS = ("exact", "about", "at_least")
METHODS = ("count", "estimate", "model", "survey")


def to_number(obj: object) -> Number:
    """A decoded JSON value as a Number. Raises ValueError saying what is wrong with it."""
    if isinstance(obj, bool) or not isinstance(obj, int | Decimal):
        raise ValueError(f"must be a number ≥ 0, not {obj!r:.60}")
    number = Number(obj)
    if number < 0:
        raise ValueError(f"must be ≥ 0, not {obj}")
    if number >= LARGEST:
        raise ValueError(f"must be below 10^15, not {number:.3E}")
    return number


def to_whole(obj: object) -> Whole:
    """A decoded JSON value as a Whole. Raises ValueError saying what is wrong with it."""
    number = to_number(obj)
    if number != number.to_integral_value():
        raise ValueError(f"must be a whole number, not {obj}")
    return Whole(number)


SMALL = 4096
_small: dict[int, CellValue] = {}
"""Most figures are small whole numbers: each is one object, however often it is stated."""


def to_cell_value(obj: object) -> CellValue:
    """A decoded JSON value as a CellValue. Raises ValueError saying what is wrong with it."""
    if type(obj) is int and 0 <= obj < SMALL:
        known = _small.get(obj)
        if known is None:
            known = _small[obj] = CellValue(Decimal(obj))
        return known
    if obj is None:
        return CellValue(None)
    if not isinstance(obj, dict):
        return CellValue(Decimal(to_number(obj)))
    if "value" not in obj:
        raise ValueError("an object must have `value`, a number ≥ 0")
    unit = obj.get("unit")
    if unit is not None and not isinstance(unit, str):
        raise ValueError(f"`unit` must be text, not {unit!r:.60}")
    qualifier = obj.get("qualifier", "exact")
    if qualifier not in QUALIFIERS:
        raise ValueError(f"`qualifier` must be one of {', '.join(QUALIFIERS)}, not {qualifier!r:.60}")
    method = obj.get("method", "count")
    if method not in METHODS:
        raise ValueError(f"`method` must be one of {', '.join(METHODS)}, not {method!r:.60}")
    return CellValue(Decimal(to_number(obj["value"])), unit, qualifier, method)


def decimals(number: Decimal) -> int:
    """How many decimals a number has once trailing zeros are dropped (50.0 has none)."""
    if number == number.to_integral_value():
        return 0
    exponent = number.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def half_up(number: Decimal) -> Decimal:
    """Rounded half-up to four places, the form in which figures are shown (R11)."""
    return number.quantize(FOUR_PLACES, ROUND_HALF_UP)


def shown(number: Decimal | None) -> Decimal | None:
    """A figure as it is published: half-up to four places, without trailing zeros or exponent."""
    if number is None:
        return None
    rounded = half_up(number)
    whole = rounded.to_integral_value()
    return whole.quantize(Decimal(1)) if whole == rounded else rounded.normalize()
