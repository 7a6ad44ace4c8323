"""The opening of a fresh system: 汶川8·20 as an exercise, at a pace that the eye can follow, the board beside it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import typer
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.text import Text

from fenghuo.cli.api import listener_url, sentences
from fenghuo.cli.replay import new_run, print_report
from fenghuo.client import words
from fenghuo.client.board import BOARD, REFRESH_SECONDS, board_subscription, draw, freshness
from fenghuo.client.feed import FeedClient, FeedRefusedError
from fenghuo.client.http import ApiClient
from fenghuo.client.rehearsal import Rehearsal, rehearse
from fenghuo.client.replay import Report, replay
from fenghuo.platform.settings import Settings
from schemas.scenario import Entry, Scenario, load_scenario

SCENARIO = "wenchuan-820"
NATION = "000000000000"
# 21 deliveries over four days in about 26 s: two hours a second, but never a blink and never a bore.
REAL_SECONDS_A_SECOND = 7200.0
SHORTEST_GAP, LONGEST_GAP = 0.7, 2.0
OWN_LINES = 3
"""Lines of the terminal that the replay itself takes above the board."""


def demo_pace(gap: timedelta) -> float:
    """Seconds between two postings for the real time between them."""
    return min(max(gap.total_seconds() / REAL_SECONDS_A_SECOND, SHORTEST_GAP), LONGEST_GAP)


def run_demo(settings: Settings, console: Console) -> None:
    """Replay 汶川8·20 against the running system and show the picture grow.

    Ends the command with exit code 1 when the picture is not the oracle's, 2 when the system does not answer.
    """
    with sentences():
        report = asyncio.run(_play(settings, console))
    print_report(report, console)
    if not report.ok:
        raise typer.Exit(1)


async def _play(settings: Settings, console: Console) -> Report:
    scenario = load_scenario(SCENARIO)
    rehearsal = rehearse(scenario, run=new_run(), until=datetime.now(UTC).replace(microsecond=0))
    async with (
        ApiClient(listener_url(settings.http)) as api,
        _show(settings, console, scenario, rehearsal) as show,
    ):
        return await replay(api, rehearsal, rehearsal.postings, pace=demo_pace, on_posted=show.advance)


class _Show:
    """What is on the screen: how far the replay is, the record just posted, the board."""

    def __init__(self, console: Console, scenario: Scenario, rehearsal: Rehearsal, feed: FeedClient) -> None:
        self._console, self._scenario, self._feed = console, scenario, feed
        self._subscription = feed.subscriptions[0]
        self._posted = 0
        self._progress = Progress(
            TextColumn("演练回放 {task.description}", markup=False), BarColumn(), MofNCompleteColumn()
        )
        self._task = self._progress.add_task(scenario.title, total=len(rehearsal.postings))

    def advance(self, count: int) -> None:
        """So many more deliveries are posted."""
        self._posted += count
        self._progress.advance(self._task, count)
        if not self._console.is_terminal:
            self._console.print(self._line(), soft_wrap=True)

    def draw(self) -> RenderableType:
        """The whole screen as it is now."""
        board = draw(
            self._feed.pictures[BOARD],
            self._subscription,
            freshness(self._feed),
            datetime.now(UTC),
            self._console.width,
            self._console.height - OWN_LINES,
        )
        return Group(self._progress.get_renderable(), self._line(), board)

    def _line(self) -> Text:
        return caption(self._scenario.entries[self._posted - 1]) if self._posted else Text("…")


def caption(entry: Entry) -> Text:
    """One delivery in a line: when it really came, from whom, what it is."""
    return Text.assemble(
        (f"{entry.received_at:%Y-%m-%d %H:%M}", "cyan"),
        f"  {entry.record['source']['org']}  ",
        (words.say(words.TYPES, str(entry.record["type"])), "bold"),
        (f"  {entry.note}" if entry.note else "", "bright_black"),
        no_wrap=True,
        overflow="ellipsis",
    )


@asynccontextmanager
async def _show(
    settings: Settings, console: Console, scenario: Scenario, rehearsal: Rehearsal
) -> AsyncIterator[_Show]:
    """The screen for as long as the replay lasts; in a log one line a delivery. Without a feed there is no board."""
    feed = FeedClient(
        listener_url(settings.feed, "ws"),
        [board_subscription(rehearsal.incident_id, NATION, "Exercise", depth=-1)],
    )
    show = _Show(console, scenario, rehearsal, feed)
    if not console.is_terminal:
        yield show
        return
    listening = asyncio.create_task(feed.run())
    with Live(show.draw(), console=console, auto_refresh=False) as live:
        drawing = asyncio.create_task(_redraw(live, show))
        try:
            yield show
        finally:
            listening.cancel()
            drawing.cancel()
            for result in await asyncio.gather(listening, drawing, return_exceptions=True):
                if isinstance(result, FeedRefusedError):
                    console.print(
                        f"看板没有数据。The board had no data: {result}", style="yellow", markup=False
                    )
                elif isinstance(result, Exception):
                    raise result
            live.update(show.draw(), refresh=True)


async def _redraw(live: Live, show: _Show) -> None:
    while True:
        live.update(show.draw(), refresh=True)
        await asyncio.sleep(REFRESH_SECONDS)
