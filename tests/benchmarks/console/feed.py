"""A gateway of the benchmark's own: speaks `fenghuo.v1` over a real WebSocket and sends what it is told to."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve
from websockets.typing import Subprotocol

KEYS = ("dead", "missing", "injured", "sorties")
UNITS = ("000000000000", "513221000000", "513222000000", "513223000000")


class BenchFeed:
    """One page at a time; update k says k in every figure of the nation and three counties."""

    def __init__(self, incident: str) -> None:
        self.incident = incident
        self.url = ""
        self._lock = threading.Lock()
        self._socket: ServerConnection | None = None
        self._subscriptions: dict[str, dict[str, Any]] = {}
        self._seqs: dict[str, int] = {}
        self._version = 1

    def hear(self, socket: ServerConnection) -> None:
        """Answer subscriptions with a snapshot until the page goes."""
        with self._lock:
            self._socket = socket
            self._subscriptions.clear()
        for text in socket:
            frame = json.loads(text)
            with self._lock:
                if frame["type"] == "unsubscribe":
                    self._subscriptions.pop(frame["id"], None)
                elif frame["type"] == "subscribe":
                    self._subscriptions[frame["id"]] = frame
                    self._seqs[frame["id"]] = 0
                    self._tell(frame["id"], "snapshot", units=self._rows(frame, 0))
                    self._beat()

    def update(self, number: int) -> None:
        """A delta to every subscription, and an outcome where those were asked for."""
        with self._lock:
            for name, frame in self._subscriptions.items():
                self._tell(name, "delta", units=self._rows(frame, number))
                if "outcomes" in frame["kinds"]:
                    self._tell(name, "outcomes", outcomes=[_outcome(number, self.incident)])

    def beat(self) -> None:
        """A heartbeat, without which the page greys."""
        with self._lock:
            self._beat()

    def steady(self, rate: float, seconds: float, first: int) -> dict[int, float]:
        """Updates at `rate` per second; number -> when it was handed to the socket, seconds since 1970."""
        sent = {}
        began = time.monotonic()
        for place in range(int(rate * seconds)):
            time.sleep(max(0.0, began + place / rate - time.monotonic()))
            sent[first + place] = time.time()
            self.update(first + place)
            if place % int(rate) == 0:
                self.beat()
        return sent

    def _tell(self, name: str, kind: str, **content: Any) -> None:
        self._seqs[name] += 1
        self._send({"type": kind, "id": name, "seq": self._seqs[name], "watermark": _now(), **content})

    def _beat(self) -> None:
        self._send({"type": "heartbeat", "watermark": _now(), "server_time": _now()})

    def _send(self, frame: dict[str, Any]) -> None:
        assert self._socket is not None, "no page has connected"
        self._socket.send(json.dumps(frame))

    def _rows(self, frame: dict[str, Any], value: int) -> list[dict[str, Any]]:
        self._version += 1
        figure = _figure(value)
        return [
            {
                "incident_id": self.incident,
                "status": "Exercise",
                "unit": unit,
                "version": self._version,
                "figures": dict.fromkeys(KEYS, figure),
            }
            for unit in (UNITS if frame["depth"] else UNITS[:1])
        ]


def _now() -> str:
    return datetime.now(UTC).isoformat()


def _figure(value: int) -> dict[str, Any]:
    moment = _now()
    marks = {"qualifier": "exact", "status": "unverified", "parts": 1, "own": value}
    return {"total": value, "newest_as_of": moment, "oldest_as_of": moment, **marks}


def _outcome(number: int, incident: str) -> dict[str, Any]:
    return {
        "record_id": f"bench-{number}",
        "status": "Exercise",
        "incident_id": incident,
        "type": "loss_report",
        "disposition": "accepted",
        "flags": [],
        "standing": "effective",
        "version": number,
    }


@contextmanager
def bench_feed(incident: str) -> Iterator[BenchFeed]:
    """Listens on a free port of 127.0.0.1 until the end."""
    feed = BenchFeed(incident)

    def handle(socket: ServerConnection) -> None:
        try:
            feed.hear(socket)
        except ConnectionClosed:
            return  # the page was closed, which is how every measure ends

    subprotocols = [Subprotocol("fenghuo.v1")]
    with serve(handle, "127.0.0.1", 0, subprotocols=subprotocols, compression=None) as server:
        feed.url = f"ws://127.0.0.1:{server.socket.getsockname()[1]}/v1/feed"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield feed
        server.shutdown()
