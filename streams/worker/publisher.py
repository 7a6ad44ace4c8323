"""Publishes what changed: versions, partitions, and nothing twice."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable

import msgspec
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from fenghuo.platform.kafka_batches import OutgoingMessage, partition_of, send_in_batches
from fenghuo.platform.logs import get_logger
from schemas.outputs import (
    Alarm,
    DeadLetter,
    Progress,
    UnitUpdate,
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
    Topic,
)
from streams.picture.shown import Change
from streams.worker import metrics
from streams.worker.published import EPOCH_BITS, Output, Published, digest

log = get_logger(__name__)

Message = tuple[str, bytes, Output, int | None]
"""(topic, key, output, partition or None for the key's own)."""

RETRY_SECONDS = 0.5


class Publisher:
    """The outputs of one owner. Versions are epoch × 2³² + n; n counts its publications."""

    def __init__(
        self, make_producer: Callable[[], AIOKafkaProducer], published: Published, partitions: int
    ) -> None:
        self._make_producer = make_producer
        self._producer: AIOKafkaProducer | None = None
        self._published = published
        self._partitions = partitions
        self._epoch = published.epoch + 1
        self._count = 0
        metrics.EPOCH.set(self._epoch)

    async def stop(self) -> None:
        """Close the producer; all that was published has been acknowledged already."""
        await self._drop_producer()

    async def publish(self, changes: Iterable[Change], dead: Iterable[DeadLetter]) -> None:
        """Publish what is not published yet, and return once Kafka has acknowledged it. Retries until it has."""
        messages = [message for change in changes for message in self._messages(change)]
        for letter in dead:
            key = dead_letter_key(letter.topic, letter.partition, letter.offset)
            if self._is_news(DEAD_LETTERS, key, letter):
                messages.append((DEAD_LETTERS.name, key, letter, None))
        await self._send(messages)

    async def publish_everything(self, changes: list[Change], dead: Iterable[DeadLetter]) -> None:
        """After a takeover: `changes` is the whole picture; what else stands on the outputs is taken back."""
        await self.publish([*changes, *self._leftovers(changes)], dead)

    async def publish_progress(self, progress: Iterable[Progress]) -> None:
        """Tell how far each input partition is folded."""
        await self._send(
            [(SITUATION_PROGRESS.name, str(item.partition).encode(), item, None) for item in progress]
        )

    def _messages(self, change: Change) -> Iterable[Message]:
        yield from self._rows(change)
        for outcome in change.outcomes:
            key = outcome.record_id.encode()
            if self._is_news(RECORD_OUTCOMES, key, outcome):
                yield RECORD_OUTCOMES.name, key, outcome, None
        for alarm in change.alarms:
            if self._is_news(SITUATION_ALARMS, alarm_key(alarm), alarm):
                yield SITUATION_ALARMS.name, alarm_key(alarm), alarm, None

    def _rows(self, change: Change) -> Iterable[Message]:
        partition = partition_of(change.canonical_id.encode(), self._partitions)
        rows = [
            row
            for row in change.updates
            if self._is_news(SITUATION_UPDATES, update_key(row.status, row.incident_id, row.unit), row)
        ]
        incident = (change.status, change.incident_id)
        if not rows and incident in self._published.unmarked and change.updates:
            # An owner died between the rows of a change: close it, or no consumer would ever apply it.
            rows = [change.updates[-1]]
        self._published.unmarked.discard(incident)
        for row in rows:
            marked = msgspec.structs.replace(row, last=row is rows[-1])
            yield SITUATION_UPDATES.name, update_key(row.status, row.incident_id, row.unit), marked, partition

    def _is_news(self, topic: Topic, key: bytes, output: Output) -> bool:
        now = digest(output)
        if self._published.digests.get((topic.name, key)) == now:
            return False
        self._published.digests[topic.name, key] = now
        return True

    def _leftovers(self, changes: list[Change]) -> Iterable[Change]:
        """Rows and alarms that stand on the outputs but not in the picture any more."""
        shown = {
            update_key(row.status, row.incident_id, row.unit) for change in changes for row in change.updates
        }
        raised = {alarm_key(alarm) for change in changes for alarm in change.alarms}
        canonical = {(change.status, change.incident_id): change.canonical_id for change in changes}
        for key, row in self._published.rows.items():
            if key not in shown:
                empty = UnitUpdate(status=row.status, incident_id=row.incident_id, unit=row.unit, figures={})
                into = canonical.get((row.status, row.incident_id), row.incident_id)
                yield Change(row.status, row.incident_id, into, updates=(empty,))
        for key, alarm in self._published.raised.items():
            if key not in raised:
                cleared: Alarm = msgspec.structs.replace(alarm, state="cleared", detail="", version=0)
                yield Change(alarm.status, alarm.incident_id, alarm.incident_id, alarms=(cleared,))
        self._published.rows.clear()
        self._published.raised.clear()

    async def _send(self, messages: list[Message]) -> None:
        numbered = [
            OutgoingMessage(topic, key, self._numbered(output), partition)
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
