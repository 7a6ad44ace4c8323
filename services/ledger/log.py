"""The Kafka side: all ten topics, partitions assigned by hand, read from positions that the database keeps."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from fenghuo.platform.kafka import make_consumer, stop_consumer
from schemas.topics import RECORD_TOPICS, TOPICS
from services.ledger.changes import Partition
from services.ledger.entries import LogMessage

PROBE_SECONDS = 10.0
_RECORD_NAMES = frozenset(topic.name for topic in RECORD_TOPICS)
_NAMES = [topic.name for topic in TOPICS]


class LogAwayError(RuntimeError):
    """Kafka does not answer, or has not all topics yet. Worth a retry."""


class LogReplacedError(RuntimeError):
    """Kafka's data is not what the ledger has read: going on would skip records silently. A person must decide."""


@asynccontextmanager
async def _away_as_error(seconds: float = PROBE_SECONDS) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(seconds):
            yield
    except (KafkaError, OSError, TimeoutError) as error:
        raise LogAwayError(f"Kafka does not answer: {str(error) or type(error).__name__}") from error


class StoredPosition:
    """How far a partition was read: the next offset, and the greatest append time read."""

    __slots__ = ("newest_append_at", "next_offset")

    def __init__(self, next_offset: int, newest_append_at: datetime | None) -> None:
        self.next_offset, self.newest_append_at = next_offset, newest_append_at


class KafkaLog:
    """An open consumer of every partition. Made by `open_log`."""

    def __init__(self, consumer: AIOKafkaConsumer, cluster_id: str, partitions: list[TopicPartition]) -> None:
        self._consumer = consumer
        self._partitions = partitions
        self.cluster_id = cluster_id

    async def ends(self) -> dict[Partition, int]:
        """The offset after the last entry of every partition. Raises LogAwayError."""
        async with _away_as_error():
            return _plain(await self._consumer.end_offsets(self._partitions))

    async def starts(self) -> dict[Partition, int]:
        """The first offset of every partition. Raises LogAwayError."""
        async with _away_as_error():
            return _plain(await self._consumer.beginning_offsets(self._partitions))

    async def first_later_than(self, moments: Mapping[Partition, datetime]) -> dict[Partition, int]:
        """The first offset appended after the moment, of those partitions that have one. Raises LogAwayError."""
        milliseconds = {
            TopicPartition(*partition): int(moment.timestamp() * 1000) + 1
            for partition, moment in moments.items()
        }
        if not milliseconds:
            return {}
        async with _away_as_error():
            found = await self._consumer.offsets_for_times(milliseconds)
        return {(at.topic, at.partition): answer.offset for at, answer in found.items() if answer is not None}

    def seek(self, positions: Mapping[Partition, int]) -> None:
        """Read from these offsets, one for every partition."""
        # In one go: a partition assigned without a position is an error as soon as the fetcher sees it.
        self._consumer.assign(self._partitions)
        for partition, offset in positions.items():
            self._consumer.seek(TopicPartition(*partition), offset)

    async def read(self, *, max_messages: int, wait_seconds: float) -> list[LogMessage]:
        """Messages in the order of each partition; empty when none came in time. Raises LogAwayError."""
        try:
            found = await self._consumer.getmany(
                timeout_ms=int(wait_seconds * 1000), max_records=max_messages
            )
        except KafkaError as error:
            raise LogAwayError(f"Kafka cannot be read: {error}") from error
        return [
            LogMessage(
                topic=message.topic,
                partition=message.partition,
                offset=message.offset,
                value=message.value,
                appended_at=_moment(message.timestamp),
                key=message.key,
            )
            for messages in found.values()
            for message in messages
        ]

    async def consumed(self) -> dict[Partition, int]:
        """The next offset to read of every partition."""
        return {(at.topic, at.partition): await self._consumer.position(at) for at in self._partitions}


@asynccontextmanager
async def open_log(bootstrap: str) -> AsyncIterator[KafkaLog]:
    """Connect and take every partition of every topic. Raises LogAwayError, also while a topic is missing."""
    async with _away_as_error(30.0):
        cluster_id, partitions = await _describe(bootstrap)
    # Without reset: a position that the log does not have must be noticed, not jumped over.
    consumer = make_consumer(bootstrap, client_id="fenghuo-ledger", auto_offset_reset="none")
    try:
        async with _away_as_error(30.0):
            await consumer.start()
        yield KafkaLog(consumer, cluster_id, partitions)
    finally:
        await stop_consumer(consumer)


async def _describe(bootstrap: str) -> tuple[str, list[TopicPartition]]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, client_id="fenghuo-ledger")
    try:
        await admin.start()
        cluster = await admin.describe_cluster()
        topics = {topic["topic"]: topic for topic in await admin.describe_topics()}
    finally:
        await admin.close()
    missing = [name for name in _NAMES if name not in topics or not topics[name]["partitions"]]
    if missing:
        raise LogAwayError(f"Kafka has no topic {', '.join(missing)} yet")
    return str(cluster["cluster_id"]), [
        TopicPartition(name, partition["partition"])
        for name in _NAMES
        for partition in topics[name]["partitions"]
    ]


def resume(
    stored: Mapping[Partition, StoredPosition],
    starts: Mapping[Partition, int],
    ends: Mapping[Partition, int],
    later: Mapping[Partition, int],
) -> tuple[dict[Partition, int], dict[Partition, int]]:
    """Where to read on: (position of every partition, output partitions that were cut → offset of the cut).

    `later`: the first offset appended after all that was read. One below the stored position proves that the log was
    cut and grew again. A power cut can cost output topics, which are not flushed at every message, their last
    entries: the worker publishes them again, so such a partition is read again from its start. Record topics are
    flushed before they acknowledge: a cut there means other data, and raises LogReplacedError.
    """
    gone = sorted(stored.keys() - ends.keys())
    if gone:
        raise LogReplacedError(f"{_name(gone[0])} was read before and does not exist any more. {_ADVICE}")
    positions: dict[Partition, int] = {}
    cuts: dict[Partition, int] = {}
    for partition, end in ends.items():
        start = starts[partition]
        position = stored[partition].next_offset if partition in stored else start
        whole_until = min(end, later.get(partition, end))
        is_record = partition[0] in _RECORD_NAMES
        if is_record and whole_until < position:
            raise LogReplacedError(
                f"{_name(partition)} was read up to offset {position}, but the log agrees only up to {whole_until}."
                f" {_ADVICE}"
            )
        if is_record and position < start:
            raise LogReplacedError(
                f"{_name(partition)}: entries {position} to {start - 1} were deleted before they were read. {_ADVICE}"
            )
        if whole_until < position:
            cuts[partition] = whole_until
            position = start
        positions[partition] = max(position, start)
    return positions, cuts


_ADVICE = (
    "Kafka 的数据与台账不符：请恢复 Kafka 原有数据，或为台账换一个空数据库。"
    "Kafka's data is not what the ledger has read: restore Kafka's data, or give the ledger an empty database."
)


def check_cluster(stored: str | None, found: str) -> None:
    """Raises LogReplacedError when the ledger has read another cluster."""
    if stored is not None and stored != found:
        raise LogReplacedError(f"The ledger has read Kafka cluster {stored}, this one is {found}. {_ADVICE}")


def _name(partition: Partition) -> str:
    return f"{partition[0]}[{partition[1]}]"


def _plain(offsets: Mapping[TopicPartition, int]) -> dict[Partition, int]:
    return {(at.topic, at.partition): offset for at, offset in offsets.items()}


def _moment(milliseconds: int) -> datetime:
    # Exact: a float of seconds would round some milliseconds.
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
