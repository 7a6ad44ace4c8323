"""Units by their 12-digit code: prefix containment is jurisdiction (domain.md 6.1, records.md R5)."""

from __future__ import annotations

from functools import lru_cache

NATION = "000000000000"


@lru_cache(maxsize=100_000)
def ancestors(unit: str) -> tuple[str, ...]:
    """The units above, nearest first, without the unit itself; the nation is last.

    A town without a county (441900003000) has its prefecture as its county: repeats are dropped.
    """
    above: list[str] = []
    for digits in (9, 6, 4, 2, 0):
        code = unit[:digits].ljust(12, "0")
        if code != unit and code not in above:
            above.append(code)
    return tuple(above)


def parent(unit: str) -> str | None:
    """The next unit above; None for the nation."""
    above = ancestors(unit)
    return above[0] if above else None


def is_below(unit: str, above: str) -> bool:
    """Whether `unit` lies strictly below `above`."""
    return above in ancestors(unit)


def is_village(unit: str) -> bool:
    """A code whose last three digits are not 000 (R2)."""
    return not unit.endswith("000")


def county_of(unit: str) -> str | None:
    """The 6-digit county of a unit; None on a prefecture's, province's or the nation's own row (R15)."""
    return None if unit.endswith("00000000") else unit[:6]
