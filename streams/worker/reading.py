"""Reading the record topics: every worker reads every partition, from the beginning and then as it grows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from fenghuo.platform.kafka import stop_consumer
from fenghuo.platform.logs import get_logger
from schemas.topics import RECORD_TOPICS
from streams.picture.stamped import Origin

log = get_logger(__name__)

Offsets = dict[TopicPartition, int]
MakeConsumer = Callable[[], AIOKafkaConsumer]

RETRY_SECONDS = 1.0
POLL_MS = 200
LEAP = 5_000
"""Fewer records than this between two wanted ones are read over; more are leapt over."""


class LogLostError(Exception):
    """A message that was read before is no longer on the log. Whoever starts again folds what is still there."""


class TopicMissingError(RuntimeError):
    """A topic does not exist, or has another partition count than the others."""


async def partitions_of(consumer: AIOKafkaConsumer, topics: Iterable[str]) -> list[TopicPartition]:
    """Every partition of the topics. Raises TopicMissingError."""
    found = []
    for topic in topics:
        numbers = consumer.partitions_for_topic(topic)
        if numbers is None:
            await consumer._client.force_metadata_update()
            numbers = consumer.partitions_for_topic(topic)
        if not numbers:
            raise TopicMissingError(
                f"topic {topic} does not exist: create the topics first (`fenghuo topics --create`)"
            )
        found += [TopicPartition(topic, number) for number in sorted(numbers)]
    return found


async def has_reached(consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int]) -> bool:
    """Whether everything before `ends` has been given out."""
    for partition, end in ends.items():
        if end > 0 and await consumer.position(partition) < end:
            return False
    return True


class RecordReader:
    """All partitions of all record topics, each in its order. `count` = partitions of every topic."""

    def __init__(self, consumer: AIOKafkaConsumer, partitions: list[TopicPartition]) -> None:
        self._consumer = consumer
        self.partitions = partitions
        self.count = max(partition.partition for partition in partitions) + 1
        self._read_until: dict[TopicPartition, int] = {}
        """Append time, ms, before which everything was given out, by the last message: others may share its millisecond."""
        self._polled: dict[TopicPartition, tuple[int, int]] = {}
        """When the broker's last answer but one and its last one arrived, ms."""

    @classmethod
    async def at_beginning(cls, make_consumer: MakeConsumer) -> RecordReader:
        """A reader before the first record. Raises KafkaError, TopicMissingError; nothing is left open then."""
        consumer = make_consumer()
        try:
            await consumer.start()
            partitions = await partitions_of(consumer, (topic.name for topic in RECORD_TOPICS))
            consumer.assign(partitions)
            await consumer.seek_to_beginning(*partitions)
        except BaseException:
            await stop_consumer(consumer)
            raise
        return cls(consumer, partitions)

    async def stop(self) -> None:
        """Close the connection."""
        await stop_consumer(self._consumer)

    async def read(self, timeout_ms: int) -> list[Any]:
        """The next messages; none when none came in time."""
        fetched = await self._consumer.getmany(timeout_ms=timeout_ms)
        for partition, messages in fetched.items():
            self._read_until[partition] = messages[-1].timestamp - 1
        return [message for messages in fetched.values() for message in messages]

    def go_to(self, positions: Mapping[TopicPartition, int]) -> None:
        """Read on from there; partitions that are not named from their beginning."""
        for partition, offset in positions.items():
            self._consumer.seek(partition, offset)

    async def positions(self) -> Offsets:
        """Before where everything was given out."""
        return {partition: await self._consumer.position(partition) for partition in self.partitions}

    async def ends(self) -> Offsets:
        """Where every partition ends now. Raises KafkaError."""
        return dict(await self._consumer.end_offsets(self.partitions))

    async def has_passed(self, ends: Mapping[TopicPartition, int]) -> bool:
        """Whether everything before `ends` has been given out."""
        return await has_reached(self._consumer, ends)

    async def read_until(self) -> int:
        """Append time, ms, up to which every partition was given out; 0 while unknown.

        The least of all: an incident's aliases may lie on any of them.
        """
        least = None
        for partition in self.partitions:
            until = self._read_until.get(partition, 0)
            highwater = self._consumer.highwater(partition)
            if highwater is not None and await self._consumer.position(partition) >= highwater:
                until = max(until, self._asked_after(partition) - 1)
            least = until if least is None else min(least, until)
        return least or 0

    def _asked_after(self, partition: TopicPartition) -> int:
        """A moment, ms, before the broker was last asked: what it answers, it found later than that.

        Its answer arrives some time after it has looked, and a message may be appended in between. But it was asked only
        once its answer before that had arrived.
        """
        before, last = self._polled.get(partition, (0, 0))
        polled = self._consumer.last_poll_timestamp(partition) or 0
        if polled != last:
            before, last = last, polled
            self._polled[partition] = before, last
        return before


