"""The live aggregation: the record topics in, the picture out. A service of the Faust app.

The log is the state: whoever comes to own the partitions reads them from the beginning, publishes nothing before it has
folded all that was there when it took over, and then only what is not published yet. Killed at any instant it leaves
nothing that the next owner would not make good.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError
from mode import Service

from fenghuo.platform.kafka import stop_consumer
from fenghuo.platform.logs import get_logger
from schemas.outputs import Progress
from schemas.topics import RECORD_TOPICS
from streams.worker import metrics
from streams.worker.judging import Judging
from streams.worker.published import Published
from streams.worker.publisher import Publisher

log = get_logger(__name__)

TOPIC_NAMES = tuple(topic.name for topic in RECORD_TOPICS)
POLL_MS = 100
PROGRESS_SECONDS = 1.0
RETRY_SECONDS = 1.0


class OwnershipLostError(Exception):
    """The partitions were taken away while they were worked on; what is half done is dropped."""


class AggregationEndedError(Exception):
    """The aggregation was cancelled though nobody stops it; the process ends and is started again."""


class Ownership(ConsumerRebalanceListener):
    """Counts assignments: work begun under an older count is dropped."""

    def __init__(self) -> None:
        self.generation = 0
        self.partitions: frozenset[TopicPartition] = frozenset()
        self.assigned = asyncio.Event()

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Stop: somebody else may own them from now on."""
        self.generation += 1
        self.partitions = frozenset()
        self.assigned.clear()

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Own these partitions, or none: then stand by."""
        self.generation += 1
        self.partitions = frozenset(assigned)
        if self.partitions:
            self.assigned.set()


class Aggregation(Service):
    """Owns the partitions it is given, folds them and publishes the picture."""

    def __init__(
        self,
        make_consumer: Callable[[], AIOKafkaConsumer],
        make_producer: Callable[[], AIOKafkaProducer],
        read_published: Callable[[], Any],
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._make_consumer = make_consumer
        self._make_producer = make_producer
        self._read_published = read_published
        self._ownership = Ownership()
        self._state = "starting"

    def not_ready(self) -> str | None:
        """None while live, or standing by for the owner; else what it is doing."""
        return None if self._state in ("live", "standing by") else self._state

    @Service.task
    async def _aggregate(self) -> None:
        try:
            await self._own_again_and_again()
        except asyncio.CancelledError as error:
            if not self.should_stop:
                # It escaped from a library. A cancelled task counts as well in Faust: the process would live on idle.
                raise AggregationEndedError from error
            raise

    async def _own_again_and_again(self) -> None:
        consumer = await self._connect()
        try:
            consumer.subscribe(TOPIC_NAMES, listener=self._ownership)
            while not self.should_stop:
                await self._own(consumer)
        finally:
            await stop_consumer(consumer)

    async def _connect(self) -> AIOKafkaConsumer:
        """A started consumer; while Kafka is away it is tried again."""
        while True:
            consumer = self._make_consumer()
            try:
                await consumer.start()
            except KafkaError as error:
                self._state = f"waiting for Kafka: {error}"
                log.warning("Kafka is away at start, trying again", error=repr(error))
                await stop_consumer(consumer)
                await asyncio.sleep(RETRY_SECONDS)
            else:
                return consumer

    async def _own(self, consumer: AIOKafkaConsumer) -> None:
        """One term of ownership, from taking over to losing the partitions."""
        self._state = "standing by" if self._ownership.generation else "joining the group"
        if not self._ownership.assigned.is_set():
            # Joining and heartbeats go on in the background; polling keeps the group informed that we live.
            await consumer.getmany(timeout_ms=POLL_MS)
            return
        generation = self._ownership.generation
        owned = sorted(self._ownership.partitions)
        publisher: Publisher | None = None
        try:
            publisher = await self._take_over(consumer, owned, generation)
            await self._live(consumer, owned, generation, publisher)
        except OwnershipLostError:
            log.info("partitions taken away", generation=generation)
        except KafkaError as error:
            log.warning("Kafka is away, taking over again when it is back", error=repr(error))
            await self.sleep(RETRY_SECONDS)
        finally:
            if publisher is not None:
                await publisher.stop()

    async def _take_over(
        self, consumer: AIOKafkaConsumer, owned: list[TopicPartition], generation: int
    ) -> Publisher:
        self._state = "rebuilding from the log"
        began = time.monotonic()
        published: Published = await self._read_published()
        ends = await consumer.end_offsets(owned)
        await consumer.seek_to_beginning(*owned)
        self._judging = Judging()
        dead = []
        pending = {partition for partition in owned if ends[partition] > 0}
        while pending:
            self._check(generation)
            for messages in (await consumer.getmany(timeout_ms=POLL_MS)).values():
                dead += await asyncio.to_thread(self._judging.take, messages)
            pending = {part for part in pending if await consumer.position(part) < ends[part]}
        # Judged once, when all is there: nothing of an incident is published before all of it is folded.
        changes, unjudgeable = await asyncio.to_thread(self._judging.settle)
        publisher = Publisher(self._make_producer, published, self._partition_count(owned))
        self._check(generation)
        await publisher.publish_everything(changes, dead + unjudgeable)
        metrics.REBUILD_SECONDS.set(time.monotonic() - began)
        metrics.RECORDS.set(len(self._judging))
        log.info("took over", records=len(self._judging), seconds=round(time.monotonic() - began, 3))
        return publisher

    async def _live(
        self, consumer: AIOKafkaConsumer, owned: list[TopicPartition], generation: int, publisher: Publisher
    ) -> None:
        self._state = "live"
        folded_until: dict[TopicPartition, int] = {}
        told = 0.0
        while not self.should_stop:
            self._check(generation)
            fetched = await consumer.getmany(timeout_ms=POLL_MS)
            self._check(generation)
            batch = [message for messages in fetched.values() for message in messages]
            if batch:
                await self._fold(batch, publisher)
            for partition, messages in fetched.items():
                folded_until[partition] = messages[-1].timestamp
                metrics.FOLDED.labels(partition.topic).inc(len(messages))
            if time.monotonic() - told >= PROGRESS_SECONDS:
                await publisher.publish_progress(await _progress(consumer, owned, folded_until))
                told = time.monotonic()

    async def _fold(self, batch: list[Any], publisher: Publisher) -> None:
        with metrics.FOLD_SECONDS.time():
            changes, dead = await asyncio.to_thread(self._judging.fold, batch)
        with metrics.PUBLISH_SECONDS.time():
            await publisher.publish(changes, dead)
        metrics.RECORDS.set(len(self._judging))

    def _check(self, generation: int) -> None:
        if self._ownership.generation != generation:
            raise OwnershipLostError

    @staticmethod
    def _partition_count(owned: list[TopicPartition]) -> int:
        return max(partition.partition for partition in owned) + 1


async def _progress(
    consumer: AIOKafkaConsumer, owned: list[TopicPartition], folded_until: dict[TopicPartition, int]
) -> list[Progress]:
    """Per input partition: the append time (ms) up to which it is folded in every record topic."""
    least: dict[int, int] = {}
    for partition in owned:
        until = folded_until.get(partition, 0)
        highwater = consumer.highwater(partition)
        if highwater is not None and await consumer.position(partition) >= highwater:
            # Nothing left to fold when the broker last answered: folded up to then.
            until = max(until, consumer.last_poll_timestamp(partition) or 0)
        least[partition.partition] = min(least.get(partition.partition, until), until)
    return [
        Progress(partition=number, folded_until=datetime.fromtimestamp(until / 1000, UTC))
        for number, until in sorted(least.items())
        if until
    ]
