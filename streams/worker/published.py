"""What stands on the output topics when an owner takes over: the highest epoch, and what need not be said again."""

from __future__ import annotations

import asyncio
import hashlib
import sys
from collections.abc import Callable, Iterable

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition

from fenghuo.platform.kafka import stop_consumer
from fenghuo.platform.logs import get_logger
from schemas.outputs import Alarm, DeadLetter, Outcome, Progress, UnitUpdate, encoder
from schemas.records import Status
from schemas.topics import (
    DEAD_LETTERS,
    OUTPUT_TOPICS,
    RECORD_OUTCOMES,
    SITUATION_ALARMS,
    SITUATION_PROGRESS,
    SITUATION_UPDATES,
)
from streams.picture.shown import Change
from streams.worker.reading import Offsets, has_reached, partitions_of

log = get_logger(__name__)

Output = UnitUpdate | Outcome | Alarm | DeadLetter | Progress
IncidentKey = tuple[Status, str]
"""(status, incident_id)."""
TYPES: dict[str, type[Output]] = {
    SITUATION_UPDATES.name: UnitUpdate,
    RECORD_OUTCOMES.name: Outcome,
    SITUATION_ALARMS.name: Alarm,
    SITUATION_PROGRESS.name: Progress,
    DEAD_LETTERS.name: DeadLetter,
}
EPOCH_BITS = 32
POLL_MS = 200


def epoch_of(output: Output) -> int:
    """Which term of which owner wrote it."""
    return output.version >> EPOCH_BITS


def digest(output: Output) -> bytes:
    """What an output says, apart from its version and its place in a change; 16 bytes."""
    changes = {"version": 0} | ({"last": False} if isinstance(output, UnitUpdate) else {})
    return hashlib.blake2b(
        encoder.encode(msgspec.structs.replace(output, **changes)), digest_size=16
    ).digest()


class Standing:
    """Which rows say something, which alarms are raised and which changes were cut off, by incident."""

    def __init__(self) -> None:
        self.rows: dict[IncidentKey, set[str]] = {}
        """The units of rows that say something."""
        self.raised: dict[IncidentKey, dict[tuple[str, str], Alarm]] = {}
        """(kind, subject) → alarm."""
        self.unmarked: set[IncidentKey] = set()
        """Incidents whose last row is not marked as the last of its change: its owner died while it published."""

    def note(self, output: Output) -> None:
        """The newest output of its key."""
        if isinstance(output, UnitUpdate):
            units = self.rows.setdefault((output.status, output.incident_id), set())
            says = output.figures or output.beside or output.merged_into or output.head
            (units.add if says else units.discard)(sys.intern(output.unit))
        elif isinstance(output, Alarm):
            raised = self.raised.setdefault((output.status, output.incident_id), {})
            raised.pop((output.kind, output.subject), None)
            if output.state == "raised":
                raised[output.kind, output.subject] = output

    def note_mark(self, row: UnitUpdate) -> None:
        """Any row, in the order of its partition."""
        incident = (row.status, row.incident_id)
        (self.unmarked.discard if row.last else self.unmarked.add)(incident)

    def note_changes(self, changes: Iterable[Change]) -> None:
        """What we have published ourselves."""
        for change in changes:
            for row in change.updates:
                self.note(row)
            for alarm in change.alarms:
                self.note(alarm)

    def knows(self, incident: IncidentKey) -> bool:
        """Whether anything of an incident was ever published."""
        return incident in self.rows or incident in self.raised

    def incidents(self) -> set[IncidentKey]:
        """Every incident of which anything stands."""
        return self.rows.keys() | self.raised.keys() | self.unmarked


class Published:
    """The newest output of every key: its digest, the highest epoch of all, and what stands.

    `positions`: where the reading ended.
    """

    def __init__(self) -> None:
        self.epoch = 0
        self.digests: dict[tuple[str, bytes], bytes] = {}
        self.standing = Standing()
        self.positions: Offsets = {}
        self._progress: dict[int, int] = {}
        """Partition → append time, ms, up to which it was folded."""
        self._versions: dict[tuple[str, bytes], int] = {}

    def note(self, topic: str, key: bytes, output: Output) -> None:
        """Take one output into account; an older version than the one known says nothing."""
        self.epoch = max(self.epoch, epoch_of(output))
        if isinstance(output, UnitUpdate):
            self.standing.note_mark(output)
        if output.version < self._versions.get((topic, key), -1):
            return
        self._versions[topic, key] = output.version
        self.digests[topic, key] = digest(output)
        self.standing.note(output)
        if isinstance(output, Progress):
            self._progress[output.partition] = int(output.folded_until.timestamp() * 1000)

    def folded_until(self, partitions: Iterable[int]) -> int:
        """Append time, ms, that the owners before have told of these partitions; 0 if none has."""
        return max((self._progress.get(number, 0) for number in partitions), default=0)

    def forget_versions(self) -> None:
        """Versions are only needed while reading; from then on this owner's are the highest."""
        self._versions.clear()

    def is_news(self, topic: str, key: bytes, output: Output) -> bool:
        """Whether it is not what stands; from now on it does."""
        now = digest(output)
        if self.digests.get((topic, key)) == now:
            return False
        self.digests[topic, key] = now
        return True


async def read_published(make_consumer: Callable[[], AIOKafkaConsumer]) -> Published:
    """Read every output topic to its present end. Raises KafkaError when Kafka goes away meanwhile."""
    published = Published()
    consumer = make_consumer()
    await consumer.start()
    try:
        partitions = await partitions_of(consumer, (topic.name for topic in OUTPUT_TOPICS))
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        ends = await consumer.end_offsets(partitions)
        while not await has_reached(consumer, ends):
            for partition, messages in (await consumer.getmany(timeout_ms=POLL_MS)).items():
                # In a thread: heartbeats go on.
                await asyncio.to_thread(_note_all, published, partition.topic, messages)
        published.positions = {part: await consumer.position(part) for part in partitions}
    finally:
        await stop_consumer(consumer)
    published.forget_versions()
    return published


def _note_all(published: Published, topic: str, messages: Iterable[object]) -> None:
    for message in messages:
        output = output_of(topic, message)
        if output is not None:
            published.note(topic, message.key, output)  # type: ignore[attr-defined]


def output_of(topic: str, message: object) -> Output | None:
    """The output in a message; None, said in the log, for what is none of ours."""
    key, value = message.key, message.value  # type: ignore[attr-defined]
    if key is None or value is None:
        return None
    try:
        return msgspec.json.decode(value, type=TYPES[topic])
    except msgspec.DecodeError as error:
        log.warning("output that is not ours was passed over", topic=topic, key=key, error=str(error))
        return None


def where(positions: Offsets, topics: Iterable[str]) -> Offsets:
    """The positions of some topics."""
    names = frozenset(topics)
    return {TopicPartition(*part): at for part, at in positions.items() if part.topic in names}
