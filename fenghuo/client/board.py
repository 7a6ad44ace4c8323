"""A live board of one subscription for the terminal: figures, units below, outcomes, alarms, and how fresh it all is.

`Board` is what commands use; it can run beside a replay: `task = create_task(Board(client).run(console))`, cancel to
stop. What is drawn is a pure function of the picture and a moment (`fenghuo.client.board_parts`).
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import msgspec
from rich.console import Console, Group, RenderableType
from rich.live import Live

from fenghuo.client.board_parts import (
    Freshness,
    Style,
    alarms_table,
    children_table,
    figures_table,
    headline,
    outcomes_table,
)
from fenghuo.client.feed import FeedClient
from fenghuo.client.feed_picture import FeedPicture, UnitKey
from schemas.feed import FeedKind, Subscribe

ALL_KINDS: list[FeedKind] = ["figures", "outcomes", "alarms"]
BOARD = "board"
REFRESH_SECONDS = 0.25
FRAME_LINES = 21
"""Lines of a board that are no rows: headline, headings, borders, captions."""
WIDE_COLUMNS = 140
# Below these the picture is as new as the heartbeats allow.
FRESH_FRAME_SECONDS = 3.0
FRESH_WATERMARK_SECONDS = 10.0


def board_subscription(incident: str, unit: str, status: str, depth: int = 1) -> Subscribe:
    """The subscription of a board: the unit and the units `depth` levels below it, with outcomes and alarms.

    Raises msgspec.ValidationError when an id, the code or the status is not of its form.
    """
    fields = {"id": BOARD, "incidents": [incident], "unit": unit, "depth": depth, "status": status}
    return msgspec.convert(fields | {"type": "subscribe", "kinds": ALL_KINDS}, Subscribe)


class Board:
    """Draws the picture of a client whose subscription is `subscription`."""

    def __init__(self, client: FeedClient, subscription: Subscribe) -> None:
        self._client = client
        self._subscription = subscription
        self._changed = asyncio.Event()
        client.on_change = self._changed.set

    async def run(self, console: Console) -> None:
        """Draw until cancelled; the client runs meanwhile and is stopped with it. Raises FeedRefusedError."""
        feed = asyncio.create_task(self._client.run())
        try:
            with Live(self.draw(console), console=console, auto_refresh=False, screen=False) as live:
                while not feed.done():
                    live.update(self.draw(console), refresh=True)
                    # At most so many times a second, and at least so often that ages move.
                    await asyncio.sleep(REFRESH_SECONDS)
                    await self._change_or(1.0)
                feed.result()
        finally:
            feed.cancel()
            await asyncio.gather(feed, return_exceptions=True)

    def draw(self, console: Console) -> RenderableType:
        """The board as it is now."""
        return draw(
            self._client.pictures[self._subscription.id],
            self._subscription,
            freshness(self._client),
            datetime.now(UTC),
            console.width,
            console.height,
        )

    async def _change_or(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._changed.wait(), seconds)
        except TimeoutError:
            return
        self._changed.clear()


def freshness(client: FeedClient) -> Freshness:
    """How the client's connection is now."""
    frame_age, watermark_age = client.frame_age(), client.watermark_age()
    fresh = (
        client.state == "live"
        and frame_age is not None
        and frame_age < FRESH_FRAME_SECONDS
        and watermark_age is not None
        and watermark_age < FRESH_WATERMARK_SECONDS
    )
    return Freshness(client.state, client.problem, frame_age, watermark_age, fresh)


def draw(
    picture: FeedPicture, subscription: Subscribe, fresh: Freshness, now: datetime, width: int, height: int
) -> RenderableType:
    """The whole board, for a terminal of `width` columns and `height` lines, which the longest parts share."""
    style = Style(fresh.is_fresh, width >= WIDE_COLUMNS)
    focus = focus_of(picture, subscription.unit)
    room = max(12, height - FRAME_LINES)
    unit = picture.units.get(focus) if focus else None
    parts: list[RenderableType | None] = [
        headline(picture, subscription, focus, fresh, style),
        figures_table(unit, now, style, rows=max(6, room // 2)) if unit else None,
        children_table(picture, focus, subscription.unit, style, rows=max(3, room // 4)) if focus else None,
        alarms_table(picture, style, rows=3) if picture.alarms else None,
        outcomes_table(picture, style, rows=max(3, room // 4)),
    ]
    return Group(*(part for part in parts if part is not None))


def focus_of(picture: FeedPicture, unit: str) -> UnitKey | None:
    """The unit's row that changed last: with several incidents, the board shows the busiest one's figures."""
    rows = [key for key in picture.units if key[1] == unit]
    return max(rows, key=lambda key: picture.units[key].version, default=None)
