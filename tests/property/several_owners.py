"""Several pictures that share the incidents of one log, each reading it in an order of its own (design.md 6)."""

from __future__ import annotations

import copy
import json
import zlib
from collections.abc import Callable, Iterable
from decimal import Decimal
from random import Random
from typing import Any

from streams.picture.picture import STATUSES, Picture
from streams.picture.shown import Change
from streams.picture.snapshots import Snapshot
from streams.picture.stamped import Origin, Stamped, stamped_from
from tests.property.both_folds import Seen
from tests.property.generators.vocabulary import Json
from tests.property.whole_picture import said, shows

PARTITIONS = 4
TOPIC = "incident.reports"
Owns = Callable[[str], bool]


def partition_of(incident_id: str) -> int:
    """Like the producers' partitioner: any function of the incident will do."""
    return zlib.crc32(incident_id.encode()) % PARTITIONS


class Log:
    """Deliveries with their places, which are read as often as somebody wants."""

    def __init__(self, deliveries: Iterable[Json]) -> None:
        self.deliveries = list(deliveries)
        self._raw: dict[Origin, bytes] = {}
        for offset, delivery in enumerate(self.deliveries):
            origin = (TOPIC, partition_of(delivery["incident_id"]), offset)
            self._raw[origin] = json.dumps(delivery, ensure_ascii=False).encode()
        self.origins = list(self._raw)
        self.read_again = 0

    def read(self, origins: Iterable[Origin]) -> list[Stamped]:
        """The deliveries that lie there."""
        return [stamped_from(self._raw[origin], origin) for origin in origins]


def with_closings(rng: Random, records: list[Json]) -> list[Json]:
    """The records and closings of most of their incidents, at any place in the order."""
    closings = []
    for number, record in enumerate(records):
        if rng.random() < 0.15:
            closing = copy.deepcopy({name: record[name] for name in ENVELOPE})
            closings.append(closing | {"record_id": f"close-{number}", "type": "incident_close"})
    return records + closings


ENVELOPE = ("incident_id", "status", "source", "as_of", "sent_at", "received_at")


