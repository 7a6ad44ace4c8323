"""The regions of China, province to township, shipped as data (`data/regions.tsv.gz`, made by `tools/make_regions.py`).

Names and the reporting tree are for people: figures are summed by code prefix (records.md 4, R5), never by `parent`.
An operator may extend or change units with a TSV of the same columns (`Regions.with_overrides`): 卧龙特别行政区, for
one, is a reporting unit with two townships of 汶川县 in some years only.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from functools import cache, cached_property
from importlib.resources import files
from typing import Literal, get_args

import msgspec

Level = Literal["nation", "province", "prefecture", "county", "township", "village"]
NATION = "000000000000"
COLUMNS = ("code", "name", "level", "parent")

_LEVELS: tuple[str, ...] = get_args(Level)
_PREFIX = {"province": 0, "prefecture": 2, "county": 4, "township": 6, "village": 9}
"""Digits that a unit of this level shares with the one that it reports to by default."""


class RegionError(ValueError):
    """An override line cannot be used; the text names the line and what is wrong with it."""


class Region(msgspec.Struct, frozen=True):
    """One unit. `also` = lower levels of the same code: 东莞 441900000000 is a prefecture and its own only county."""

    code: str
    name: str
    level: Level
    parent: str | None
    also: tuple[Level, ...] = ()


class Regions:
    """A reporting tree. Codes have 12 digits; look-ups of a code that it does not hold raise KeyError."""

    def __init__(self, units: dict[str, Region]) -> None:
        self.units = units

    @cached_property
    def _children(self) -> dict[str, list[Region]]:
        found: dict[str, list[Region]] = {}
        for region in self.units.values():
            if region.parent is not None:
                found.setdefault(region.parent, []).append(region)
        return found

    def children(self, code: str) -> list[Region]:
        """The units that report to `code`, in the order of the data."""
        self.units[code]
        return self._children.get(code, [])

    def path(self, code: str) -> list[Region]:
        """From the nation down to the unit itself."""
        found = [self.units[code]]
        while found[-1].parent is not None:
            found.append(self.units[found[-1].parent])
        return found[::-1]

    def name(self, code: str) -> str:
        """The unit's name; for a unit that the tree does not hold its code, so that a picture never fails."""
        region = self.units.get(code)
        return region.name if region else code

    def with_overrides(self, lines: Iterable[str]) -> Regions:
        """A tree with an operator's units. Columns as the data, with heading; an empty column leaves what was there.

        Raises RegionError for a line that cannot be used.
        """
        units = dict(self.units)
        for number, line in enumerate(lines, 1):
            columns = tuple(line.rstrip("\r\n").split("\t"))
            if not line.strip() or line.startswith("#") or columns == COLUMNS:
                continue
            code = _checked(number, columns)
            units[code] = _overridden(number, units.get(code), *columns, *[""] * (4 - len(columns)))
        for code in units:
            _check_path(units, code)
        return Regions(units)


def _checked(number: int, columns: tuple[str, ...]) -> str:
    if len(columns) > 4:
        raise RegionError(f"line {number}: {len(columns)} columns, expected {', '.join(COLUMNS)}")
    if len(columns[0]) != 12 or not (columns[0].isascii() and columns[0].isdigit()):
        raise RegionError(f"line {number}: code {columns[0]!r} has not 12 digits")
    return columns[0]


def _overridden(number: int, old: Region | None, code: str, name: str, level: str, parent: str) -> Region:
    if level and level not in _LEVELS:
        raise RegionError(f"line {number}: level {level!r} is none of {', '.join(_LEVELS)}")
    if old is None:
        if not name or not level:
            raise RegionError(f"line {number}: the new unit {code} needs a name and a level")
        return Region(code, name, msgspec.convert(level, Level), parent or _default_parent(code, level))
    return Region(
        code,
        name or old.name,
        msgspec.convert(level, Level) if level else old.level,
        parent or old.parent,
        old.also,
    )


def _check_path(units: dict[str, Region], code: str) -> None:
    seen: list[str] = []
    at: str | None = code
    while at is not None:
        if at in seen:
            raise RegionError(f"{' → '.join([*seen, at])}: a unit may not report to itself")
        if at not in units:
            raise RegionError(f"{seen[-1]} reports to {at}, which is no unit")
        seen.append(at)
        at = units[at].parent


def _default_parent(code: str, level: str) -> str | None:
    return code[: _PREFIX[level]].ljust(12, "0") if level != "nation" else None


@cache
def shipped() -> Regions:
    """The tree as it ships."""
    lines = (
        gzip.decompress(files("schemas").joinpath("data/regions.tsv.gz").read_bytes()).decode().split("\n")
    )
    units: dict[str, Region] = {}
    for line in lines[1:-1]:
        code, name, level, parent = line.split("\t")
        if code in units:
            first = units[code]
            units[code] = Region(code, first.name, first.level, first.parent, (*first.also, level))  # type: ignore[arg-type]
        else:
            units[code] = Region(code, name, level, parent or _default_parent(code, level))  # type: ignore[arg-type]
    return Regions(units)


def regions() -> dict[str, Region]:
    """Every shipped unit by code."""
    return shipped().units


def children(code: str) -> list[Region]:
    """Units that report to `code` in the shipped tree. Raises KeyError for an unknown code."""
    return shipped().children(code)


def path(code: str) -> list[Region]:
    """From the nation to `code` in the shipped tree. Raises KeyError for an unknown code."""
    return shipped().path(code)


def name(code: str) -> str:
    """The shipped name of a unit, or its code when there is none."""
    return shipped().name(code)
