"""`fenghuo explain`: a figure down to its records, those that lost included, with the rule that decided."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.tree import Tree

from fenghuo.cli.api import api_url, give_up, sentences
from fenghuo.cli.options import DataOption, JsonOption
from fenghuo.client.http import ApiClient
from schemas.explain import Decision, ExplainedCell, ExplainedEntry, ExplainedUnit, Explanation
from schemas.outputs import encoder
from schemas.regions import NATION, regions


def explain(
    incident: Annotated[str, typer.Argument(help="事件编号 the incident's id")],
    key: Annotated[str, typer.Argument(help="数字，如 dead、sorties、supply_released.帐篷 the figure's key")],
    unit: Annotated[str, typer.Option(help="12 位区划代码 12-digit division code")] = NATION,
    status: Annotated[str, typer.Option(help="Actual、Exercise 或 Test")] = "Actual",
    known_at: Annotated[
        str | None, typer.Option(help="按当时所知，如 2026-08-20T09:00:00+08:00 as known then")
    ] = None,
    depth: Annotated[int, typer.Option(min=-1, max=5, help="向下几级 levels below; -1 全部 all")] = -1,
    url: Annotated[str | None, typer.Option(help="API 地址 address of the API")] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """一个数字的来龙去脉 Why a figure is what it is.

    例 Examples:  fenghuo explain EQ-20260820-510000-01 dead --unit 513221000000 --status Exercise
    """
    moment = _moment(known_at) if known_at is not None else None
    with sentences():
        explanation = asyncio.run(_ask(api_url(url, data), incident, key, status, unit, depth, moment))
    if as_json:
        typer.echo(encoder.encode(explanation))
    else:
        Console().print(tree_of(explanation))


async def _ask(
    url: str, incident: str, key: str, status: str, unit: str, depth: int, known_at: datetime | None
) -> Explanation:
    async with ApiClient(url) as api:
        return await api.explanation(incident, key, status=status, unit=unit, depth=depth, known_at=known_at)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        give_up(f"时刻须带时区，如 2026-08-20T09:00:00+08:00。{text} is no moment with an offset.")
    return moment


def tree_of(explanation: Explanation) -> Tree:
    """The explanation as a tree for the terminal."""
    when = f"（当时所知 as known at {explanation.known_at.isoformat()}）" if explanation.known_at else ""
    tree = Tree(f"[bold]{escape(explanation.incident_id)} {escape(explanation.key)}[/bold]{when}")
    _add_unit(tree, explanation.tree, explanation.decisions)
    return tree


def _add_unit(above: Tree, unit: ExplainedUnit, words: Mapping[str, Decision]) -> None:
    region = regions().get(unit.unit)
    name = escape(region.name) if region else ""
    total = "–" if unit.total is None else f"[bold]{_number(unit.total)}[/bold]"
    own = "" if unit.own is None else f"，本级 own {_number(unit.own)}"
    branch = above.add(f"{unit.unit} {name} {total}{own}")
    for cell in unit.cells:
        _add_cell(branch, cell, words)
    for child in unit.children or ():
        _add_unit(branch, child, words)


def _add_cell(above: Tree, cell: ExplainedCell, words: Mapping[str, Decision]) -> None:
    decision = words[cell.decision]
    about = escape(cell.site or cell.key)
    value = "–" if cell.value is None else _number(cell.value)
    branch = above.add(f"{about} = {value}  [dim]{_said(decision)}[/dim]")
    if cell.components_sum is not None:
        branch.add(f"村级合计 villages' sum {_number(cell.components_sum)} ({cell.components})")
    for entry in cell.entries:
        branch.add(_entry(entry, words[entry.decision]))
    if cell.entries_total > len(cell.entries):
        branch.add(f"… 另有 {cell.entries_total - len(cell.entries)} 条 more")


def _entry(entry: ExplainedEntry, decision: Decision) -> str:
    value = "–" if entry.value is None else _number(entry.value)
    counts = entry.contribution is not None
    mark, style = ("✓", "green") if counts else ("·", "dim")
    because = entry.because or entry.awaits
    reason = f"（{escape(because)}）" if because else ""
    return (
        f"[{style}]{mark} {value}  {escape(entry.org)}  {entry.as_of:%m-%d %H:%M}  {escape(entry.record_id)}"
        f"  {_said(decision)}{reason}[/{style}]"
    )


def _said(decision: Decision) -> str:
    return f"{decision.rule} {decision.zh} {decision.en}"


def _number(number: Decimal) -> str:
    return f"{number:,f}"
