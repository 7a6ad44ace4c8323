"""The log of records on Kafka: acks=all, key = incident, CloudEvents headers; connects and reconnects by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, UnknownTopicOrPartitionError

from fenghuo.platform.kafka_batches import OutgoingMessage, partition_of, send_in_batches
from fenghuo.platform.logs import get_logger
from schemas.topics import RECORD_TOPICS, TOPIC_OF_TYPE
from services.intake.cloud_events import headers
from services.intake.domain import StampedRecord
from services.intake.ports import LogUnavailableError

# Seconds. A probe a second notices a dead broker before most posts do.
PROBE_EVERY = 1.0
PROBE_TIMEOUT = 2.0
START_TIMEOUT = 10.0
RETRY_AFTER = 0.5
RETRY_AT_MOST = 2.0
STOP_TIMEOUT = 2.0

_TOPIC_NAMES = {name: topic.name for name, topic in TOPIC_OF_TYPE.items()}
_RECORD_TOPICS = [topic.name for topic in RECORD_TOPICS]

log = get_logger(__name__)


class KafkaRecordLog:
    """A `RemoteLog` on Kafka. `stay_connected` runs in the background for as long as the log is used."""

    def __init__(self, make_producer: Callable[[], AIOKafkaProducer]) -> None:
        self._make_producer = make_producer
        self._producer: AIOKafkaProducer | None = None
        self._away = "not connected yet"
        self._suspected = asyncio.Event()

    def away(self) -> str | None:
        """Why Kafka is away, None while it answers."""
        return None if self._producer is not None else self._away

    def suspect(self, reason: str) -> None:
        """Give up the present producer and connect afresh; what it still holds may arrive late, as a repeat."""
        if self._producer is not None and not self._suspected.is_set():
            self._away = reason
            self._suspected.set()

    async def append(self, records: Sequence[StampedRecord]) -> None:
        """Send all, then wait for every acknowledgement. Raises LogUnavailableError."""
        if self._producer is None:
            raise LogUnavailableError(self._away)
        try:
            if len(records) == 1:
                await _send_one(self._producer, records[0])
            else:
                await send_in_batches(
                    self._producer, [_message(self._producer, record) for record in records]
                )
        except KafkaError as error:
            self.suspect(_reason(error))
            raise LogUnavailableError(str(error)) from error

    async def stay_connected(self) -> None:
        """Connect, probe, and connect afresh whenever the broker falls silent. Runs until cancelled."""
        pause = RETRY_AFTER
        while True:
            producer = self._make_producer()
            try:
                await self._connect(producer)
                self._suspected.clear()
                self._producer = producer
                pause = RETRY_AFTER
                log.info("kafka connected")
                await self._watch(producer)
            except (KafkaError, OSError, TimeoutError) as error:
                self._away = _reason(error)
            except asyncio.CancelledError:
                self._away, self._producer = "stopped", None
                await _stop(producer)
                raise
            if self._producer is not None:
                log.warning("kafka lost", reason=self._away)
                self._producer = None
            await _give_up(producer)
            await asyncio.sleep(pause)
            pause = min(2 * pause, RETRY_AT_MOST)

    async def _connect(self, producer: AIOKafkaProducer) -> None:
        async with asyncio.timeout(START_TIMEOUT):
            await producer.start()
            await producer.client.set_topics(_RECORD_TOPICS)
        missing = [name for name in _RECORD_TOPICS if not producer.client.cluster.partitions_for_topic(name)]
        if missing:
            raise KafkaError(f"topics missing: {', '.join(missing)}")

    async def _watch(self, producer: AIOKafkaProducer) -> None:
        """Returns when the producer has to be replaced."""
        while True:
            try:
                await asyncio.wait_for(self._suspected.wait(), PROBE_EVERY)
                return
            except TimeoutError:
                pass
            async with asyncio.timeout(PROBE_TIMEOUT):
                if not await producer.client.force_metadata_update():
                    raise KafkaError("no broker answers")


async def _send_one(producer: AIOKafkaProducer, record: StampedRecord) -> None:
    topic, key, value, partition, head = _message(producer, record)
    await (await producer.send(topic, value, key, partition=partition, headers=head))


def _message(producer: AIOKafkaProducer, record: StampedRecord) -> OutgoingMessage:
    topic, key = _TOPIC_NAMES[record.type], record.incident_id.encode()
    partitions = producer.client.cluster.partitions_for_topic(topic)
    if not partitions:
        raise UnknownTopicOrPartitionError(topic)
    partition = partition_of(key, len(partitions))
    return OutgoingMessage(topic, key, record.value, partition, headers(record))


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return str(error) or type(error).__name__


async def _stop(producer: AIOKafkaProducer) -> None:
    """Deliver what is under way, in bounded time, and close."""
    try:
        await asyncio.wait_for(producer.flush(), STOP_TIMEOUT)
    except TimeoutError:
        log.warning("kafka did not acknowledge in time before the stop")
    await _give_up(producer)


async def _give_up(producer: AIOKafkaProducer) -> None:
    """Close a producer whose broker may be gone, and fail what it still holds: whoever waits for it uses the spool.

    The producer's own stop waits for batches that never expire; so its sender ends first, then the batches fail.
    """
    sender = producer._sender.sender_task
    if sender is not None:
        for _ in range(2):  # The first cancels the loop, the second the request that it waits for.
            sender.cancel()
            await asyncio.wait([sender], timeout=STOP_TIMEOUT / 4)
    accumulator = producer._message_accumulator
    # aiokafka forgets this for batches that wait for another attempt, and stumbles when they fail.
    accumulator._pending_batches.update(*accumulator._batches.values())
    accumulator.fail_all(KafkaError("the producer was given up"))
    # In a task of its own: a cancellation that escapes from the library must not end the caller.
    stopping = asyncio.create_task(producer.stop())
    await asyncio.wait([stopping], timeout=STOP_TIMEOUT)
    if not stopping.done() or stopping.cancelled() or stopping.exception() is not None:
        log.warning("kafka producer not closed in order", stopping=repr(stopping))
        stopping.cancel()
