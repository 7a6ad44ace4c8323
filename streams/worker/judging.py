"""From messages to changes: decode, fold, and set aside what cannot be decoded or judged (records.md 3)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

import msgspec

from fenghuo.platform.logs import get_logger
from schemas.outputs import DeadLetter
from schemas.parsing import ShapeError
from schemas.records import Status
from streams.picture.incident import UnjudgeableError
from streams.picture.marks import Mark
from streams.picture.picture import STATUSES, Picture
from streams.picture.shown import Change
from streams.picture.snapshots import Snapshot
from streams.picture.stamped import Origin, Stamped, stamped_from
from streams.worker import metrics
from streams.worker.contests import Contested, contested
from streams.worker.published import Output

log = get_logger(__name__)


class Message(Protocol):
    """A message of a record topic, as aiokafka gives it."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None


class Judging:
    """One picture, and the messages that it cannot take. Meant to run in a thread, so that heartbeats go on.

    It is given every record there is and folds those of the incidents that are its own (`assign`).
    """

    def __init__(self) -> None:
        self.picture = Picture(lambda _: False)

    def __len__(self) -> int:
        """Records in the picture."""
        return len(self.picture)

    def assign(self, owns: Callable[[str], bool]) -> None:
        """The canonical incidents that are ours from now on."""
        self.picture.assign(owns)

    def restore(self, index: bytes) -> bool:
        """Know what another picture knew of all records; False where its index is of no use here."""
        picture = Picture.of_index(index)
        if picture is not None:
            self.picture = picture
        return picture is not None

    def index(self) -> bytes:
        """What is known of all records."""
        return self.picture.index()

    def offer(self, marks: Iterable[Mark]) -> None:
        """Snapshots of incidents that are about to be ours."""
        self.picture.offer(marks)

    def missing_snapshots(self) -> list[Mark]:
        """Those that must be loaded before anything can be judged."""
        return self.picture.missing_snapshots()

    def load(self, found: tuple[Mark, bytes | None]) -> None:
        """A snapshot that was missing; without its content, or where it is of no use, its records are missing."""
        mark, content = found
        if not self.picture.load(mark, content):
            log.warning("a snapshot is of no use, its records are read", incident_id=mark.incident_id)

    def snapshot(self, status: Status, incident_id: str) -> Snapshot | None:
        """An incident's fold and what was published of it; None while it is not in memory or not settled."""
        return self.picture.snapshot(status, incident_id)

    def sizes(self) -> dict[tuple[Status, str], int]:
        """(status, canonical incident) → records, of the incidents in memory."""
        return {
            (status, incident_id): len(fold)
            for status in STATUSES
            for incident_id, fold in self.picture.world(status).folds()
        }

    def knows(self, status: Status, canonical_id: str) -> bool:
        """Whether an incident is ours, in memory or at rest: then its changes tell all that is to be told of it."""
        world = self.picture.world(status)
        return world.fold(canonical_id) is not None or world.is_at_rest(canonical_id)

    def take(self, messages: Iterable[Message]) -> list[DeadLetter]:
        """Decode a batch without judging it yet; answers what goes to the dead letters."""
        origins: dict[Origin, Message] = {}
        dead: list[DeadLetter] = []
        deliveries = _decoded(messages, origins, dead)
        for loser in self.picture.admit(deliveries):
            # A delivery that loses its id only now may be long gone from here: its bytes lie on the log at its origin.
            error_text = "its record_id belongs to another content (records.md 2)"
            dead.append(_letter(loser.origin, error_text, loser.record_id, origins.get(loser.origin)))
        metrics.DEAD.inc(len(dead))
        return dead

    def canonical(self, status: Status, incident_id: str) -> str:
        """The incident under which records of this one count (R14)."""
        return self.picture.world(status).canonical(incident_id)

    def still_true(self, changes: Iterable[Change]) -> list[Change]:
        """Of changes that waited what is still so: merges and ids may have taken incidents and records elsewhere."""
        return [true for change in changes if (true := self._still_true(change)) is not None]

    def _still_true(self, change: Change) -> Change | None:
        if self.canonical(change.status, change.incident_id) != change.canonical_id:
            return None
        here = change.status, change.canonical_id
        outcomes = [one for one in change.outcomes if self.picture.incident_of(one.record_id) == here]
        return msgspec.structs.replace(change, outcomes=tuple(outcomes))

    def contested(self, outputs: Iterable[Output], is_live: Callable[[str], bool]) -> list[Contested]:
        """What others have written under keys that are ours."""
        return list(contested(self.picture, outputs, is_live))

    def missing(self) -> list[Origin]:
        """Where the records lie that must be read again before anything can be judged."""
        return self.picture.missing()

    def fill(self, messages: Iterable[Message]) -> None:
        """Messages that were missing; what could not be decoded then cannot be now."""
        self.picture.fill(_decoded(messages, {}, []))

    def silent(self, since: int) -> list[tuple[Status, str]]:
        """Closed incidents in memory without a record since then (stamp, µs)."""
        closed = self.picture.closed_incidents()
        return [(one.status, one.incident_id) for one in closed if one.newest < since]

    def release(self, status: Status, incident_id: str, mark: Mark | None) -> bool:
        """An incident leaves memory; `mark`: its snapshot can be had. False where it cannot."""
        if mark is not None:
            self.picture.offer([mark])
        return self.picture.release(status, incident_id)

    def settle(self, now: int | None = None) -> tuple[list[Change], list[DeadLetter]]:
        """Judge what was taken; a record that a rule stumbles over is set aside and the rest judged without it.

        `now`: append time, µs, up to which everything was taken; None: not known yet. Raises MissingRecordsError while
        anything is missing.
        """
        dead: list[DeadLetter] = []
        while True:
            try:
                return self.picture.settle(now), dead
            except UnjudgeableError as error:
                cause = error.__cause__
                log.error("unjudgeable", record_id=error.stamped.record_id, error=repr(cause), exc_info=cause)
                metrics.DEAD.inc(len(error.stamped.origins))
                dead += [
                    _letter(origin, f"cannot be judged: {cause!r}", error.stamped.record_id, None)
                    for origin in error.stamped.origins
                ]
                self.picture.set_aside(error.stamped)


def _decoded(
    messages: Iterable[Message], origins: dict[Origin, Message], dead: list[DeadLetter]
) -> list[Stamped]:
    """The records; each message is put under its origin, what is none goes to the dead letters."""
    deliveries: list[Stamped] = []
    for message in messages:
        origin = (message.topic, message.partition, message.offset)
        origins[origin] = message
        try:
            deliveries.append(stamped_from(message.value or b"", origin))
        except ShapeError as error:
            dead.append(_letter(origin, str(error), None, message))
        except (RecursionError, ArithmeticError, TypeError, LookupError, ValueError) as error:
            # What the contract does not foresee must not stop the stream either.
            dead.append(_letter(origin, f"cannot be decoded: {error!r}", None, message))
    return deliveries


def _letter(origin: Origin, error: str, record_id: str | None, message: Message | None) -> DeadLetter:
    topic, partition, offset = origin
    return DeadLetter(
        topic=topic,
        partition=partition,
        offset=offset,
        error=error,
        record_id=record_id,
        key=message.key if message else None,
        value=(message.value or b"") if message else b"",
    )