class Owner:
    """One picture and what its changes have said of what it answers for, as the outputs would keep it."""

    def __init__(self, log: Log, rng: Random, owns: Owns) -> None:
        self.picture = Picture(owns)
        self.owns = owns
        self._log, self._rng = log, rng
        self._to_come = rng.sample(log.origins, len(log.origins))
        self.rows: dict[tuple[str, str, str], Json] = {}
        self.outcomes: dict[str, Json] = {}
        self.alarms: dict[Any, Json] = {}
        self.released = self.loaded = 0
        self._index: bytes | None = None
        self._tail: list[Origin] = []
        """What was delivered since the index was taken."""
        self._snapshots: dict[tuple[str, str], Snapshot] = {}

    def goes_on(self) -> bool:
        """Deliver a few more records; False when there are none left."""
        size = self._rng.choice((1, 1, 2, 5, 20))
        batch, self._to_come = self._to_come[:size], self._to_come[size:]
        self._tail += batch
        if batch and self._rng.random() < 0.1:
            batch.append(self._rng.choice(batch))
        self.picture.admit(self._log.read(batch))
        if not self._to_come or self._rng.random() < 0.8:
            self.settle()
        return bool(self._to_come)

    def settle(self) -> None:
        """Read again what is missing, then keep what the changes say."""
        self._load_snapshots()
        rounds = 0
        while origins := self.picture.missing():
            rounds += 1
            assert rounds < 100, "it asks for the same again and again"
            wanted = self._rng.sample(origins, self._rng.randint(1, len(origins)))
            self.picture.fill(self._log.read(wanted + self._rng.sample(self._log.origins, 1)))
        for change in self.picture.settle():
            self._keep(change)
        self._forget()

    def assign(self, owns: Owns) -> None:
        """A rebalance."""
        self.owns = owns
        self.picture.assign(owns)
        self._forget()

    def release_some(self) -> None:
        """Some of the closed incidents leave memory."""
        for closed in list(self.picture.closed_incidents()):
            if self._rng.random() < 0.5:
                self.released += self.picture.release(closed.status, closed.incident_id)

    def take_snapshots(self, releases: float, *, at_once: bool = False) -> None:
        """Snapshots of some incidents; some of these leave memory. `at_once`: and come back at once."""
        if self._rng.random() < 0.5:
            self._index, self._tail = self.picture.index(), []
        for status in STATUSES:
            world = self.picture.world(status)
            for incident_id in [incident_id for incident_id, _ in world.folds()]:
                snapshot = self.picture.snapshot(status, incident_id)
                if snapshot is None or self._rng.random() < 0.3:
                    continue
                self._snapshots[status, incident_id] = snapshot
                self.picture.offer([snapshot.mark])
                if self._rng.random() < releases:
                    assert self.picture.release(status, incident_id)
                    self.released += 1
                    if at_once:
                        world.wake(incident_id)
        if at_once:
            self.settle()

    def starts_again(self) -> None:
        """The process dies; the next one knows what is published, the snapshots and how far the log was read."""
        owns, index, tail = self.owns, self._index, self._tail
        picture = None if index is None else Picture.of_index(index)
        if picture is None:
            picture = Picture(lambda _: False)
            tail = [origin for origin in self._log.origins if origin not in self._to_come]
        self.settle()
        self.picture = picture
        self.picture.admit(self._log.read(self._rng.sample(tail, len(tail))))
        self.picture.offer(snapshot.mark for snapshot in self._snapshots.values())
        self.assign(owns)
        self.settle()

    def _load_snapshots(self) -> None:
        for mark in self.picture.missing_snapshots():
            kept = self._snapshots.get((mark.status, mark.incident_id))
            found = self._rng.random()
            content = kept.content if kept and found > 0.1 else None
            if content is not None and found < 0.2:
                content = content[:-3] + b"..."
            self.loaded += self.picture.load(mark, content)
        assert self.picture.missing_snapshots() == []

    def _keep(self, change: Change) -> None:
        assert self.picture.answers_for(change.status, change.incident_id) or not (
            change.updates or change.outcomes
        )
        if change.whole:
            # Nothing was said of it so far, or what was said is said again.
            about = (change.status, change.incident_id)
            self.rows = {key: row for key, row in self.rows.items() if key[:2] != about}
            self.alarms = {key: alarm for key, alarm in self.alarms.items() if key[:2] != about}
            for outcome in change.outcomes:
                self.outcomes.pop(outcome.record_id, None)
        for row in change.updates:
            key = (row.status, row.incident_id, row.unit)
            assert self.rows.get(key) != said(row), "a row is told only where it differs"
            self.rows[key] = said(row)
        for outcome in change.outcomes:
            assert self.outcomes.get(outcome.record_id) != said(outcome), "so is an outcome"
            self.outcomes[outcome.record_id] = said(outcome)
        for alarm in change.alarms:
            self.alarms[alarm.status, alarm.incident_id, alarm.kind, alarm.subject] = said(alarm)

    def _forget(self) -> None:
        """What this picture does not answer for is somebody else's to say."""
        answers_for = self.picture.answers_for
        self.rows = {key: row for key, row in self.rows.items() if answers_for(*key[:2])}  # type: ignore[arg-type]
        self.outcomes = {
            record_id: outcome
            for record_id, outcome in self.outcomes.items()
            if answers_for(outcome["status"], outcome["incident_id"])
            and self.picture.incident_of(record_id) == (outcome["status"], outcome["incident_id"])
        }
        self.alarms = {key: alarm for key, alarm in self.alarms.items() if answers_for(*key[:2])}
        # A later owner may rest only on what is published; here nobody sees what another one has published.
        self._snapshots = {key: kept for key, kept in self._snapshots.items() if answers_for(*key)}


def union(owners: Iterable[Owner]) -> dict[str, dict[Any, Json]]:
    """What all of them show, in the form of `WholePicture.shown`; nobody shows what another one shows."""
    shown: dict[str, dict[Any, Json]] = {"rows": {}, "outcomes": {}, "alarms": {}}
    for owner in owners:
        parts = {
            "rows": {key: row for key, row in owner.rows.items() if shows(row)},
            "outcomes": owner.outcomes,
            "alarms": {key: alarm for key, alarm in owner.alarms.items() if alarm["state"] == "raised"},
        }
        for what, values in parts.items():
            assert not shown[what].keys() & values.keys()
            shown[what] |= values
    return shown


def seen(shown: dict[str, dict[Any, Json]]) -> Seen:
    """The same in the form of the naive model."""
    return {
        "figures": {
            (*row, key): (_number(figure["total"]), _number(figure["own"]))
            for row, update in shown["rows"].items()
            for key, figure in update["figures"].items()
        },
        "outcomes": {
            record_id: (
                *(outcome["disposition"], sorted(outcome["flags"]), outcome["standing"]),
                *(outcome["status"], outcome["incident_id"]),
            )
            for record_id, outcome in shown["outcomes"].items()
        },
        "aliases": {
            key[:2]: update["merged_into"]
            for key, update in shown["rows"].items()
            if update.get("merged_into") is not None
        },
    }


def _number(written: str | None) -> Decimal | None:
    return None if written is None else Decimal(written)
