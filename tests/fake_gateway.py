"""The gateway's side of `fenghuo.v1`, spoken by a test: a page hears what days of updates would say, as fast as wanted.

It knows no transport: `connect` is given how to send, `hear` each text that the page sent.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

NATION = "000000000000"
UNITS = (NATION, "510000000000", "513200000000", "513221000000", "513222000000", "513223000000")
KEYS = ("dead", "missing", "injured", "sorties")


class FakeGateway:
    """One page at a time; update k says k in every figure of `units`, each incident alike."""

    def __init__(
        self, incidents: Sequence[str], units: Sequence[str] = UNITS, *, with_alarms: bool = False
    ) -> None:
        self._incidents = incidents
        self._units = units
        self._with_alarms = with_alarms
        self._lock = threading.RLock()
        self._send: Callable[[str], object] | None = None
        self._subscriptions: dict[str, dict[str, Any]] = {}
        self._seqs: dict[str, int] = {}
        self._version = 1
        self._number = 0

    def connect(self, send: Callable[[str], object]) -> None:
        """A page has opened a socket; the one before it is forgotten."""
        with self._lock:
            self._send = send
            self._subscriptions.clear()

    def hear(self, text: str | bytes) -> None:
        """A subscription is answered with a snapshot of the last update, zeros before the first, and a heartbeat."""
        frame = json.loads(text)
        with self._lock:
            if frame["type"] == "unsubscribe":
                self._subscriptions.pop(frame["id"], None)
            elif frame["type"] == "subscribe":
                self._subscriptions[frame["id"]] = frame
                self._seqs[frame["id"]] = 0
                self._tell(frame["id"], "snapshot", units=self._rows(frame, self._number))
                self.beat()

    def update(self, number: int) -> None:
        """A delta to every subscription; an outcome and an alarm where those are asked for."""
        with self._lock:
            self._number = number
            for name, frame in self._subscriptions.items():
                self._tell(name, "delta", units=self._rows(frame, number))
                incident = self._incidents_of(frame)[0]
                if "outcomes" in frame["kinds"]:
                    self._tell(name, "outcomes", outcomes=[_outcome(number, incident)])
                if "alarms" in frame["kinds"] and self._with_alarms:
                    self._tell(name, "alarms", alarms=[_alarm(number, incident)])

    def beat(self) -> None:
        """A heartbeat, without which the page greys."""
        with self._lock:
            self._say({"type": "heartbeat", "watermark": _now(), "server_time": _now()})

    def _tell(self, name: str, kind: str, **content: Any) -> None:
        self._seqs[name] += 1
        self._say({"type": kind, "id": name, "seq": self._seqs[name], "watermark": _now(), **content})

    def _say(self, frame: dict[str, Any]) -> None:
        if self._send is not None:
            self._send(json.dumps(frame))

    def _incidents_of(self, frame: dict[str, Any]) -> Sequence[str]:
        return self._incidents if frame["incidents"] == ["*"] else frame["incidents"]

    def _rows(self, frame: dict[str, Any], value: int) -> list[dict[str, Any]]:
        self._version += 1
        figure = _figure(value)
        within = frame["unit"].rstrip("0")
        units = (
            [unit for unit in self._units if unit.startswith(within)] if frame["depth"] else [frame["unit"]]
        )
        return [
            {
                "incident_id": incident,
                "status": "Exercise",
                "unit": unit,
                "version": self._version,
                "figures": dict.fromkeys(KEYS, figure),
            }
            for incident in self._incidents_of(frame)
            for unit in units
        ]


def _now() -> str:
    return datetime.now(UTC).isoformat()


def _figure(value: int) -> dict[str, Any]:
    moment = _now()
    marks = {"qualifier": "exact", "status": "unverified", "parts": 1, "own": value}
    return {"total": value, "newest_as_of": moment, "oldest_as_of": moment, **marks}


def _outcome(number: int, incident: str) -> dict[str, Any]:
    return {
        "record_id": f"fake-{number}",
        "status": "Exercise",
        "incident_id": incident,
        "type": "loss_report",
        "disposition": "accepted",
        "flags": [],
        "standing": "effective",
        "version": number,
    }


def _alarm(number: int, incident: str) -> dict[str, Any]:
    """Raised, and cleared by the next."""
    return {
        "status": "Exercise",
        "incident_id": incident,
        "kind": "shelter_below_zero",
        "subject": f"513221103000/{number // 2}",
        "state": "raised" if number % 2 == 0 else "cleared",
        "unit": "513221103000",
        "version": number,
    }
