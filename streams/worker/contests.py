"""What other workers publish, and where it contradicts this one.

A record's outcome changes its writer when a merge joins or leaves incidents of different owners, and any key does when
partitions change hands. Two writers may then both have had their word on one key, in whatever order and under whatever
versions: the later owner may know less epochs than the other, a stale one may write after it was replaced. So while a
worker shares the partitions it reads what the others write. Where that says something else under a key that is its own,
it publishes its own word again under a higher epoch. Both may think for a moment that the key is theirs, since one of
them has read more of the log; as each looks only twice a second, that costs a few messages until they have read the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer

from fenghuo.platform.kafka import stop_consumer
from schemas.outputs import Alarm, Outcome, UnitUpdate
from schemas.records import Status
from schemas.topics import RECORD_OUTCOMES, SITUATION_ALARMS, SITUATION_UPDATES
from streams.picture.picture import Picture
from streams.picture.shown import Change
from streams.worker.published import Output, Published, Standing, digest, epoch_of, output_of, where
from streams.worker.publisher import WRITER_HEADER
from streams.worker.waiting import cleared

WATCHED = (SITUATION_UPDATES.name, RECORD_OUTCOMES.name, SITUATION_ALARMS.name)
POLL_MS = 200


class Others:
    """What the others have written since the outputs were read: the highest epoch, what stands, and what is new.

    `watch` reads on from there, or from where the last watch ended.
    """

    def __init__(self, published: Published, writer: bytes) -> None:
        self.epoch = published.epoch
        self.standing: Standing = published.standing
        self._positions = where(published.positions, WATCHED)
        self._own = (WRITER_HEADER, writer)
        self._new: dict[tuple[str, bytes], Output] = {}

    async def watch(self, make_consumer: Callable[[], AIOKafkaConsumer]) -> None:
        """Read on until cancelled. Raises KafkaError where Kafka was away at the start."""
        consumer = make_consumer()
        try:
            await consumer.start()
            consumer.assign(list(self._positions))
            for partition, offset in self._positions.items():
                consumer.seek(partition, offset)
            while True:
                for partition, messages in (await consumer.getmany(timeout_ms=POLL_MS)).items():
                    for message in messages:
                        if self._own not in message.headers:
                            self._note(partition.topic, message)
                    self._positions[partition] = messages[-1].offset + 1
                    await asyncio.sleep(0)
        finally:
            await stop_consumer(consumer)

    def _note(self, topic: str, message: object) -> None:
        output = output_of(topic, message)
        if output is None:
            return
        self.epoch = max(self.epoch, epoch_of(output))
        self.standing.note(output)
        if isinstance(output, UnitUpdate):
            self.standing.note_mark(output)
        self._new[topic, message.key] = output  # type: ignore[attr-defined]

    def take(self) -> list[Output]:
        """What they have said since this was last asked: of each key the newest word."""
        new, self._new = self._new, {}
        return list(new.values())


class Contested(NamedTuple):
    """Somebody else has written a key that is ours: above `epoch` must be what we write; `ours` if it differs."""

    epoch: int
    ours: Change | None


def contested(
    picture: Picture, outputs: Iterable[Output], is_live: Callable[[str], bool]
) -> Iterator[Contested]:
    """What others say under keys that are ours. `is_live`: whether a canonical incident is ours to publish."""
    for output in outputs:
        if isinstance(output, UnitUpdate):
            found = _row(picture, output, is_live)
        elif isinstance(output, Outcome):
            found = _outcome(picture, output, is_live)
        else:
            assert isinstance(output, Alarm)
            found = _alarm(picture, output, is_live)
        if found is not None:
            yield found


def _row(picture: Picture, row: UnitUpdate, is_live: Callable[[str], bool]) -> Contested | None:
    canonical = _live_canonical(picture, row.status, row.incident_id, is_live)
    if canonical is None:
        return None
    ours = picture.row(row.status, row.incident_id, row.unit)
    if ours is None:
        ours = UnitUpdate(status=row.status, incident_id=row.incident_id, unit=row.unit, figures={})
    same = row.last and digest(ours) == digest(row)
    change = Change(row.status, row.incident_id, canonical, updates=(ours,))
    return Contested(epoch_of(row), None if same else change)


def _outcome(picture: Picture, outcome: Outcome, is_live: Callable[[str], bool]) -> Contested | None:
    ours = picture.outcome(outcome.record_id)
    if ours is None or not is_live(ours.incident_id):
        return None
    same = digest(ours) == digest(outcome)
    change = Change(ours.status, ours.incident_id, ours.incident_id, outcomes=(ours,))
    return Contested(epoch_of(outcome), None if same else change)


def _alarm(picture: Picture, alarm: Alarm, is_live: Callable[[str], bool]) -> Contested | None:
    canonical = _live_canonical(picture, alarm.status, alarm.incident_id, is_live)
    if canonical is None:
        return None
    ours = picture.alarm(alarm) or cleared(alarm)
    same = digest(ours) == digest(alarm) or ours.state == alarm.state == "cleared"
    change = Change(alarm.status, alarm.incident_id, canonical, alarms=(ours,))
    return Contested(epoch_of(alarm), None if same else change)


def _live_canonical(
    picture: Picture, status: Status, incident_id: str, is_live: Callable[[str], bool]
) -> str | None:
    """The canonical incident, if it is ours and in memory: of one that rests nobody has anything new to say."""
    world = picture.world(status)
    canonical = world.canonical(incident_id)
    return canonical if is_live(canonical) and world.fold(canonical) is not None else None
