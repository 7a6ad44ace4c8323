"""A gateway of the benchmark's own over a real WebSocket: sends what it is told to, when it is told to."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve
from websockets.typing import Subprotocol

from tests.fake_gateway import FakeGateway


class BenchFeed(FakeGateway):
    """Where it listens, updates at a steady rate, and what the page says that it shows."""

    url = ""

    def __init__(self, incident: str) -> None:
        super().__init__([incident])
        self.shown = -1
        self.shown_at: list[tuple[int, float]] = []
        """Number and time, seconds since 1970 by the page's clock, of every change."""

    def hear(self, text: str | bytes) -> None:
        """What the page shows (measures.WATCH), or what any page says."""
        frame = json.loads(text)
        if frame["type"] == "shown":
            self.shown = int(frame["number"])
            self.shown_at.append((self.shown, float(frame["at"])))
        else:
            super().hear(text)

    def steady(self, rate: float, seconds: float, first: int) -> dict[int, float]:
        """Updates at `rate` per second; number -> when it was handed to the socket, seconds since 1970."""
        sent = {}
        began = time.monotonic()
        for place in range(int(rate * seconds)):
            time.sleep(max(0.0, began + place / rate - time.monotonic()))
            sent[first + place] = time.time()
            self.update(first + place)
        return sent


@contextmanager
def bench_feed(incident: str) -> Iterator[BenchFeed]:
    """Listens on a free port of 127.0.0.1 until the end; its heart beats once a second, as a gateway's does."""
    feed = BenchFeed(incident)
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(1):
            with suppress(ConnectionClosed):  # between two pages
                feed.beat()

    def handle(socket: ServerConnection) -> None:
        feed.connect(socket.send)
        try:
            for text in socket:
                feed.hear(text)
        except ConnectionClosed:
            return  # the page was closed, which is how every measure ends

    subprotocols = [Subprotocol("fenghuo.v1")]
    with serve(handle, "127.0.0.1", 0, subprotocols=subprotocols, compression=None) as server:
        feed.url = f"ws://127.0.0.1:{server.socket.getsockname()[1]}/v1/feed"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        threading.Thread(target=beat, daemon=True).start()
        yield feed
        ended.set()
        server.shutdown()
