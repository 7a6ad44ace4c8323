"""Which partitions are this worker's: its place in the workers' group, kept while it reads, folds and rebuilds."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError

from fenghuo.platform.kafka import stop_consumer
from fenghuo.platform.logs import get_logger
from schemas.topics import INCIDENT_REPORTS
from streams.worker import metrics

log = get_logger(__name__)

POLL_MS = 200
RETRY_SECONDS = 1.0
HANG_SECONDS = 0.9
"""Shorter than any session (FENGHUO_WORKER_SESSION is at least 1)."""


class Membership(ConsumerRebalanceListener):
    """The numbers of the partitions that are ours. `generation` grows with every assignment, `term` with every one before
    which we may have been out of the group: others may have had our partitions meanwhile.

    The partitions of one record topic are shared; its numbers stand for those of all five, whose counts are equal. The
    consumer reads nothing: its partitions are paused, whoever folds reads every partition by itself. It runs in a task
    of its own, so that neither a long fold nor a rebuild costs the worker its place.

    Between two assignments the older one holds: the group gives a partition away only once everybody has joined again.
    """

    def __init__(self, make_consumer: Callable[[], AIOKafkaConsumer]) -> None:
        self._make_consumer = make_consumer
        self._consumer: AIOKafkaConsumer | None = None
        self.generation = self.term = 0
        self.mine: frozenset[int] = frozenset()
        self._group_generation = 0
        self._alive_at = time.monotonic()
        self._confirmed = asyncio.Condition()
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
                await self._confirm(self._consumer)
                await self._consumer.getmany(timeout_ms=POLL_MS)
        finally:
            await stop_consumer(self._consumer)

    async def _confirm(self, consumer: AIOKafkaConsumer) -> None:
        """That we live; after we have hung, only once the group says that we are still a member, or are one again."""
        coordinator: Any = consumer._coordinator
        while self.has_hung():
            known = self._group_generation
            if await coordinator._do_heartbeat() and self._group_generation == known:
                break
            await asyncio.sleep(RETRY_SECONDS)
        async with self._confirmed:
            self._alive_at = time.monotonic()
            self._confirmed.notify_all()

    async def confirmed(self) -> None:
        """Wait, after we hung, until the group has said whether our partitions are still ours."""
        async with self._confirmed:
            await self._confirmed.wait_for(lambda: not self.has_hung())

    def has_hung(self) -> bool:
        """Whether this process, or the machine, stood still for so long that others may have taken our partitions."""
        return time.monotonic() - self._alive_at > HANG_SECONDS

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
        assert self._consumer is not None
        if partitions:
            self._consumer.pause(*partitions)
        coordinator: Any = self._consumer._coordinator
        before, self._group_generation = self._group_generation, coordinator.generation
        if self._group_generation not in (before, before + 1):
            # The group has shared its partitions without us.
            self.term += 1
        self.mine = frozenset(partition.partition for partition in partitions)
        self.generation += 1
        self._alive_at = time.monotonic()
        self._problem = None
        metrics.ASSIGNMENTS.inc()
        log.info(
            "partitions assigned",
            generation=self._group_generation,
            term=self.term,
            partitions=sorted(self.mine),
        )