async def read_origins(
    make_consumer: MakeConsumer, origins: Iterable[Origin], *, leap: int = LEAP, may_be_lost: bool = False
) -> AsyncIterator[list[Any]]:
    """The messages at these places, some at a time, in no order but their partition's.

    Tries again for as long as Kafka is away. Raises LogLostError where there is no such message any more, or leaves it
    out if it `may_be_lost`.
    """
    wanted: dict[TopicPartition, list[int]] = {}
    for topic, number, offset in origins:
        wanted.setdefault(TopicPartition(topic, number), []).append(offset)
    for offsets in wanted.values():
        offsets.sort(reverse=True)
    while wanted:
        consumer = make_consumer()
        try:
            await consumer.start()
            consumer.assign(list(wanted))
            await _leave_out_lost(consumer, wanted, may_be_lost=may_be_lost)
            for partition, offsets in wanted.items():
                consumer.seek(partition, offsets[-1])
            while wanted:
                fetched = await consumer.getmany(*wanted, timeout_ms=POLL_MS)
                found = [
                    message
                    for part in fetched
                    for message in _among(wanted[part], fetched[part], may_be_lost=may_be_lost)
                ]
                if found:
                    yield found
                _advance(consumer, wanted, fetched, leap)
        except KafkaError as error:
            log.warning("Kafka is away while records are fetched, trying again", error=repr(error))
            await asyncio.sleep(RETRY_SECONDS)
        finally:
            await stop_consumer(consumer)


async def _leave_out_lost(
    consumer: AIOKafkaConsumer, wanted: dict[TopicPartition, list[int]], *, may_be_lost: bool
) -> None:
    """Places before the log's beginning or after its end would be waited for in vain."""
    begins = await consumer.beginning_offsets(list(wanted))
    ends = await consumer.end_offsets(list(wanted))
    for partition, offsets in list(wanted.items()):
        there = [offset for offset in offsets if begins[partition] <= offset < ends[partition]]
        if len(there) < len(offsets) and not may_be_lost:
            raise LogLostError(f"{partition} has only offsets {begins[partition]} to {ends[partition]}")
        if there:
            wanted[partition] = there
        else:
            del wanted[partition]
            consumer.pause(partition)


def _among(offsets: list[int], messages: list[Any], *, may_be_lost: bool) -> Iterable[Any]:
    """Those of the messages whose offsets are wanted; `offsets`, the least last, loses them."""
    for message in messages:
        while offsets and message.offset > offsets[-1]:
            if not may_be_lost:
                raise LogLostError(
                    f"{message.topic} {message.partition} has no offset {offsets[-1]} any more"
                )
            offsets.pop()
        if offsets and message.offset == offsets[-1]:
            offsets.pop()
            yield message


def _advance(
    consumer: AIOKafkaConsumer,
    wanted: dict[TopicPartition, list[int]],
    fetched: Mapping[TopicPartition, list[Any]],
    leap: int,
) -> None:
    """Leap to the next wanted message where it is far, and leave partitions of which nothing more is wanted."""
    for partition, messages in fetched.items():
        offsets = wanted[partition]
        if not offsets:
            del wanted[partition]
            consumer.pause(partition)
        elif offsets[-1] - messages[-1].offset > leap:
            consumer.seek(partition, offsets[-1])
