"""The ledger's one writer: reads the log, commits batches, and starts again after whatever was away is back.

Kafka keeps everything and PostgreSQL keeps the positions with the rows, so that a session may break off at any
instant: the next one reads on from what was committed.
"""

from __future__ import annotations

import asyncio
import time

import asyncpg

from fenghuo.platform.logs import get_logger
from fenghuo.platform.postgres import DatabaseAwayError, MigrationError
from schemas.topics import DEAD_LETTERS
from services.ledger.changes import Assembly, Batch
from services.ledger.entries import DeadLetterEntry
from services.ledger.freshness import ConsumerState, ProgressGate
from services.ledger.log import (
    KafkaLog,
    LogAwayError,
    LogReplacedError,
    check_cluster,
    open_log,
    resume,
)
from services.ledger.metrics import LedgerMetrics
from services.ledger.writer import AnotherWriterError, LedgerWriter, open_writer

log = get_logger(__name__)

BATCH_MESSAGES = 1_000
WAIT_SECONDS = 0.25
PROBE_EVERY_SECONDS = 0.5
FIRST_BACKOFF_SECONDS = 0.2
LAST_BACKOFF_SECONDS = 2.0

# PostgresError: a disk that is full or a statement that fails must show in readyz and be tried again, not take the
# web process, and intake with it, down.
_INTERRUPTIONS = (
    DatabaseAwayError,
    MigrationError,
    LogAwayError,
    LogReplacedError,
    AnotherWriterError,
    asyncpg.PostgresError,
)


class LedgerConsumer:
    """Keeps the ledger up to date with the log."""

    def __init__(self, bootstrap: str, dsn: str, state: ConsumerState, metrics: LedgerMetrics) -> None:
        self._bootstrap, self._dsn, self._state, self._metrics = bootstrap, dsn, state, metrics
        self._backoff = FIRST_BACKOFF_SECONDS

    async def run(self) -> None:
        """Never ends by itself: what is away is waited for."""
        while True:
            try:
                await self._session()
            except _INTERRUPTIONS as error:
                self._interrupted(error)
            await asyncio.sleep(self._backoff)
            self._backoff = min(self._backoff * 2, LAST_BACKOFF_SECONDS)

    def _interrupted(self, error: Exception) -> None:
        reason = str(error) or type(error).__name__
        self._metrics.interruptions.labels(type(error).__name__).inc()
        if self._state.stopped(reason):
            # Once for each reason: readyz says it for as long as it lasts.
            grave = isinstance(error, LogReplacedError | MigrationError | asyncpg.PostgresError)
            (log.error if grave else log.warning)(
                "ledger interrupted", error=reason, kind=type(error).__name__
            )

    async def _session(self) -> None:
        async with open_writer(self._dsn) as writer, open_log(self._bootstrap) as source:
            assembly = await self._resume(writer, source)
            self._backoff = FIRST_BACKOFF_SECONDS
            await self._follow(writer, source, assembly)

    async def _resume(self, writer: LedgerWriter, source: KafkaLog) -> Assembly:
        check_cluster(await writer.cluster_id(), source.cluster_id)
        stored = await writer.positions()
        later = await source.first_later_than(
            {at: held.newest_append_at for at, held in stored.items() if held.newest_append_at is not None}
        )
        starts, ends = await source.starts(), await source.ends()
        positions, cuts = resume(stored, starts, ends, later)
        for (topic, partition), offset in cuts.items():
            log.warning(
                "output topic was cut; read again from its start",
                topic=topic,
                partition=partition,
                offset=offset,
            )
        await writer.start(source.cluster_id, positions, cuts)
        source.seek(positions)
        self._state.started(ends)
        log.info("ledger reading", behind=sum(ends.values()) - sum(positions.values()))
        return Assembly(positions)

    async def _follow(self, writer: LedgerWriter, source: KafkaLog, assembly: Assembly) -> None:
        gate, probe_at = ProgressGate(), 0.0
        while True:
            messages = await source.read(max_messages=BATCH_MESSAGES, wait_seconds=WAIT_SECONDS)
            # Decoding is the batch's CPU work, and this loop serves requests too: in a thread they take turns.
            batch = await asyncio.to_thread(assembly.take, messages) if messages else Batch()
            gate.arrive(batch.progress)
            batch.progress = []
            await self._commit(writer, batch)
            if time.monotonic() >= probe_at:
                ends = await source.ends()
                gate.bind(ends)
                self._state.probed(ends, await source.consumed(), time.monotonic())
                self._metrics.lag.set(self._state.lag)
                probe_at = time.monotonic() + PROBE_EVERY_SECONDS
            await self._commit(writer, Batch(progress=gate.release(assembly.applied)))

    async def _commit(self, writer: LedgerWriter, batch: Batch) -> None:
        if not batch:
            return
        started = time.monotonic()
        await writer.write(batch)
        self._metrics.commit_seconds.observe(time.monotonic() - started)
        for entry in batch.dead_letters:
            if entry.message.topic != DEAD_LETTERS.name:
                self._report_buried(entry)
        for (topic, _), advance in batch.advances.items():
            self._metrics.entries.labels(topic).inc(advance.after - advance.before)

    def _report_buried(self, entry: DeadLetterEntry) -> None:
        letter = entry.letter
        self._metrics.buried.labels(letter.topic).inc()
        log.warning(
            "message cannot be decoded; kept in dead letters",
            topic=letter.topic,
            partition=letter.partition,
            offset=letter.offset,
            error=letter.error,
        )
