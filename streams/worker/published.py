"""What stands on the output topics when an owner takes over: the highest epoch, and what need not be said again."""

from __future__ import annotations

import hashlib

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition

from fenghuo.platform.kafka import make_consumer, stop_consumer
from fenghuo.platform.logs import get_logger
from schemas.outputs import Alarm, DeadLetter, Outcome, Progress, UnitUpdate, encoder
from schemas.topics import (
    DEAD_LETTERS,
    OUTPUT_TOPICS,
    RECORD_OUTCOMES,
    SITUATION_ALARMS,
    SITUATION_PROGRESS,
    SITUATION_UPDATES,
)

log = get_logger(__name__)

Output = UnitUpdate | Outcome | Alarm | DeadLetter | Progress
TYPES: dict[str, type[Output]] = {
    SITUATION_UPDATES.name: UnitUpdate,
    RECORD_OUTCOMES.name: Outcome,
    SITUATION_ALARMS.name: Alarm,
    SITUATION_PROGRESS.name: Progress,
    DEAD_LETTERS.name: DeadLetter,
}
EPOCH_BITS = 32


def digest(output: Output) -> bytes:
    """What an output says, apart from its version and its place in a change; 16 bytes."""
    changes = {"version": 0} | ({"last": False} if isinstance(output, UnitUpdate) else {})
    return hashlib.blake2b(
        encoder.encode(msgspec.structs.replace(output, **changes)), digest_size=16
    ).digest()


class Published:
    """The newest output of every key: its version and its digest.

    `rows` are the unit rows that say something, `raised` the alarms that stand, `unmarked` the incidents whose last
    row on the topic is not marked as the last of its change: an owner died while it published.
    """

    def __init__(self) -> None:
        self.epoch = 0
        self.digests: dict[tuple[str, bytes], bytes] = {}
        self._versions: dict[tuple[str, bytes], int] = {}
        self.rows: dict[bytes, UnitUpdate] = {}
        self.raised: dict[bytes, Alarm] = {}
        self.unmarked: set[tuple[str, str]] = set()

    def note(self, topic: str, key: bytes, output: Output) -> None:
        """Take one output into account; an older version than the one known says nothing."""
        self.epoch = max(self.epoch, output.version >> EPOCH_BITS)
        if isinstance(output, UnitUpdate):
            incident = (output.status, output.incident_id)
            (self.unmarked.discard if output.last else self.unmarked.add)(incident)
        if output.version < self._versions.get((topic, key), -1):
            return
        self._versions[topic, key] = output.version
        self.digests[topic, key] = digest(output)
        if isinstance(output, UnitUpdate):
            self.rows.pop(key, None)
            if output.figures or output.beside or output.merged_into or output.head:
                self.rows[key] = output
        if isinstance(output, Alarm):
            self.raised.pop(key, None)
            if output.state == "raised":
                self.raised[key] = output

    def forget_versions(self) -> None:
        """Versions are only needed while reading; from then on this owner's are the highest."""
        self._versions.clear()


async def read_published(bootstrap: str) -> Published:
    """Read every output topic to its present end. Raises aiokafka's KafkaError when Kafka goes away meanwhile."""
    published = Published()
    consumer = make_consumer(bootstrap, client_id="fenghuo-worker-takeover")
    await consumer.start()
    try:
        partitions = await _partitions(consumer)
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        ends = await consumer.end_offsets(partitions)
        pending = {partition for partition in partitions if ends[partition] > 0}
        while pending:
            for partition, messages in (await consumer.getmany(timeout_ms=200)).items():
                for message in messages:
                    _note(published, partition.topic, message)
            pending = {
                partition for partition in pending if await consumer.position(partition) < ends[partition]
            }
    finally:
        await stop_consumer(consumer)
    published.forget_versions()
    return published


async def _partitions(consumer: AIOKafkaConsumer) -> list[TopicPartition]:
    found = []
    for topic in OUTPUT_TOPICS:
        numbers = consumer.partitions_for_topic(topic.name)
        if numbers is None:
            await consumer._client.force_metadata_update()
            numbers = consumer.partitions_for_topic(topic.name)
        if not numbers:
            raise RuntimeError(
                f"topic {topic.name} does not exist: create the topics first (`fenghuo topics --create`)"
            )
        found += [TopicPartition(topic.name, number) for number in sorted(numbers)]
    return found


def _note(published: Published, topic: str, message: object) -> None:
    key, value = message.key, message.value  # type: ignore[attr-defined]
    if key is None or value is None:
        return
    try:
        output = msgspec.json.decode(value, type=TYPES[topic])
    except msgspec.DecodeError as error:
        log.warning("output that is not ours was passed over", topic=topic, key=key, error=str(error))
        return
    published.note(topic, key, output)
