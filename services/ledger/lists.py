"""The paged lists: journal, alarms, dead letters (newest first), history of figures (told forward unless asked)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec
from asyncpg import Record
from msgspec import Raw

from fenghuo.platform.postgres import AnyConnection, Database
from schemas.outputs import AlarmKind
from schemas.records import Status
from services.ledger.answers import (
    AlarmItem,
    Alarms,
    DeadLetterItem,
    DeadLetters,
    History,
    Journal,
    JournalItem,
    PastFigure,
)
from services.ledger.filters import Where
from services.ledger.paging import PAGE_BYTES, read_cursor, write_cursor
from services.ledger.reader import CANONICAL, canonical_incident, judgement
from streams.picture.units import NATION

Order = Literal["newest", "oldest"]
STATUSES: tuple[Status, ...] = ("Actual", "Exercise", "Test")


class JournalQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Filters of the journal; None: all. `from_` and `to` bound the stamp: from ≤ received_at < to."""

    incident: str | None = None
    unit: str | None = None
    type: str | None = None
    status: str | None = None
    from_: datetime | None = None
    to: datetime | None = None
    order: Order = "newest"
    after: str | None = None
    limit: int = 100


class AlarmQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Filters of the alarms; None: all."""

    incident: str | None = None
    status: str | None = None
    state: str | None = None
    kinds: tuple[AlarmKind, ...] | None = None
    after: str | None = None
    limit: int = 100


class HistoryQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Whose published values; key None: every figure of the unit. from ≤ published_at < to, and ≤ known_at.

    The newest one before a moment is `to` = the moment, order newest, limit 1.
    """

    unit: str = NATION
    key: str | None = None
    status: str = "Actual"
    from_: datetime | None = None
    to: datetime | None = None
    known_at: datetime | None = None
    order: Order = "oldest"
    after: str | None = None
    limit: int = 100


def journal_sql(query: JournalQuery, incidents: list[str] | None) -> tuple[str, list[Any]]:
    """The page's SQL (one row more than the page) and its values. Raises CursorError."""
    where = Where()
    if incidents is not None:
        where.any_of("incident_id", incidents)
    where.optional("type = ?", query.type)
    where.optional("status = ?", query.status)
    where.optional("received_at >= ?", query.from_)
    where.optional("received_at < ?", query.to)
    if query.unit is not None and query.unit != NATION:
        where.add("scopes @> ARRAY[?]", query.unit)
    newest = query.order == "newest"
    if query.after is not None:
        key = read_cursor(query.after, datetime, int)
        where.add(f"(received_at, seq) {'<' if newest else '>'} (?, ?)", *key)
    order = "received_at DESC, seq DESC" if newest else "received_at, seq"
    sql = (
        "SELECT page.*, held.disposition, held.flags, held.standing, held.version FROM ("  # noqa: S608
        " SELECT topic, partition, log_offset, record_id, received_at, recorded_at, seq, content"
        f" FROM ledger.journal WHERE {where} ORDER BY {order} LIMIT {query.limit + 1}"
        f") AS page LEFT JOIN ledger.outcomes AS held USING (record_id) ORDER BY {order}"
    )
    return sql, where.values


def alarms_sql(query: AlarmQuery, incidents: list[str] | None) -> tuple[str, list[Any]]:
    """The page's SQL (one row more than the page) and its values. Raises CursorError."""
    where = Where()
    if incidents is not None:
        where.any_of("incident_id", incidents)
    where.optional("status = ?", query.status)
    where.optional("state = ?", query.state)
    if query.kinds is not None:
        # The key is status|incident|kind|subject, and no id has a bar in it.
        where.any_of("split_part(alarm_key, '|', 3)", list(query.kinds))
    if query.after is not None:
        where.add("(published_at, alarm_key) < (?, ?)", *read_cursor(query.after, datetime, str))
    sql = (
        f"SELECT published_at, alarm_key, content FROM ledger.alarms WHERE {where}"  # noqa: S608
        f" ORDER BY published_at DESC, alarm_key DESC LIMIT {query.limit + 1}"
    )
    return sql, where.values


def history_sql(query: HistoryQuery, incident_id: str) -> tuple[str, list[Any]]:
    """The page's SQL (one row more than the page) and its values. Raises CursorError."""
    where = Where()
    where.add("status = ?", query.status)
    where.add("incident_id = ?", incident_id)
    where.add("unit = ?", query.unit)
    where.optional("key = ?", query.key)
    where.optional("published_at >= ?", query.from_)
    where.optional("published_at < ?", query.to)
    where.optional("published_at <= ?", query.known_at)
    newest = query.order == "newest"
    if query.after is not None:
        where.add(f"(version, key) {'<' if newest else '>'} (?, ?)", *read_cursor(query.after, int, str))
    order = "version DESC, key DESC" if newest else "version, key"
    sql = (
        f"SELECT key, version, value, published_at FROM ledger.figure_history WHERE {where}"  # noqa: S608
        f" ORDER BY {order} LIMIT {query.limit + 1}"
    )
    return sql, where.values


