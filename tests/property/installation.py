"""A worker, its compacted outputs and a gateway without I/O: what lies on the log, what stands, what clients are told."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from fenghuo.client.feed_picture import FeedPicture
from schemas.feed import Error, Heartbeat, ServerFrame, Subscribe
from schemas.outputs import Alarm, Outcome, UnitUpdate, alarm_key
from services.gateway.config import Limits
from services.gateway.frames import FrameFactory
from services.gateway.protocol import FeedProtocol, Instant
from services.gateway.view import View
from streams.picture.picture import Picture
from streams.picture.shown import Change
from streams.picture.stamped import Stamped, stamped_from
from tests.property.both_folds import Seen
from tests.property.generators.vocabulary import Json

NATION = "000000000000"
LIMITS = Limits(high_mark_bytes=50_000)
NOW = Instant(0, datetime(2024, 7, 9, 12, tzinfo=UTC))
DECODER = msgspec.json.Decoder(ServerFrame)

Output = UnitUpdate | Outcome | Alarm
Key = tuple[str, ...]


class Topic:
    """The newest output of every key, each without its version and mark."""

    def __init__(self) -> None:
        self.rows: dict[Key, UnitUpdate] = {}
        self.outcomes: dict[Key, Outcome] = {}
        self.alarms: dict[bytes, Alarm] = {}

    def rows_that_differ(self, change: Change) -> list[UnitUpdate]:
        """Keep the rows of a change; answers those that say something new."""
        rows = [msgspec.structs.replace(row, last=False) for row in change.updates]
        news = [row for row in rows if self.rows.get(row_key(row)) != row]
        self.rows |= {row_key(row): row for row in news}
        return news

    def others_that_differ(self, change: Change) -> list[Outcome | Alarm]:
        """The same for its outcomes and alarms."""
        outcomes = [o for o in change.outcomes if self.outcomes.get((o.record_id,)) != o]
        alarms = [a for a in change.alarms if self.alarms.get(alarm_key(a)) != a]
        self.outcomes |= {(outcome.record_id,): outcome for outcome in outcomes}
        self.alarms |= {alarm_key(alarm): alarm for alarm in alarms}
        return [*outcomes, *alarms]

    def take(self, changes: Iterable[Change]) -> Topic:
        """Keep all that changes say."""
        for change in changes:
            self.rows_that_differ(change)
            self.others_that_differ(change)
        return self

    def standing(self) -> dict[str, dict[Any, Output]]:
        """What stands: a row that shows nothing and an alarm that was cleared are as if they had never been."""
        return {
            "rows": {key: row for key, row in self.rows.items() if shows(row)},
            "outcomes": dict(self.outcomes),
            "alarms": {key: alarm for key, alarm in self.alarms.items() if alarm.state == "raised"},
        }

    def seen(self) -> Seen:
        """The same in the words of the naive model."""
        return {
            "figures": {
                (*key, name): (figure.total, figure.own)
                for key, row in self.rows.items()
                for name, figure in row.figures.items()
            },
            "outcomes": {
                record_id: (o.disposition, sorted(o.flags), o.standing, o.status, o.incident_id)
                for (record_id,), o in self.outcomes.items()
            },
            "aliases": {key[:2]: row.merged_into for key, row in self.rows.items() if row.merged_into},
        }


class Client:
    """A connection with one subscription to everything, and what its frames add up to in the Python client."""

    def __init__(self, factory: FrameFactory, subscribe: Subscribe) -> None:
        self.subscribe = subscribe
        self.protocol = FeedProtocol(factory, LIMITS, NOW)
        self.picture = FeedPicture()
        self.protocol.receive(msgspec.json.encode(subscribe).decode())

    def poll(self, unread_bytes: int = 0) -> int:
        """Read what there is; answers how many frames that was."""
        frames = self.protocol.frames(NOW, unread_bytes)
        for text in frames:
            frame = DECODER.decode(text)
            assert not isinstance(frame, Error | Heartbeat)
            self.picture.apply(frame)
        return len(frames)


class Installation:
    """`log` = the deliveries in the order in which they lie there; all of them are folded, except while it is down."""

    def __init__(self) -> None:
        self.log: list[Json] = []
        self.picture = Picture()
        self.topic = Topic()
        self.view = View(LIMITS)
        self.factory = FrameFactory(self.view)
        self.losers: set[int] = set()
        self._epoch, self._count = 1, 0

    def deliver(self, records: Sequence[Json]) -> list[Change]:
        """One batch: append, fold, publish; answers what changed."""
        changes = self._fold(self._append(records))
        self._publish(changes)
        return changes

    def deliver_and_crash(self, records: Sequence[Json], published: int) -> None:
        """A batch of which only the first changes are published: the owner dies, the next one rebuilds the picture."""
        self._publish(self._fold(self._append(records))[:published])
        self.rebuild(list(range(len(self.log))))

    def append_and_crash(self, records: Sequence[Json]) -> None:
        """A batch that is on the log, and of which the owner that dies has not folded anything."""
        self._append(records)
        self.rebuild(list(range(len(self.log))))

    def rebuild(self, order: Sequence[int]) -> None:
        """Another owner folds the whole log, its offsets in any order, and publishes what differs from what stands."""
        self.picture = Picture()
        self._epoch, self._count = self._epoch + 1, 0
        changes = self._fold(order)
        whole = Topic().take(changes)
        self._publish(changes)
        for key in self.topic.standing()["rows"]:
            if key not in whole.rows:
                empty = UnitUpdate(status=key[0], incident_id=key[1], unit=key[2], figures={})  # type: ignore[arg-type]
                self._publish([Change(empty.status, empty.incident_id, empty.incident_id, updates=(empty,))])
        for key, alarm in self.topic.standing()["alarms"].items():
            if key not in whole.alarms:
                assert isinstance(alarm, Alarm)
                cleared = msgspec.structs.replace(alarm, state="cleared", detail="")
                self._publish([Change(alarm.status, alarm.incident_id, alarm.incident_id, alarms=(cleared,))])

    def read_again(self, offsets: Sequence[int]) -> list[Change]:
        """The same messages once more, as after a rebalance; answers what changed."""
        changes = self._fold(offsets)
        self._publish(changes)
        return changes

    def _append(self, records: Sequence[Json]) -> range:
        self.log += records
        return range(len(self.log) - len(records), len(self.log))

    def _fold(self, offsets: Iterable[int]) -> list[Change]:
        changes = self.picture.apply([delivery(self.log[offset], offset) for offset in offsets])
        self.losers |= {loser.origin[2] for loser in changes.losers}
        for change in changes.incidents:
            marks = [row.last for row in change.updates]
            assert marks == [False] * (len(marks) - 1) + [True] * bool(marks)
        return list(changes.incidents)

    def _publish(self, changes: Iterable[Change]) -> None:
        for change in changes:
            self.view.apply([self._numbered(row) for row in self.topic.rows_that_differ(change)])
            for output in self.topic.others_that_differ(change):
                numbered = self._numbered(output)
                if isinstance(numbered, Outcome):
                    self.view.apply_outcome(numbered)
                else:
                    self.view.apply_alarm(numbered)

    def _numbered(self, output: Any) -> Any:
        self._count += 1
        return msgspec.structs.replace(output, version=(self._epoch << 32) + self._count)


def delivery(record: Json, offset: int = 0) -> Stamped:
    """A record as it lies on the log."""
    return stamped_from(json.dumps(record, ensure_ascii=False).encode(), ("incident.reports", 0, offset))


def at_once(log: Sequence[Json]) -> Topic:
    """What stands when the whole log is folded in one batch by a picture that knows nothing yet."""
    return Topic().take(Picture().apply([delivery(record) for record in log]).incidents)


def row_key(row: UnitUpdate) -> Key:
    """(status, incident, unit)."""
    return row.status, row.incident_id, row.unit


def shows(row: UnitUpdate) -> bool:
    """Whether there is anything in it."""
    return bool(row.figures or row.beside or row.head or row.merged_into)
