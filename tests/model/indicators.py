"""The indicator list, R11 (units), R12 (unmapped keys) and R10 (hard checks)."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Context, Decimal
from pathlib import Path
from typing import Any, NamedTuple

from tests.model.canon import Json, number
from tests.model.units import is_village


class Indicator(NamedTuple):
    unit: str
    kind: str
    parts: tuple[str, ...]


def _load() -> dict[str, Indicator]:
    with (Path(__file__).parent / "indicators.csv").open(encoding="utf-8", newline="") as lines:
        return {
            line["key"]: Indicator(line["unit"], line["kind"], tuple(filter(None, line["parts"].split("+"))))
            for line in csv.DictReader(lines)
        }


INDICATORS = _load()
UNMAPPED = "unmapped."
_WIDE = Context(prec=200, rounding=ROUND_HALF_UP)
_FOUR_PLACES = Decimal("0.0001")

Values = dict[str, Decimal | None]


@dataclass
class ReadRows:
    """What the rows of a record state: `cells[unit][figure key]` in the indicator's own unit."""

    cells: dict[str, Values] = field(default_factory=dict)
    flags: set[str] = field(default_factory=set)


def convert(key: str, stated: Any) -> tuple[Decimal | None, str | None]:
    """The value in the indicator's own unit and the flag that goes with it.

    R11: "`{value, unit}` in the indicator's own unit, or `mu` for ha (÷ 15), `yuan` for wan (÷ 10000),
    half-up to 4 places, flag `unit_converted`; another unit: [...] `unit_unknown`".
    R12: a key not in the list: "no conversion [...] flag `unmapped_category`".
    """
    value, unit = (stated.get("value"), stated.get("unit")) if isinstance(stated, dict) else (stated, None)
    plain = None if value is None else number(value)
    if key not in INDICATORS:
        return plain, "unmapped_category"
    own_unit = INDICATORS[key].unit
    if unit is None or unit == own_unit:
        return plain, None
    divisor = {("mu", "ha"): 15, ("yuan", "wan"): 10000}.get((unit, own_unit))
    if divisor is None:
        return None, "unit_unknown"
    if plain is None:
        return None, "unit_converted"
    return _WIDE.divide(plain, Decimal(divisor)).quantize(_FOUR_PLACES, context=_WIDE), "unit_converted"


def read_rows(record: Json) -> ReadRows:
    """All cells of the record but those on village codes ("no check looks at it", R2).

    A flag `unit_unknown` in the answer rejects the record "after every cell of the record has been
    looked at" (R11).
    """
    read = ReadRows()
    for row in record.get("rows") or []:
        if is_village(row["unit"]):
            continue
        values = read.cells.setdefault(row["unit"], {})
        for key, stated in row["values"].items():
            value, flag = convert(key, stated)
            values[key if key in INDICATORS else UNMAPPED + key] = value
            if flag:
                read.flags.add(flag)
    return read


def _not_above() -> Iterator[tuple[str, str]]:
    """R10 as pairs (smaller, larger)."""
    for part in ("dead", "missing", "injured", "reloc_cum", "reloc_central_cum", "need_life_aid_cum"):
        yield part, "pop_affected"
    yield "injured_severe", "injured"
    yield "crop_damaged_ha", "crop_affected_ha"
    yield "crop_failed_ha", "crop_damaged_ha"
    yield "crop_failed_ha", "crop_affected_ha"
    for key in INDICATORS:
        if key.endswith("_grain_ha"):
            yield key, key.removesuffix("_grain_ha") + "_ha"
        if key.startswith("rooms_") and key.endswith("_resid"):
            yield key, key.removesuffix("_resid")
        if key.endswith("_now") and key.removesuffix("_now") + "_cum" in INDICATORS:
            yield key, key.removesuffix("_now") + "_cum"


NOT_ABOVE = tuple(_not_above())
SUMS = (("loss_direct_wan", Decimal(3)), ("reloc_cum", Decimal(0)), ("reloc_now", Decimal(0)))


def breaks_a_hard_check(values: Values) -> bool:
    """R10: values of one row; a check applies where all its values are stated."""
    stated = {key: value for key, value in values.items() if value is not None}
    for smaller, larger in NOT_ABOVE:
        if smaller in stated and larger in stated and stated[smaller] > stated[larger]:
            return True
    for whole, tolerance in SUMS:
        parts = INDICATORS[whole].parts
        if whole in stated and all(part in stated for part in parts):
            total = sum((stated[part] for part in parts), Decimal(0))
            if abs(stated[whole] - total) > tolerance:
                return True
    return False
