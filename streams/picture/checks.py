"""R10: hard checks between values stated of one unit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from schemas.indicators import indicators

PEOPLE_WITHIN_AFFECTED = (
    "dead",
    "missing",
    "injured",
    "reloc_cum",
    "reloc_central_cum",
    "need_life_aid_cum",
)
LOSS_TOLERANCE = Decimal(3)


def _at_most_pairs() -> tuple[tuple[str, str], ...]:
    """(smaller, larger) for every check of the form larger ≥ smaller."""
    catalogue = indicators()
    pairs = [(key, "pop_affected") for key in PEOPLE_WITHIN_AFFECTED]
    pairs.append(("injured_severe", "injured"))
    pairs += [
        ("crop_damaged_ha", "crop_affected_ha"),
        ("crop_failed_ha", "crop_damaged_ha"),
        ("crop_failed_ha", "crop_affected_ha"),
    ]
    for key in catalogue:
        whole = None
        if key.endswith("_grain_ha"):
            whole = key.removesuffix("_grain_ha") + "_ha"
        elif key.startswith("rooms_") and key.endswith("_resid"):
            whole = key.removesuffix("_resid")
        elif key.endswith("_now"):
            whole = key.removesuffix("_now") + "_cum"
        if whole in catalogue:
            pairs.append((key, str(whole)))
    return tuple(pairs)


AT_MOST = _at_most_pairs()
SUMS: tuple[tuple[str, tuple[str, ...], Decimal], ...] = tuple(
    (key, indicator.parts, LOSS_TOLERANCE if key == "loss_direct_wan" else Decimal(0))
    for key, indicator in indicators().items()
    if indicator.parts
)


def breaches(values: Mapping[str, Decimal]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """(check in words, keys involved) for each check that the values of one unit break."""
    for smaller, larger in AT_MOST:
        if smaller in values and larger in values and values[smaller] > values[larger]:
            yield f"{smaller}<={larger}", (smaller, larger)
    for whole, parts, tolerance in SUMS:
        if whole in values and all(part in values for part in parts):
            difference = values[whole] - sum((values[part] for part in parts), Decimal(0))
            if abs(difference) > tolerance:
                yield f"{whole}={'+'.join(parts)}", (whole, *parts)


def holds(values: Mapping[str, Decimal]) -> bool:
    """Whether the values of one unit pass every check."""
    return next(breaches(values), None) is None
