"""Which partitions are this worker's: its place in the workers' group, kept while it reads, folds and rebuilds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError

from fenghuo.platform.kafka import stop_consumer
from fenghuo.platform.logs import get_logger
from schemas.topics import INCIDENT_REPORTS

log = get_logger(__name__)

POLL_MS = 1_000
RETRY_SECONDS = 1.0


class Membership(ConsumerRebalanceListener):
    """The numbers of the partitions that are ours. `generation` grows with every assignment.

    The partitions of one record topic are shared; its numbers stand for those of all five, whose counts are equal. The
    consumer reads nothing: its partitions are paused, whoever folds reads every partition by itself. It runs in a task
    of its own, so that neither a long fold nor a rebuild costs the worker its place.

    Between two assignments the older one holds: the group gives a partition away only once everybody has joined again,
    and who was left behind is contradicted (`streams.worker.contests`).
    """

    def __init__(self, make_consumer: Callable[[], AIOKafkaConsumer]) -> None:
        self._make_consumer = make_consumer
        self._consumer: AIOKafkaConsumer | None = None
        self.generation = 0
        self.mine: frozenset[int] = frozenset()
        self._problem: str | None = "starting"

    def not_ready(self) -> str | None:
        """None while a member of the group; else what it waits for."""
        return self._problem

    async def run(self) -> None:
        """Stay in the group until cancelled. Raises KafkaError where another worker has taken this one's name."""
        self._consumer = await self._connect()
        self._problem = "joining the group"
        try:
            self._consumer.subscribe([INCIDENT_REPORTS.name], listener=self)
            while True:
                await self._consumer.getmany(timeout_ms=POLL_MS)
        finally:
            await stop_consumer(self._consumer)

    async def _connect(self) -> AIOKafkaConsumer:
        """A started consumer; while Kafka is away it is tried again."""
        while True:
            consumer = self._make_consumer()
            try:
                await consumer.start()
            except KafkaError as error:
                self._problem = f"waiting for Kafka: {error}"
                log.warning("Kafka is away at start, trying again", error=repr(error))
                await stop_consumer(consumer)
                await asyncio.sleep(RETRY_SECONDS)
            else:
                return consumer

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Nothing is given up before somebody else has it."""

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """These are ours from now on, or none: then we stand by."""
        partitions = list(assigned)
        if partitions and self._consumer is not None:
            self._consumer.pause(*partitions)
        self.mine = frozenset(partition.partition for partition in partitions)
        self.generation += 1
        self._problem = None
        log.info("partitions assigned", generation=self.generation, partitions=sorted(self.mine))
