"""Reads the output topics from the beginning into the view: no group, nothing committed, a restart reads again.

The watermark is told with care: a progress message says that everything up to its moment was published before it, on
other topics. It becomes the view's watermark only when the reader has reached the ends those topics had when the
message was seen.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from fenghuo.platform.kafka import make_consumer, stop_consumer
from fenghuo.platform.logs import get_logger
from schemas.outputs import Alarm, Outcome, Progress, UnitUpdate
from schemas.topics import RECORD_OUTCOMES, SITUATION_ALARMS, SITUATION_PROGRESS, SITUATION_UPDATES
from services.gateway import metrics
from services.gateway.changes import ChangeAssembler
from services.gateway.outcomes import OutcomesAtStart
from services.gateway.partitions import TopicMissingError, partitions_of
from services.gateway.view import View

log = get_logger(__name__)

Output = UnitUpdate | Outcome | Alarm | Progress
Message = ConsumerRecord[bytes, bytes]
DECODERS: dict[str, msgspec.json.Decoder[Output]] = {
    SITUATION_UPDATES.name: msgspec.json.Decoder(UnitUpdate),
    RECORD_OUTCOMES.name: msgspec.json.Decoder(Outcome),
    SITUATION_ALARMS.name: msgspec.json.Decoder(Alarm),
    SITUATION_PROGRESS.name: msgspec.json.Decoder(Progress),
}
POLL_MS = 500
RETRY_SECONDS = 1.0


class OutputReader:
    """Feeds the view and says when it changed. `problem` is None once the view stands where the log stood at start."""

    def __init__(self, bootstrap: str, view: View, view_changed: Callable[[], None]) -> None:
        self.problem: str | None = "Kafka not reached yet"
        self._bootstrap = bootstrap
        self._view = view
        self._view_changed = view_changed
        self._assemblers: dict[int, ChangeAssembler] = {}
        self._at_start: OutcomesAtStart | None = None
        """While the view is loaded: partitions are read in no order of time, and only the newest outcomes are kept."""
        self._input_partitions = 0
        self._awaited: tuple[datetime, dict[TopicPartition, int]] | None = None
        self._progress_seen = False

    async def run(self) -> None:
        """Read until cancelled. While Kafka is away at start it is tried again; later the consumer does that."""
        consumer, partitions = await self._connect()
        try:
            await self._load(consumer, partitions)
            while True:
                await self._read(consumer, POLL_MS)
                await self._advance_watermark(consumer, partitions)
        finally:
            await stop_consumer(consumer)

    async def _connect(self) -> tuple[AIOKafkaConsumer, list[TopicPartition]]:
        while True:
            try:
                partitions = await partitions_of(self._bootstrap, DECODERS)
                # Without reset: a log that was cut must not be read on in the middle; a restart reads it anew.
                consumer = make_consumer(
                    self._bootstrap, client_id="fenghuo-gateway", auto_offset_reset="none"
                )
                await consumer.start()
            except (KafkaError, TopicMissingError) as error:
                self.problem = f"waiting for Kafka: {error}"
                log.warning("kafka not ready", error=repr(error))
                await asyncio.sleep(RETRY_SECONDS)
            else:
                consumer.assign(partitions)
                await consumer.seek_to_beginning(*partitions)
                self._input_partitions = sum(part.topic == SITUATION_UPDATES.name for part in partitions)
                return consumer, partitions

    async def _load(self, consumer: AIOKafkaConsumer, partitions: Sequence[TopicPartition]) -> None:
        began = time.monotonic()
        ends = await _end_offsets(consumer, partitions)
        self.problem = "the view is being loaded"
        self._at_start = self._view.outcomes_at_start()
        while not await _has_reached(consumer, ends):
            await self._read(consumer, POLL_MS)
        for outcome in self._at_start.in_order():
            self._view.apply_outcome(outcome)
        self._at_start = None
        for assembler in self._assemblers.values():
            self._view.apply(assembler.settle())
        await self._advance_watermark(consumer, partitions)
        # A full collection over the whole picture would pause every client.
        gc.freeze()
        metrics.LOAD_SECONDS.set(time.monotonic() - began)
        self.problem = None
        incidents, units = self._view.sizes()
        log.info("view loaded", incidents=incidents, units=units, seconds=round(time.monotonic() - began, 3))

    async def _read(self, consumer: AIOKafkaConsumer, timeout_ms: int) -> None:
        before = self._view.number
        for partition, messages in (await consumer.getmany(timeout_ms=timeout_ms)).items():
            metrics.MESSAGES.labels(partition.topic).inc(len(messages))
            for message in messages:
                output = decode(message)
                if output is not None:
                    self._apply(output, message)
            # A long log must not keep the health probes waiting.
            await asyncio.sleep(0)
        if self._view.number != before:
            self._view_changed()

    def _apply(self, output: Output, message: Message) -> None:
        match output:
            case UnitUpdate():
                assembler = self._assemblers.setdefault(message.partition, ChangeAssembler())
                self._view.apply(assembler.add(output))
            case Outcome() if self._at_start is not None:
                self._at_start.add(message.partition, message.timestamp, output)
            case Outcome():
                self._view.apply_outcome(output)
            case Alarm():
                self._view.apply_alarm(output)
            case Progress():
                self._progress_seen |= self._view.note_progress(output)

    async def _advance_watermark(
        self, consumer: AIOKafkaConsumer, partitions: Sequence[TopicPartition]
    ) -> None:
        if self._awaited is None and self._progress_seen:
            self._progress_seen = False
            moment = self._view.least_progress(self._input_partitions)
            outputs = [part for part in partitions if part.topic != SITUATION_PROGRESS.name]
            if moment is not None:
                self._awaited = moment, await _end_offsets(consumer, outputs)
        if self._awaited is not None and await _has_reached(consumer, self._awaited[1]):
            self._view.watermark = self._awaited[0]
            metrics.WATERMARK.set(self._awaited[0].timestamp())
            self._awaited = None


def decode(message: Message) -> Output | None:
    """The message's output. None, said and counted, for one that is not ours: the feed must not die of it."""
    reason = "tombstone"
    if message.value is not None:
        try:
            return DECODERS[message.topic].decode(message.value)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            reason = "undecodable"
            detail = str(error)
    else:
        detail = "outputs are never deleted"
    metrics.SKIPPED.labels(message.topic, reason).inc()
    log.warning(
        "output message passed over",
        topic=message.topic,
        partition=message.partition,
        offset=message.offset,
        reason=reason,
        detail=detail,
    )
    return None


async def _end_offsets(
    consumer: AIOKafkaConsumer, partitions: Sequence[TopicPartition]
) -> dict[TopicPartition, int]:
    """The ends now; asked again for as long as Kafka does not answer, since nothing can be read meanwhile either."""
    while True:
        try:
            return dict(await consumer.end_offsets(partitions))
        except KafkaError as error:
            log.warning("end offsets not answered", error=repr(error))
            await asyncio.sleep(RETRY_SECONDS)


async def _has_reached(consumer: AIOKafkaConsumer, ends: dict[TopicPartition, int]) -> bool:
    for partition, end in ends.items():
        if end > 0 and await consumer.position(partition) < end:
            return False
    return True