def dead_letters_sql(after: str | None, limit: int) -> tuple[str, list[Any]]:
    """The page's SQL (one row more than the page) and its values. Raises CursorError."""
    where = Where()
    if after is not None:
        where.add("seq < ?", *read_cursor(after, int))
    return (
        f"SELECT * FROM ledger.dead_letters WHERE {where} ORDER BY seq DESC LIMIT {limit + 1}",  # noqa: S608
        where.values,
    )


class LedgerLists:
    """Pages of what the writer has committed. Every method raises CursorError and DatabaseAwayError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def journal(self, query: JournalQuery) -> Journal:
        """Log entries; an incident's are those of all that is merged with it (R14)."""
        async with self._database.snapshot() as connection:
            incidents = await _merged(connection, query.status, query.incident)
            rows, more = await _page(connection, *journal_sql(query, incidents), query.limit, "content")
        items = [
            JournalItem(
                topic=row["topic"],
                partition=row["partition"],
                offset=row["log_offset"],
                recorded_at=row["recorded_at"],
                record=Raw(row["content"]),
                outcome=judgement(row),
            )
            for row in rows
        ]
        return Journal(
            items=items, next=write_cursor(rows[-1]["received_at"], rows[-1]["seq"]) if more else None
        )

    async def alarms(self, query: AlarmQuery) -> Alarms:
        """The newest state of every alarm."""
        async with self._database.snapshot() as connection:
            incidents = await _merged(connection, query.status, query.incident)
            rows, more = await _page(connection, *alarms_sql(query, incidents), query.limit, "content")
        items = [AlarmItem(published_at=row["published_at"], alarm=Raw(row["content"])) for row in rows]
        return Alarms(
            items=items,
            next=write_cursor(rows[-1]["published_at"], rows[-1]["alarm_key"]) if more else None,
        )

    async def history(
        self, incident_id: str, query: HistoryQuery, canonical: str | None = None
    ) -> History | None:
        """Published values of the canonical incident's unit; None: no such incident. `canonical`: the one of then."""
        async with self._database.snapshot() as connection:
            canonical = canonical or await canonical_incident(connection, query.status, incident_id)
            if canonical is None:
                return None
            rows, more = await _page(connection, *history_sql(query, canonical), query.limit, "value")
        items = [
            PastFigure(
                unit=query.unit,
                key=row["key"],
                version=row["version"],
                published_at=row["published_at"],
                figure=None if row["value"] is None else Raw(row["value"]),
            )
            for row in rows
        ]
        return History(
            incident_id=canonical,
            status=query.status,
            items=items,
            next=write_cursor(rows[-1]["version"], rows[-1]["key"]) if more else None,
        )

    async def dead_letters(self, after: str | None, limit: int) -> DeadLetters:
        """Messages that could not be decoded or judged."""
        async with self._database.snapshot() as connection:
            rows, more = await _page(connection, *dead_letters_sql(after, limit), limit, "value")
        items = [
            DeadLetterItem(
                topic=row["topic"],
                partition=row["partition"],
                offset=row["log_offset"],
                error=row["error"],
                record_id=row["record_id"],
                key=row["key"],
                value=row["value"],
                published_at=row["published_at"],
            )
            for row in rows
        ]
        return DeadLetters(items=items, next=write_cursor(rows[-1]["seq"]) if more else None)


async def _merged(connection: AnyConnection, status: str | None, incident_id: str | None) -> list[str] | None:
    """The incident's own id, its canonical one and all its aliases, in the given status or in any; None: no filter."""
    if incident_id is None:
        return None
    found = {incident_id}
    for each in STATUSES if status is None else (status,):
        row = await connection.fetchrow(CANONICAL, each, incident_id)
        if row is not None:
            found.update((row["incident_id"], *row["aliases"]))
    return sorted(found)


async def _page(
    connection: AnyConnection, sql: str, values: list[Any], limit: int, heavy: str
) -> tuple[list[Record], bool]:
    """At most `limit` rows, fewer when the `heavy` column passes PAGE_BYTES, and whether there are more."""
    rows: list[Record] = []
    size = 0
    async for row in connection.cursor(sql, *values, prefetch=50):
        if len(rows) == limit or size > PAGE_BYTES:
            return rows, True
        rows.append(row)
        size += len(row[heavy] or b"")
    return rows, False
