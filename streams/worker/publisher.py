"""Publishes what changed: versions, partitions, changes marked as one."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

import msgspec
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from fenghuo.platform.kafka_batches import Headers, OutgoingMessage, partition_of, send_in_batches
from fenghuo.platform.logs import get_logger
from schemas.outputs import (
    DeadLetter,
    Progress,
    alarm_key,
    dead_letter_key,
    encoder,
    update_key,
)
from schemas.topics import (
    DEAD_LETTERS,
    RECORD_OUTCOMES,
    SITUATION_ALARMS,
    SITUATION_PROGRESS,
    SITUATION_UPDATES,
)
from streams.picture.shown import Change
from streams.worker import metrics
from streams.worker.published import EPOCH_BITS, Output, Published

log = get_logger(__name__)

Message = tuple[str, bytes, Output, int | None]
"""(topic, key, output, partition or None for the key's own)."""

WRITER_HEADER = "fenghuo_writer"
"""Names the process that wrote an output, where there are several: each watches what the others write."""

RETRY_SECONDS = 0.5


class Publisher:
    """The outputs of one worker. Versions are epoch × 2³² + n; n counts its publications.

    `writer` names this process. The epoch is raised whenever keys come over from another writer: it must be above what that one wrote.
    """

    def __init__(
        self, make_producer: Callable[[], AIOKafkaProducer], partitions: int, writer: bytes = b""
    ) -> None:
        self.writer = writer
        self._make_producer = make_producer
        self._producer: AIOKafkaProducer | None = None
        self._partitions = partitions
        self._epoch = 0
        self._count = 0
        self._headers: Headers = [(WRITER_HEADER, writer)]

    async def stop(self) -> None:
        """Close the producer; all that was published has been acknowledged already."""
        await self._drop_producer()

    def raise_epoch(self, found: int) -> None:
        """Versions to come are above all of this epoch, and above all that this worker wrote itself."""
        self._epoch = max(self._epoch, found) + 1
        metrics.EPOCH.set(self._epoch)

    def raise_epoch_above(self, found: int) -> None:
        """Versions to come are above all of this epoch."""
        if found >= self._epoch:
            self.raise_epoch(found)

    async def publish(
        self, changes: Iterable[Change], dead: Iterable[DeadLetter], published: Published | None = None
    ) -> None:
        """Publish, and return once Kafka has acknowledged it. Retries until it has.

        `published`: what stands; only what differs from it is published then.
        """
        messages = [message for change in changes for message in self._messages(change, published)]
        for letter in dead:
            key = dead_letter_key(letter.topic, letter.partition, letter.offset)
            if published is None or published.is_news(DEAD_LETTERS.name, key, letter):
                messages.append((DEAD_LETTERS.name, key, letter, None))
        await self._send(messages)

    async def publish_progress(self, partitions: Iterable[int], folded_until: int) -> None:
        """Tell that these partitions are folded up to an append time (ms)."""
        moment = datetime.fromtimestamp(folded_until / 1000, UTC)
        await self._send(
            [
                (
                    SITUATION_PROGRESS.name,
                    str(number).encode(),
                    Progress(partition=number, folded_until=moment),
                    None,
                )
                for number in sorted(partitions)
            ]
        )

    def _messages(self, change: Change, published: Published | None) -> Iterable[Message]:
        yield from self._rows(change, published)
        for outcome in change.outcomes:
            key = outcome.record_id.encode()
            if published is None or published.is_news(RECORD_OUTCOMES.name, key, outcome):
                yield RECORD_OUTCOMES.name, key, outcome, None
        for alarm in change.alarms:
            if published is None or published.is_news(SITUATION_ALARMS.name, alarm_key(alarm), alarm):
                yield SITUATION_ALARMS.name, alarm_key(alarm), alarm, None

    def _rows(self, change: Change, published: Published | None) -> Iterable[Message]:
        partition = partition_of(change.canonical_id.encode(), self._partitions)
        keyed = [(update_key(row.status, row.incident_id, row.unit), row) for row in change.updates]
        if published is not None:
            news = [(key, row) for key, row in keyed if published.is_news(SITUATION_UPDATES.name, key, row)]
            incident = (change.status, change.incident_id)
            if not news and incident in published.standing.unmarked:
                # An owner died between the rows of a change: close it, or no consumer would ever apply it.
                news = keyed[-1:]
            published.standing.unmarked.discard(incident)
            keyed = news
        last = len(keyed) - 1
        for number, (key, row) in enumerate(keyed):
            marked = (
                row if row.last == (number == last) else msgspec.structs.replace(row, last=number == last)
            )
            yield SITUATION_UPDATES.name, key, marked, partition

    async def _send(self, messages: list[Message]) -> None:
        numbered = [
            OutgoingMessage(topic, key, self._numbered(output), partition, self._headers)
            for topic, key, output, partition in messages
        ]
        while numbered:
            try:
                if self._producer is None:
                    self._producer = self._make_producer()
                    await self._producer.start()
                await send_in_batches(self._producer, numbered)
            except KafkaError as error:
                # A repeat carries the same version: whoever has it already ignores it.
                log.warning("publishing failed, trying again", error=repr(error), messages=len(numbered))
                await self._drop_producer()
                await asyncio.sleep(RETRY_SECONDS)
                continue
            for topic, count in Counter(message.topic for message in numbered).items():
                metrics.PUBLISHED.labels(topic).inc(count)
            return

    def _numbered(self, output: Output) -> bytes:
        self._count += 1
        return encoder.encode(
            msgspec.structs.replace(output, version=(self._epoch << EPOCH_BITS) + self._count)
        )

    async def _drop_producer(self) -> None:
        """Also after a fatal error, when an idempotent producer is of no use: a new one gets a new producer id."""
        producer, self._producer = self._producer, None
        if producer is not None:
            # In a task of its own: a cancellation that escapes from aiokafka must not end the caller.
            stopping = asyncio.create_task(producer.stop())
            await asyncio.wait([stopping], timeout=RETRY_SECONDS)
            if not stopping.done() or stopping.cancelled() or stopping.exception() is not None:
                log.warning("producer did not close", stopping=repr(stopping))
                stopping.cancel()
