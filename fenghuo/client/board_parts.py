"""The parts of the board, each a pure function of the picture."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from rich.box import SIMPLE_HEAD
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from fenghuo.client import words
from fenghuo.client.feed import ConnectionState
from fenghuo.client.feed_picture import FeedPicture, UnitKey, UnitPicture
from schemas.feed import Subscribe
from schemas.outputs import Alternative, Figure, Outcome
from schemas.regions import name as unit_name

Words = words.Words

CONNECTION: dict[ConnectionState, words.Words] = {
    "live": ("已连接", "live"),
    "connecting": ("连接中", "connecting"),
    "waiting": ("已断开", "disconnected"),
}
MAIN_KEYS = (
    "dead",
    "missing",
    "injured",
    "stranded_now",
    "out_of_contact_now",
    "evac_precaution_cum",
    "reloc_cum",
    "reloc_resident_cum",
    "tourist_evac_cum",
    "shelter_now",
    "pop_affected",
    "persons_lifted",
    "rooms_collapsed",
    "loss_direct_wan",
)
MAIN_COLUMNS = 6
GOOD = ("accepted", "recorded", "side_table")
BAD = ("held", "rejected", "refused", "frozen")


@dataclass(frozen=True)
class Freshness:
    """The connection and the ages (seconds, None while unknown) that decide whether the board is to be trusted."""

    state: ConnectionState
    problem: str | None
    frame_age: float | None
    watermark_age: float | None
    is_fresh: bool


@dataclass(frozen=True)
class Style:
    """Colours while the picture is fresh; one grey for everything once it is not. English goes where there is room."""

    is_fresh: bool
    is_wide: bool = True

    def __call__(self, style: str) -> str:
        return style if self.is_fresh else "bright_black"

    def words(self, words: Words) -> str:
        """Both languages, or on a narrow terminal the Chinese."""
        return " ".join(words) if self.is_wide and words[0] != words[1] else words[0]

    def table(self, colour: str, *columns: Column) -> Table:
        """An empty table over the whole width."""
        table = Table(
            box=SIMPLE_HEAD,
            expand=True,
            border_style=self(colour),
            header_style=self("bold"),
            padding=(0, 1, 0, 0),
        )
        for column in columns:
            table.add_column(
                self.words(column.words), ratio=column.ratio, justify=column.justify, no_wrap=column.no_wrap
            )
        return table


@dataclass(frozen=True)
class Column:
    """A column of a table; with a ratio it shares what room is left."""

    words: Words
    ratio: int | None = None
    justify: Literal["left", "right"] = "left"
    no_wrap: bool = True


def headline(
    picture: FeedPicture, subscription: Subscribe, focus: UnitKey | None, fresh: Freshness, style: Style
) -> Panel:
    """Incident, unit, world; connection and ages."""
    incident = _incident_name(picture, focus[0]) if focus else "—"
    incidents = len({key[0] for key in picture.units})
    zh, en = CONNECTION[fresh.state]
    mood = "green" if fresh.is_fresh else "bold yellow"
    text = Text.assemble(
        (f"烽火态势 · {incident}", style("bold")),
        f"  {unit_name(subscription.unit)} {subscription.unit}  ",
        (words.say(words.STATUS, subscription.status), style("bold magenta")),
        (f"  共 {incidents} 个事件 incidents" if incidents > 1 else ""),
        "\n",
        (f"● {zh} {en}", mood),
        f"  数据截至 watermark {_seconds(fresh.watermark_age)}  心跳 last frame {_seconds(fresh.frame_age)}",
        ("" if fresh.is_fresh else "  陈旧 STALE", "bold yellow"),
        (f"  {fresh.problem}" if fresh.problem else "", "yellow"),
    )
    return Panel(text, border_style=mood)


def figures_table(unit: UnitPicture, now: datetime, style: Style, rows: int) -> Table:
    """The unit's own figures, each with what is known about it."""
    table = style.table(
        "blue",
        Column(("指标", "figure"), ratio=4),
        Column(("合计", "total"), justify="right"),
        Column(("本级", "own"), justify="right"),
        Column(("状态", "status")),
        Column(("来源", "source"), ratio=3),
        Column(("时效", "age"), justify="right"),
        Column(("项", "parts"), justify="right"),
        Column(("其他说法", "others say"), ratio=3, no_wrap=False),
    )
    keys = sorted(unit.figures, key=words.order_of)
    for key in keys[:rows]:
        table.add_row(*_figure_cells(key, unit.figures[key], now, style))
    for key in sorted(unit.beside, key=words.order_of):
        others = _alternatives(unit.beside[key])
        table.add_row(_name(key, style), "—", "", "", "", "", "", Text(others, style=style("yellow")))
    if len(keys) > rows:
        table.caption = (
            f"另有 {len(keys) - rows} 项，加高窗口可见 {len(keys) - rows} more: use a taller window"
        )
    return table


