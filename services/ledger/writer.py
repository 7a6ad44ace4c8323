"""The SQL of the one writer: positions and rows of a batch in one transaction.

Everything here is idempotent. A log entry is known by topic, partition and offset, a published value by its key and
version, and only a higher version replaces a lower one; so a redelivery (after a crash the log is read again from the
committed position) changes nothing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from asyncpg import Connection, Record

from fenghuo.platform.postgres import away_as_error, command_count, connect
from services.ledger import history, rows, statements, storable
from services.ledger.changes import Advance, Batch, Partition
from services.ledger.entries import AlarmEntry, DeadLetterEntry, OutcomeEntry, ProgressEntry, UpdateEntry
from services.ledger.log import StoredPosition
from services.ledger.migrate import migrate_connection
from services.ledger.rows import Row
from streams.picture.units import NATION

CLOSE_SECONDS = 2.0


class AnotherWriterError(RuntimeError):
    """Another process writes this ledger. Worth a retry: it may be one that is just ending."""


class LedgerWriter:
    """The only connection that writes the ledger's tables. Made by `open_writer`; not for concurrent use."""

    def __init__(self, connection: Connection[Record]) -> None:
        self._connection = connection

    async def cluster_id(self) -> str | None:
        """The Kafka cluster that was read so far."""
        found: str | None = await self._connection.fetchval("SELECT cluster_id FROM ledger.log")
        return found

    async def positions(self) -> dict[Partition, StoredPosition]:
        """How far each partition was read."""
        rows = await self._connection.fetch("SELECT * FROM ledger.positions")
        return {
            (row["topic"], row["partition"]): StoredPosition(row["next_offset"], row["newest_append_at"])
            for row in rows
        }

    async def start(
        self, cluster_id: str, positions: Mapping[Partition, int], cuts: Mapping[Partition, int]
    ) -> None:
        """Note the cluster and where reading starts; forget the versions that the cut partitions no longer hold."""
        async with away_as_error(), self._connection.transaction():
            await self._connection.execute(statements.LOG, cluster_id)
            for (topic, partition), offset in cuts.items():
                for forget in statements.FORGET.get(topic, ()):
                    await self._connection.execute(forget, partition, offset)
            await self._connection.executemany(
                statements.START, [(*partition, offset) for partition, offset in sorted(positions.items())]
            )

    async def write(self, batch: Batch) -> None:
        """Commit a batch: all of it, or nothing.

        Raises DatabaseAwayError (whether it was written, the positions tell on the next start), AnotherWriterError.
        """
        async with away_as_error(), self._connection.transaction():
            await self._advance(batch.advances)
            await self._insert(statements.JOURNAL, [rows.journal_row(entry) for entry in batch.journal])
            points = [entry.point for entry in batch.journal if entry.point is not None]
            await self._insert(
                statements.CAPTURED_POINT, [rows.captured_point_row(point) for point in points]
            )
            await self._dead_letters(batch.dead_letters)
            await self._updates(batch.updates)
            await self._outcomes(batch.outcomes)
            await self._alarms(batch.alarms)
            await self._progress(batch.progress)

    async def _advance(self, advances: Mapping[Partition, Advance]) -> None:
        """First of all, so that two writers meet here and one of them fails."""
        if not advances:
            return
        steps = [
            (*partition, advance.before, advance.after, advance.newest_append_at)
            for partition, advance in sorted(advances.items())
        ]
        status = await self._connection.execute(statements.ADVANCE, *_columns(steps))
        if command_count(status) != len(steps):
            raise AnotherWriterError("another process moved the ledger's positions")

    async def _dead_letters(self, entries: list[DeadLetterEntry]) -> None:
        newest = history.newest_of(
            entries,
            lambda entry: (entry.letter.topic, entry.letter.partition, entry.letter.offset),
            lambda entry: entry.letter.version,
        )
        await self._insert(statements.DEAD_LETTER, [rows.dead_letter_row(entry) for entry in newest])

    async def _updates(self, entries: list[UpdateEntry]) -> None:
        if not entries:
            return
        keys = sorted({entry.key for entry in entries})
        known = {
            (row["status"], row["incident_id"], row["unit"]): history.Published(
                row["version"], history.figures_of(row["figures"])
            )
            for row in await self._connection.fetch(statements.SITUATION_OF, *_columns(keys))
        }
        newest, changes = history.of_updates(entries, known)
        heads = [entry for entry in newest if entry.unit == NATION]
        await self._insert(statements.FIGURE_HISTORY, list(changes))
        await self._insert(statements.SITUATION, [rows.situation_row(entry) for entry in newest])
        await self._insert(statements.INCIDENT, [rows.incident_row(entry) for entry in heads])

    async def _outcomes(self, entries: list[OutcomeEntry]) -> None:
        if not entries:
            return
        ids = sorted({entry.outcome.record_id for entry in entries})
        known = {
            row["record_id"]: (
                row["version"],
                row["incident_id"],
                row["disposition"],
                tuple(row["flags"]),
                row["standing"],
            )
            for row in await self._connection.fetch(statements.OUTCOMES_OF, ids)
        }
        newest, changes = history.of_outcomes(entries, known)
        await self._insert(statements.OUTCOME_HISTORY, [rows.outcome_history_row(entry) for entry in changes])
        await self._insert(statements.OUTCOME, [rows.outcome_row(entry) for entry in newest])

    async def _alarms(self, entries: list[AlarmEntry]) -> None:
        newest = history.newest_of(entries, lambda entry: entry.alarm_key, lambda entry: entry.alarm.version)
        await self._insert(statements.ALARM, [rows.alarm_row(entry) for entry in newest])

    async def _progress(self, entries: list[ProgressEntry]) -> None:
        newest = history.newest_of(
            entries, lambda entry: entry.progress.partition, lambda entry: entry.progress.version
        )
        await self._insert(statements.PROGRESS, [rows.progress_row(entry) for entry in newest])

    async def _insert(self, statement: str, values: list[Row]) -> None:
        if values:
            await self._connection.executemany(statement, [storable.parameter(row) for row in values])


@asynccontextmanager
async def open_writer(dsn: str) -> AsyncIterator[LedgerWriter]:
    """Connect, bring the tables up to date and become the writer.

    Raises DatabaseAwayError, MigrationError, AnotherWriterError.
    """
    # Asynchronous commit loses no record: rows and positions are lost together, and the log is read again.
    connection = await connect(dsn, synchronous_commit="off", application_name="fenghuo-ledger-writer")
    try:
        async with away_as_error():
            await migrate_connection(connection)
            if not await connection.fetchval(
                "SELECT pg_try_advisory_lock(hashtext('fenghuo.ledger.writer'))"
            ):
                raise AnotherWriterError("another process writes this ledger")
            yield LedgerWriter(connection)
    finally:
        await _close(connection)


async def _close(connection: Connection[Record]) -> None:
    try:
        await connection.close(timeout=CLOSE_SECONDS)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        # It was lost already, which was reported where it was noticed.
        connection.terminate()


def _columns(table: list[Row]) -> list[list[Any]]:
    return [list(column) for column in zip(*table, strict=True)]
