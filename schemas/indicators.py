"""The indicator catalogue, shipped as data (`data/indicators.csv`; columns key, zh, en, unit, kind, parts, decimals)."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files
from typing import Literal

import msgspec

Kind = Literal["C", "N", "M", "D"]
"""C cumulative, N stock, M made by assessment, D derived from its parts."""


class Indicator(msgspec.Struct, frozen=True):
    """One official indicator. `unit` is the unit figures are kept in, `decimals` how many a statement may have."""

    key: str
    zh: str
    en: str
    unit: str
    kind: Kind
    parts: tuple[str, ...]
    decimals: int


@cache
def indicators() -> dict[str, Indicator]:
    """Every indicator by key, in the catalogue's order."""
    text = files("schemas").joinpath("data/indicators.csv").read_text("utf-8")
    return {
        row["key"]: Indicator(
            key=row["key"],
            zh=row["zh"],
            en=row["en"],
            unit=row["unit"],
            kind=msgspec.convert(row["kind"], Kind),
            parts=tuple(row["parts"].split("+")) if row["parts"] else (),
            decimals=int(row["decimals"]),
        )
        for row in csv.DictReader(text.splitlines())
    }
