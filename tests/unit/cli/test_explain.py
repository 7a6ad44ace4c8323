"""`fenghuo explain` shows every record with its rule, and what counts."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
import typer
from rich.console import Console

import schemas
from fenghuo.cli.explain import explain, tree_of
from schemas.explain import Explanation

EXAMPLE = Path(schemas.__file__).parent / "examples" / "explanation" / "dead_of_a_county.json"


def test_the_tree_shows_units_values_and_reasons() -> None:
    explanation = msgspec.json.decode(EXAMPLE.read_bytes(), type=Explanation)
    console = Console(width=240, record=True)
    console.print(tree_of(explanation))
    text = console.export_text()
    for line in (
        "513221000000 汶川县 12，本级 own 2",
        "✓ 10  水磨镇应急办",
        "· 7  水磨镇应急办",
        "R3 时点早于现行值，留作历史 an earlier as_of than the value in force; kept as history",
        "（01J5A00000000000000000CR01）",
    ):
        assert line in text


def test_a_moment_without_an_offset_is_refused() -> None:
    with pytest.raises(typer.Exit):
        explain("I", "dead", known_at="2026-08-20T09:00:00")
