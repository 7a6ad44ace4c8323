"""A subscriber of the feed: connects, subscribes, keeps the pictures, reconnects (docs/protocol.md)."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import urlsplit

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus, WebSocketException
from websockets.typing import Subprotocol

from fenghuo.client.feed_picture import FeedData, FeedPicture, SequenceGapError
from schemas.feed import SUBPROTOCOL, Error, Heartbeat, ServerFrame, Subscribe

ConnectionState = Literal["connecting", "live", "waiting"]

PATH = "/v1/feed"
MAX_FRAME_BYTES = 512 << 20
"""A snapshot of everything is one frame; this only stops a server gone wrong."""

SILENCE_SECONDS = 10.0
"""Heartbeats come every second; a connection silent for so long is dead, whatever TCP believes."""

FIRST_WAIT_SECONDS = 0.25
LONGEST_WAIT_SECONDS = 10.0

_decoder: msgspec.json.Decoder[ServerFrame] = msgspec.json.Decoder(ServerFrame)
_jitter = random.SystemRandom()


class FeedRefusedError(Exception):
    """The server will not serve this subscriber as it asks; trying again would not help. The text says why."""


def feed_url(address: str) -> str:
    """The feed's URL from `host:port`, or from a URL with or without its path."""
    url = address if "://" in address else f"ws://{address}"
    return url if urlsplit(url).path.strip("/") else url.rstrip("/") + PATH


class FeedClient:
    """Keeps one picture for each subscription. All attributes may be read at any time on the client's event loop.

    While the connection is away the pictures stay as they were told last; `frame_age` and `watermark_age` say how old
    they are. A new connection's picture takes the old one's place with its first frame. `on_change` is called after
    every frame and every change of `state`.
    """

    def __init__(
        self, url: str, subscriptions: Sequence[Subscribe], on_change: Callable[[], None] | None = None
    ) -> None:
        self.url = feed_url(url)
        self.state: ConnectionState = "connecting"
        self.problem: str | None = None
        self.pictures = {subscription.id: FeedPicture() for subscription in subscriptions}
        self.watermark: datetime | None = None
        self.connections = 0
        self._subscriptions = {subscription.id: subscription for subscription in subscriptions}
        self._awaited: dict[str, FeedPicture] = {}
        self._last_frame: float | None = None
        self.on_change = on_change or (lambda: None)

    @property
    def subscriptions(self) -> list[Subscribe]:
        """What it subscribes to."""
        return list(self._subscriptions.values())

    def frame_age(self) -> float | None:
        """Seconds since the last frame of any kind; None before the first."""
        return None if self._last_frame is None else time.monotonic() - self._last_frame

    def watermark_age(self) -> float | None:
        """Seconds since the moment up to which all input is in the picture; None while unknown."""
        return None if self.watermark is None else (datetime.now(UTC) - self.watermark).total_seconds()

    async def run(self) -> None:
        """Stay connected until cancelled. Raises FeedRefusedError when connecting again would not help."""
        wait = FIRST_WAIT_SECONDS
        while True:
            self._set_state("connecting", self.problem)
            connections = self.connections
            try:
                await self._connected()
            except InvalidStatus as error:
                status, text = (
                    error.response.status_code,
                    error.response.body.decode(errors="replace").strip(),
                )
                if 400 <= status < 500:
                    raise FeedRefusedError(text or f"HTTP {status}") from error
                problem = text or f"HTTP {status}"
            except TimeoutError:
                problem = "没有心跳 no heartbeat"
            except (OSError, WebSocketException, msgspec.DecodeError, SequenceGapError) as error:
                problem = str(error) or type(error).__name__
            else:
                problem = "连接已关闭 closed by the server"
            if self.connections > connections:
                wait = FIRST_WAIT_SECONDS
            self._set_state("waiting", problem)
            await asyncio.sleep(wait * _jitter.uniform(0.5, 1.0))
            wait = min(wait * 2, LONGEST_WAIT_SECONDS)

    async def _connected(self) -> None:
        loopback = urlsplit(self.url).hostname in ("localhost", "127.0.0.1", "::1")
        async with connect(
            self.url,
            subprotocols=[Subprotocol(SUBPROTOCOL)],
            compression=None,
            max_size=MAX_FRAME_BYTES,
            open_timeout=SILENCE_SECONDS,
            close_timeout=1,
            proxy=None if loopback else True,
        ) as connection:
            for subscription in self._subscriptions.values():
                await self._subscribe(connection, subscription)
            while True:
                async with asyncio.timeout(SILENCE_SECONDS):
                    text = await connection.recv()
                await self._take(connection, _decoder.decode(text))

    async def _subscribe(self, connection: ClientConnection, subscription: Subscribe) -> None:
        self._awaited[subscription.id] = FeedPicture()
        await connection.send(msgspec.json.encode(subscription).decode())

    async def _take(self, connection: ClientConnection, frame: ServerFrame) -> None:
        self._last_frame = time.monotonic()
        if isinstance(frame, Error):
            raise FeedRefusedError(f"{frame.code}: {frame.detail}")
        self.watermark = frame.watermark or self.watermark
        if not isinstance(frame, Heartbeat):
            await self._apply(connection, frame)
        self.on_change()

    async def _apply(self, connection: ClientConnection, frame: FeedData) -> None:
        if frame.id not in self._subscriptions:
            return
        awaited = self._awaited.get(frame.id)
        if awaited is not None:
            if frame.seq != 1:
                return  # Still of the subscription that this one replaces.
            self.pictures[frame.id] = awaited
            del self._awaited[frame.id]
            if self.state != "live":
                self.connections += 1
                self._set_state("live", None)
        try:
            self.pictures[frame.id].apply(frame)
        except SequenceGapError as gap:
            self.problem = str(gap)
            await self._subscribe(connection, self._subscriptions[frame.id])

    def _set_state(self, state: ConnectionState, problem: str | None) -> None:
        self.state, self.problem = state, problem
        self.on_change()


async def wait_for_first(client: FeedClient, seconds: float) -> None:
    """Run `client` until every subscription has all its first frames, at most `seconds`.

    Raises TimeoutError, or FeedRefusedError when the server refuses.
    """
    complete = asyncio.Event()
    expected = {item.id: len(set(item.kinds)) for item in client.subscriptions}

    def look() -> None:
        if all(client.pictures[name].seq >= count for name, count in expected.items()):
            complete.set()

    client.on_change = look
    running = asyncio.create_task(client.run())
    waiting = asyncio.create_task(complete.wait())
    try:
        await asyncio.wait({running, waiting}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            running.result()
        if not complete.is_set():
            raise TimeoutError(client.problem or "no answer")
    finally:
        for task in (running, waiting):
            task.cancel()
            with suppress(asyncio.CancelledError, FeedRefusedError):
                await task
