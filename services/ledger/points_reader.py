"""Points of units: an operator's where there is one, else the newest that the unit's office has stated."""

from __future__ import annotations

from bisect import bisect_left
from datetime import datetime
from typing import Literal

import msgspec
from asyncpg import Record

from fenghuo.platform.postgres import Database
from schemas.records import Status
from services.ledger.paging import read_cursor, write_cursor
from services.ledger.points_file import ImportedPoints

# A record counts once it is judged, unless it was rejected, refused or returned; a held figure makes no office stand
# elsewhere. Of several contents of one id only the record's own counts.
_COUNTS = """COALESCE((
    SELECT judged.disposition NOT IN ('rejected', 'refused') AND judged.standing <> 'returned'
    FROM ledger.outcomes AS judged WHERE judged.record_id = report.record_id
), false) AND report.digest IS NOT DISTINCT FROM (
    SELECT journal.digest FROM ledger.journal WHERE journal.record_id = report.record_id
    ORDER BY journal.received_at, journal.digest, journal.seq LIMIT 1
)"""

# One unit after the other along the index, and of each one report after the other from the newest until one counts.
# Step by step, because the planner cannot know how many there are to pass over: left to itself it reads all of a unit.
CAPTURED = f"""
WITH RECURSIVE places AS (
    (SELECT unit FROM ledger.captured_points WHERE status = $1 AND unit BETWEEN $2 AND $3 ORDER BY unit LIMIT 1)
    UNION ALL
    SELECT (
        SELECT next.unit FROM ledger.captured_points AS next
        WHERE next.status = $1 AND next.unit > places.unit AND next.unit <= $3 ORDER BY next.unit LIMIT 1
    )
    FROM places WHERE places.unit IS NOT NULL
)
SELECT newest.* FROM places CROSS JOIN LATERAL (
    WITH RECURSIVE reports AS (
        SELECT report.*, {_COUNTS} AS counts FROM (
            SELECT * FROM ledger.captured_points AS held
            WHERE held.status = $1 AND held.unit = places.unit
            ORDER BY held.captured_at DESC, held.record_id DESC, held.digest DESC LIMIT 1
        ) AS report
        UNION ALL
        SELECT report.*, {_COUNTS} FROM reports CROSS JOIN LATERAL (
            SELECT * FROM ledger.captured_points AS held
            WHERE held.status = $1 AND held.unit = places.unit
                AND (held.captured_at, held.record_id, held.digest)
                    < (reports.captured_at, reports.record_id, reports.digest)
            ORDER BY held.captured_at DESC, held.record_id DESC, held.digest DESC LIMIT 1
        ) AS report
        WHERE NOT reports.counts
    )
    SELECT unit, record_id, lon, lat, accuracy_m, captured_at FROM reports WHERE counts
) AS newest
LIMIT $4
"""  # noqa: S608  every word is our own


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """Where a unit is, WGS84 degrees. Of an imported one record_id, as_of and accuracy_m are null."""

    unit: str
    lon: float
    lat: float
    source: Literal["imported", "captured"]
    record_id: str | None
    as_of: datetime | None
    accuracy_m: float | None


class Points(msgspec.Struct, frozen=True, kw_only=True):
    """A page of points in the order of their codes; `attribution`: whose the imported ones are, null without any."""

    attribution: str | None
    items: list[Point]
    next: str | None


class LedgerPoints:
    """Answers where units are."""

    def __init__(self, database: Database, imported: ImportedPoints) -> None:
        self._database, self._imported = database, imported
        self._units = sorted(imported.positions)

    async def within(self, first: str, last: str, status: Status, after: str | None, limit: int) -> Points:
        """Points of the units from `first` to `last`, beyond the cursor. Raises CursorError, DatabaseAwayError."""
        if after is not None:
            (cursor,) = read_cursor(after, str)
            # The next text after the code, in bytewise order.
            first = max(first, f"{cursor}0")
        async with self._database.snapshot() as connection:
            rows = await connection.fetch(CAPTURED, status, first, last, limit + 1)
        points = {row["unit"]: _captured(row) for row in rows}
        start = bisect_left(self._units, first)
        for unit in self._units[start : start + limit + 1]:
            if unit <= last:
                points[unit] = self._point(unit)
        found = sorted(points)
        return Points(
            attribution=self._imported.attribution,
            items=[points[unit] for unit in found[:limit]],
            next=write_cursor(found[limit - 1]) if len(found) > limit else None,
        )

    def _point(self, unit: str) -> Point:
        lon, lat = self._imported.positions[unit]
        return Point(
            unit=unit, lon=lon, lat=lat, source="imported", record_id=None, as_of=None, accuracy_m=None
        )


def _captured(row: Record) -> Point:
    return Point(
        unit=row["unit"],
        lon=row["lon"],
        lat=row["lat"],
        source="captured",
        record_id=row["record_id"],
        as_of=row["captured_at"],
        accuracy_m=row["accuracy_m"],
    )
