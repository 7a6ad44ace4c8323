"""The SQL that answers the GETs. Every method raises DatabaseAwayError while PostgreSQL is away."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from asyncpg import Record
from msgspec import UNSET, Raw

from fenghuo.platform.postgres import AnyConnection, Database
from services.ledger import domain
from services.ledger.answers import Incident, Judgement, Situation
from services.ledger.ports import KnownRecord

NO_FIGURES = Raw(b"{}")

RECORD = """
SELECT found.content, held.*
FROM (VALUES (true)) AS always
LEFT JOIN (SELECT content FROM ledger.records WHERE record_id = $1) AS found ON true
LEFT JOIN (SELECT disposition, flags, standing, version FROM ledger.outcomes WHERE record_id = $1) AS held ON true
"""

NEWEST_RECORDS = """
SELECT won.record_id, won.digest, won.received_at FROM (
    SELECT record_id, max(seq) AS seq
    FROM (SELECT record_id, seq FROM ledger.journal ORDER BY seq DESC LIMIT $1) AS last GROUP BY record_id
) AS recent
CROSS JOIN LATERAL (
    SELECT record_id, digest, received_at FROM ledger.journal
    WHERE record_id = recent.record_id ORDER BY received_at, digest, journal.seq LIMIT 1
) AS won
ORDER BY recent.seq DESC
"""

INCIDENTS = """
SELECT * FROM ledger.incidents WHERE status = $1 AND merged_into IS NULL
ORDER BY occurred_at DESC NULLS LAST, incident_id
"""

# A pointer names the canonical incident itself; following it further only bridges the moment between two updates.
CANONICAL = """
WITH RECURSIVE chain AS (
    SELECT incident_id, merged_into, aliases, 1 AS step FROM ledger.incidents
    WHERE status = $1 AND incident_id = $2
    UNION ALL
    SELECT next.incident_id, next.merged_into, next.aliases, step + 1
    FROM chain JOIN ledger.incidents AS next ON next.status = $1 AND next.incident_id = chain.merged_into
    WHERE step < 64
)
SELECT incident_id, aliases FROM chain ORDER BY step DESC LIMIT 1
"""

WATERMARK = """
SELECT CASE WHEN count(*) >= (SELECT count(*) FROM ledger.positions WHERE topic = 'incident.reports')
    THEN min(folded_until) END
FROM ledger.progress
"""

UNITS_BELOW = """
SELECT unit FROM ledger.situation
WHERE status = $1 AND incident_id = $2 AND unit BETWEEN $3 AND $4 AND shown
"""

SITUATION = """
SELECT unit, version, figures, beside FROM ledger.situation
WHERE status = $1 AND incident_id = $2 AND unit = ANY($3::text[])
"""


def judgement(row: Record) -> Judgement | None:
    """The outcome of a row joined with ledger.outcomes."""
    if row["disposition"] is None:
        return None
    return Judgement(
        disposition=row["disposition"], flags=row["flags"], standing=row["standing"], version=row["version"]
    )


async def canonical_incident(connection: AnyConnection, status: str, incident_id: str) -> str | None:
    """The incident that `incident_id` counts under (R14); None when the worker knows none of this id."""
    row = await connection.fetchrow(CANONICAL, status, incident_id)
    return None if row is None else str(row["incident_id"])


class LedgerReader:
    """Reads what the writer has committed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def record(self, record_id: str) -> tuple[bytes | None, Judgement | None]:
        """The record's JSON and its outcome; either may not be known yet."""
        async with self._database.connection() as connection:
            row = await connection.fetchrow(RECORD, record_id)
        assert row is not None
        return row["content"], judgement(row)

    async def newest(self, limit: int) -> list[KnownRecord]:
        """KnownRecords: what stood last on the log, newest first, each with its winning content and stamp."""
        async with self._database.connection() as connection:
            return [KnownRecord(*row) for row in await connection.fetch(NEWEST_RECORDS, limit)]

    async def incidents(self, status: str) -> list[Incident]:
        """Canonical incidents, the latest disaster first."""
        async with self._database.connection() as connection:
            rows = await connection.fetch(INCIDENTS, status)
        return [Incident(**{name: row[name] for name in Incident.__struct_fields__}) for row in rows]

    async def situation(self, incident_id: str, status: str, unit: str, depth: int) -> Situation | None:
        """The unit's figures, and the units down to `depth` levels below (−1: all); None: no such incident."""
        async with self._database.snapshot() as connection:
            canonical = await canonical_incident(connection, status, incident_id)
            if canonical is None:
                return None
            watermark = await connection.fetchval(WATERMARK)
            children: Mapping[str, list[str]] = {unit: []}
            if depth != 0:
                below = await connection.fetch(UNITS_BELOW, status, canonical, *domain.code_range(unit))
                children = domain.nest(unit, [row["unit"] for row in below])
            wanted = domain.within_depth(unit, children, depth)
            rows = await connection.fetch(SITUATION, status, canonical, sorted(wanted))
        tree = _Tree(canonical, status, watermark, {row["unit"]: row for row in rows}, children)
        return tree.at(unit, depth)


class _Tree:
    """Builds nested answers from flat rows."""

    def __init__(
        self,
        incident_id: str,
        status: str,
        watermark: datetime | None,
        rows: Mapping[str, Record],
        children: Mapping[str, list[str]],
    ) -> None:
        self._incident_id, self._status, self._watermark = incident_id, status, watermark
        self._rows, self._children = rows, children

    def at(self, unit: str, depth: int) -> Situation:
        """The unit and `depth` levels below it (−1: all)."""
        row = self._rows.get(unit)
        children = [self.at(child, depth - 1) for child in self._children[unit]] if depth else UNSET
        return Situation(
            incident_id=self._incident_id,
            status=self._status,
            unit=unit,
            version=max(0, row["version"]) if row else 0,
            watermark=self._watermark,
            figures=Raw(row["figures"]) if row else NO_FIGURES,
            beside=Raw(row["beside"]) if row and row["beside"] else UNSET,
            children=children,
        )
