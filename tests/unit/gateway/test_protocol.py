"""One connection: refusals, limits, heartbeats, and what happens to a client that does not read."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from schemas.feed import Error, Heartbeat, ServerFrame
from schemas.outputs import IncidentHead, UnitUpdate
from services.gateway.config import Limits
from services.gateway.frames import FrameFactory
from services.gateway.protocol import FeedProtocol, Instant
from services.gateway.scope import Scope
from services.gateway.view import View
from tests.unit.gateway.transcripts import NATION, figure

MORNING = datetime(2019, 8, 20, 6, tzinfo=UTC)
LIMITS = Limits(subscriptions=2, bad_frames=3, high_mark_bytes=1_000, stall_seconds=60, heartbeat_seconds=1)
DECODER = msgspec.json.Decoder(ServerFrame)


class Wire:
    """A connection, its view and its clock."""

    def __init__(self) -> None:
        self.view = View(LIMITS)
        self.seconds = 0.0
        self._version = 0
        self.protocol = FeedProtocol(FrameFactory(self.view), LIMITS, self.now())

    def now(self) -> Instant:
        return Instant(self.seconds, MORNING + timedelta(seconds=self.seconds))

    def change(self, dead: int, incident: str = "A") -> None:
        self._version += 1
        self.view.apply(
            [
                UnitUpdate(
                    status="Actual",
                    incident_id=incident,
                    unit=NATION,
                    figures={"dead": figure(dead)},
                    head=IncidentHead(),
                    version=self._version,
                )
            ]
        )

    def send(self, frame: Any) -> list[Any]:
        self.protocol.receive(frame if isinstance(frame, str | bytes) else json.dumps(frame))
        return self.poll()

    def poll(self, unread_bytes: int = 0, seconds: float = 0.01) -> list[Any]:
        self.seconds += seconds
        return [DECODER.decode(text) for text in self.protocol.frames(self.now(), unread_bytes)]


def subscribe(name: str = "s", **fields: Any) -> dict[str, Any]:
    return {"type": "subscribe", "id": name} | fields


@pytest.mark.parametrize(
    ("frame", "code", "name"),
    [
        (b"{}", "not_text", None),
        ("", "not_json", None),
        ("{", "not_json", None),
        ("[" * 100_000, "invalid_frame", None),
        ('{"x": ' * 30_000, "not_json", None),
        ("{}", "invalid_frame", None),
        ("3", "invalid_frame", None),
        ({"type": "snapshot", "id": "s"}, "invalid_frame", "s"),
        ({"type": "subscribe"}, "invalid_frame", None),
        ({"type": "subscribe", "id": 7}, "invalid_frame", None),
        (subscribe(unit="51"), "invalid_frame", "s"),
        (subscribe(unit="51322100000a"), "invalid_frame", "s"),
        (subscribe(depth=6), "invalid_frame", "s"),
        (subscribe(depth=-2), "invalid_frame", "s"),
        (subscribe(status="Drill"), "invalid_frame", "s"),
        (subscribe(kinds=[]), "invalid_frame", "s"),
        (subscribe(kinds=["rumours"]), "invalid_frame", "s"),
        (subscribe(incidents=[]), "invalid_frame", "s"),
        (subscribe(incidents=["a b"]), "invalid_frame", "s"),
        (subscribe(incidents=["A"] * 1001), "invalid_frame", "s"),
        ({"type": "unsubscribe", "id": "nobody"}, "unknown_subscription", "nobody"),
    ],
)
def test_bad_frame_is_answered_and_harms_nothing(frame: Any, code: str, name: str | None) -> None:
    wire = Wire()
    wire.change(1)
    (error,) = wire.send(frame)
    assert isinstance(error, Error)
    assert (error.code, error.id) == (code, name)
    assert error.detail
    (snapshot,) = wire.send(subscribe())
    assert snapshot.units[0].figures["dead"].total == 1


def test_too_many_bad_frames_close_after_the_last_error() -> None:
    wire = Wire()
    for _ in range(LIMITS.bad_frames - 1):
        wire.send("{")
        assert wire.protocol.closing is None
    assert [frame.code for frame in wire.send("{")] == ["not_json"]
    assert wire.protocol.closing is not None
    assert wire.protocol.closing.code == 1008
    assert len(wire.protocol.closing.reason.encode()) <= 123
    assert wire.poll() == []


def test_subscriptions_are_limited_and_replaced_by_id() -> None:
    wire = Wire()
    assert [frame.seq for frame in wire.send(subscribe("a")) + wire.send(subscribe("b"))] == [1, 1]
    assert [frame.code for frame in wire.send(subscribe("c"))] == ["too_many_subscriptions"]
    assert [(frame.id, frame.seq) for frame in wire.send(subscribe("b"))] == [("b", 1)]
    assert wire.send({"type": "unsubscribe", "id": "a"}) == []
    assert [frame.seq for frame in wire.send(subscribe("c"))] == [1]


def test_unknown_incident_is_empty_until_it_appears() -> None:
    wire = Wire()
    (snapshot,) = wire.send(subscribe(incidents=["later"]))
    assert (snapshot.seq, snapshot.units) == (1, [])
    wire.change(1, "other")
    assert wire.poll() == []
    wire.change(2, "later")
    (delta,) = wire.poll()
    assert (delta.seq, delta.units[0].figures["dead"].total) == (2, 2)


def test_heartbeats_come_every_second_with_the_watermark() -> None:
    wire = Wire()
    wire.view.watermark = MORNING
    beats = [frame for _ in range(21) for frame in wire.poll(seconds=0.25)]
    assert len(beats) == 5
    assert all(isinstance(beat, Heartbeat) and beat.watermark == MORNING for beat in beats)
    assert [(beat.server_time - MORNING).total_seconds() for beat in beats] == pytest.approx([1, 2, 3, 4, 5])


def test_a_held_back_client_is_told_once_it_has_read_on() -> None:
    wire = Wire()
    wire.change(0)
    wire.send(subscribe())
    for dead in range(1, 10_000):
        wire.change(dead)
        assert wire.poll(unread_bytes=1_001, seconds=0.001) == []
    assert wire.protocol.held_back
    (delta,) = (frame for frame in wire.poll(unread_bytes=1_000) if not isinstance(frame, Heartbeat))
    assert (delta.seq, delta.units[0].figures["dead"].total) == (2, 9_999)
    assert not wire.protocol.held_back


def test_frames_stop_when_the_room_is_used_up_and_go_on_with_the_others() -> None:
    wire = Wire()
    for number in range(20):
        wire.change(number, f"incident-{number}")
    wire.protocol.receive(json.dumps(subscribe("a")))
    wire.protocol.receive(json.dumps(subscribe("b")))
    assert [frame.id for frame in wire.poll()] == ["a"], "its snapshot is larger than the room"
    wire.change(99, "incident-1")
    assert [frame.id for frame in wire.poll()] == ["b"], "not a again: b has waited"
    assert [(frame.id, frame.seq) for frame in wire.poll()] == [("a", 2)]


def test_a_client_that_reads_nothing_is_closed() -> None:
    wire = Wire()
    wire.poll(unread_bytes=5_000)
    wire.poll(unread_bytes=5_000, seconds=59)
    assert wire.protocol.closing is None
    wire.poll(unread_bytes=5_000, seconds=2)
    assert wire.protocol.closing is not None
    assert wire.protocol.closing.code == 1013
    assert len(wire.protocol.closing.reason.encode()) <= 123


def test_a_slow_client_that_reads_a_little_is_kept() -> None:
    wire = Wire()
    for unread in range(9_000, 1_001, -100):
        wire.poll(unread_bytes=unread, seconds=50)
        assert wire.protocol.closing is None


def test_bodies_of_many_scopes_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    view = View(Limits())
    factory = FrameFactory(view)
    row = UnitUpdate(
        status="Actual",
        incident_id="A",
        unit=NATION,
        figures={"dead": figure(1)},
        head=IncidentHead(),
        version=1,
    )
    view.apply([row])
    monkeypatch.setattr("services.gateway.frames.KEPT_BYTES", 10_000)
    for number in range(1_000):
        scope = Scope("Actual", frozenset({"A", f"other-{number}"}), NATION, 0)
        factory.snapshot(scope, factory.members(scope))
        assert len(factory._bodies) < 40