def _figure_cells(key: str, figure: Figure, now: datetime, style: Style) -> tuple[Text, ...]:
    age = words.age(now - figure.newest_as_of)
    if figure.oldest_as_of != figure.newest_as_of:
        age += f"–{words.age(now - figure.oldest_as_of)}"
    status_style = {"verified": "green", "reviewed": "cyan"}.get(figure.status, "yellow")
    return (
        _name(key, style),
        Text(words.total(figure), style=style("bold red" if key in ("dead", "missing") else "bold")),
        Text("" if figure.own is None else words.number(figure.own)),
        Text(words.FIGURE_STATUS[figure.status][0], style=style(status_style)),
        Text(words.plain("、".join(figure.own_sources))),
        Text(age),
        Text(str(figure.parts)),
        Text(_others(figure), style=style("yellow")),
    )


def _others(figure: Figure) -> str:
    """The range of the sources, the sum of the villages, then who says what."""
    said = []
    if figure.range and figure.range.least.value != figure.range.greatest.value:
        said.append(f"{words.number(figure.range.least.value)}–{words.number(figure.range.greatest.value)}")
    if figure.components:
        said.append(f"{figure.components.villages}村合计 {words.number(figure.components.total)}")
    if figure.alternatives:
        said.append(_alternatives(figure.alternatives))
    return "；".join(said)


def _name(key: str, style: Style) -> Text:
    zh, en = words.figure_name(key)
    return Text.assemble(
        (words.plain(zh), style("")), (words.plain(f" {en}") if style.is_wide else "", "bright_black")
    )


def _alternatives(alternatives: tuple[Alternative, ...]) -> str:
    """`媒体称 35 (+7)`: who says what, and how far from the figure it is."""
    said = []
    for item in alternatives:
        who = (
            words.plain(item.org)
            if item.kind == "component"
            else words.CLASSES.get(item.class_, (item.class_, ""))[0]
        )
        verb = "报待核" if item.kind == "held" else "称"
        gap = "" if item.difference is None else f" ({item.difference:+,f})"
        said.append(f"{who}{verb} {words.QUALIFIERS[item.qualifier]}{words.number(item.value)}{gap}")
    return "；".join(said)


def children_table(picture: FeedPicture, focus: UnitKey, unit: str, style: Style, rows: int) -> Table | None:
    """The units below with their main figures; None where there are none."""
    incident = focus[0]
    below = {key[1]: row for key, row in picture.units.items() if key[0] == incident and key[1] != unit}
    present = {key for row in below.values() for key in row.figures}
    keys = [key for key in MAIN_KEYS if key in present][:MAIN_COLUMNS]
    if not keys:
        return None
    table = style.table(
        "blue",
        Column(("下级", "units below"), ratio=2),
        *(Column((words.figure_name(key)[0],) * 2, justify="right") for key in keys),
    )
    codes = sorted(below)
    for code in codes[:rows]:
        figures = below[code].figures
        cells = (words.total(figures[key]) if key in figures else "" for key in keys)
        table.add_row(
            Text.assemble(unit_name(code), (f" {code}" if style.is_wide else "", "bright_black")), *cells
        )
    if len(codes) > rows:
        table.caption = f"另有 {len(codes) - rows} 个单位 {len(codes) - rows} more units"
    return table


def outcomes_table(picture: FeedPicture, style: Style, rows: int) -> Table:
    """The newest outcomes, the last one on top: what became of a record, and why."""
    table = style.table(
        "blue",
        Column(("记录", "record"), ratio=3),
        Column(("类型", "type")),
        Column(("结论", "outcome")),
        Column(("现状", "standing")),
        Column(("说明", "why"), ratio=4),
    )
    for outcome in list(picture.outcomes.values())[: -rows - 1 : -1]:
        table.add_row(*_outcome_cells(outcome, style))
    return table


def _outcome_cells(outcome: Outcome, style: Style) -> tuple[Text, ...]:
    colour = "green" if outcome.disposition in GOOD else "red" if outcome.disposition in BAD else "yellow"
    return (
        Text(words.plain(outcome.record_id)),
        Text(words.plain(style.words(words.TYPES.get(outcome.type, (outcome.type,) * 2)))),
        Text(style.words(words.DISPOSITIONS[outcome.disposition]), style=style(colour)),
        Text(style.words(words.STANDINGS[outcome.standing])),
        Text("；".join(style.words(words.FLAGS[flag]) for flag in outcome.flags)),
    )


def alarms_table(picture: FeedPicture, style: Style, rows: int) -> Table:
    """Alarms that are raised."""
    table = style.table(
        "red",
        Column(("告警", "alarm")),
        Column(("单位", "unit")),
        Column(("对象", "subject"), ratio=2),
        Column(("记录", "records"), ratio=2),
    )
    for alarm in list(picture.alarms.values())[: -rows - 1 : -1]:
        table.add_row(
            style.words(words.ALARMS[alarm.kind]),
            Text(words.plain(f"{unit_name(alarm.unit)} {alarm.unit}")),
            Text(words.plain(words.alarm_about(alarm))),
            Text(words.plain("、".join(alarm.record_ids))),
        )
    if len(picture.alarms) > rows:
        table.caption = f"共 {len(picture.alarms)} 条 alarms"
    return table


def _incident_name(picture: FeedPicture, incident_id: str) -> str:
    heads = (unit.head for (of, _), unit in picture.units.items() if of == incident_id and unit.head)
    head = next(heads, None)
    return words.plain(f"{head.name} {incident_id}" if head and head.name else incident_id)


def _seconds(age: float | None) -> str:
    return "—" if age is None else f"{words.age(timedelta(seconds=age))}"
