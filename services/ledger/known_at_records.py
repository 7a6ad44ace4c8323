"""Which records were known at a moment: those of an incident with all that is merged with it, read from the journal.

The fold of these records is the picture as known then (records.md 1). Besides the incident's own it takes the records
that its corrections and reviews name elsewhere, so that `foreign_base` and `awaiting_base` come out as they did.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Set
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec
from asyncpg import Record

from fenghuo.platform.postgres import AnyConnection, Database
from services.ledger.reader import WATERMARK

END_OF_TIME = datetime.max.replace(tzinfo=UTC)
ANY_SEQ = 2**63 - 1

MERGES = """
SELECT record_id, content FROM ledger.journal
WHERE type = 'incident_merge' AND status = $1 AND recorded_at <= $2
"""

IS_KNOWN = "SELECT EXISTS (SELECT FROM ledger.journal WHERE incident_id = $1 AND status = $2)"

# The ids that were filed in these incidents by T. Only the ledger's one writer appends, so that what was there when it
# was counted is all that lies up to the greatest seq.
_FILED = """
SELECT DISTINCT record_id FROM ledger.journal
WHERE incident_id = ANY($1::text[]) AND status = $2 AND recorded_at <= $3 AND seq <= $4
"""

# All their deliveries by T, wherever else one is filed. OFFSET 0: one look into the index for each id, where a join might
# read the whole journal.
_DELIVERIES = f"""
FROM ({_FILED}) AS filed CROSS JOIN LATERAL (
    SELECT record_id, seq, recorded_at FROM ledger.journal
    WHERE record_id = filed.record_id AND recorded_at <= $3 AND seq <= $4 OFFSET 0
) AS found
"""  # noqa: S608

# One id, one record (records.md 2): of what was there by T the earliest stamp, then the smaller digest.
_COUNTING = """
CROSS JOIN LATERAL (
    SELECT record_id, type, content FROM ledger.journal
    WHERE record_id = wanted.record_id AND recorded_at <= $3 AND seq <= $4
    ORDER BY received_at, digest, seq LIMIT 1
) AS counting
"""

# Sums of the deliveries, so that what is known already need not be read again.
STATE = f"""
SELECT count(*) AS deliveries, coalesce(max(seq), 0) AS seq, max(recorded_at) AS newest {_DELIVERIES}
"""

RECORDS = f"SELECT counting.* FROM ({_FILED}) AS wanted {_COUNTING}"  # noqa: S608

# Those ids only of which a delivery was not known yet at an earlier moment.
NEWS = f"""
SELECT counting.* FROM (
    SELECT DISTINCT found.record_id {_DELIVERIES} WHERE found.recorded_at > $5 OR found.seq > $6
) AS wanted {_COUNTING}
"""  # noqa: S608

NAMED = """
SELECT DISTINCT ON (record_id) record_id, type, content FROM ledger.journal
WHERE record_id = ANY($1::text[]) AND recorded_at <= $2
ORDER BY record_id, received_at, digest, seq
"""

NAMED_STATE = """
SELECT count(*) AS deliveries, coalesce(max(seq), 0) AS seq FROM ledger.journal
WHERE record_id = ANY($1::text[]) AND recorded_at <= $2
"""


class _Ends(msgspec.Struct):
    """A merge's two incidents."""

    from_: str = msgspec.field(name="from")
    into: str


class _Links(msgspec.Struct):
    """What a correction or review names."""

    supersedes: str | None = None
    target: str | None = None


_ends = msgspec.json.Decoder(_Ends)
_links = msgspec.json.Decoder(_Links)


Identity = tuple[str, tuple[str, ...], int, int]
"""status, incidents, deliveries, seq"""


class Known(NamedTuple):
    """What was known of an incident. Equal `deliveries`, `seq` and incidents mean the same records of its own."""

    status: str
    incident_id: str
    known_at: datetime
    """The moment asked for; far in the future: now."""
    incidents: tuple[str, ...]
    """With all that merges known then join with it, either way."""
    deliveries: int
    seq: int
    newest_recorded_at: datetime | None
    watermark: datetime | None
    """Append time up to which the journal has everything."""

    @property
    def identity(self) -> Identity:
        """The same for the same records of the incidents' own."""
        return self.status, self.incidents, self.deliveries, self.seq


class Loaded(NamedTuple):
    """Records to be folded as they stood on the log: the incidents' own, and those elsewhere that they name (`named`)."""

    contents: list[bytes]
    named: frozenset[str]
    named_state: tuple[int, int]


class RecordsKnown:
    """Reads the journal as of a moment. Every method raises DatabaseAwayError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def known(self, incident_id: str, status: str, known_at: datetime) -> Known | None:
        """What there is to fold; None for an incident of which the journal has no record even now."""
        async with self._database.snapshot() as connection:
            watermark = await connection.fetchval(WATERMARK)
            merges = await connection.fetch(MERGES, status, known_at)
            incidents = joined_with(incident_id, (row["content"] for row in merges))
            state = await connection.fetchrow(STATE, incidents, status, known_at, ANY_SEQ)
            assert state is not None
            if not state["deliveries"] and not await _is_known(connection, incident_id, status):
                return None
        return Known(
            status=status,
            incident_id=incident_id,
            known_at=known_at,
            incidents=tuple(incidents),
            deliveries=state["deliveries"],
            seq=state["seq"],
            newest_recorded_at=state["newest"],
            watermark=watermark,
        )

    async def load(self, known: Known) -> Loaded:
        """All records known."""
        async with self._database.snapshot() as connection:
            rows = await connection.fetch(RECORDS, known.incidents, known.status, known.known_at, known.seq)
            return await _loaded(connection, known, rows, frozenset())

    async def load_news(self, known: Known, before: Known, named: frozenset[str]) -> Loaded:
        """The records of which more is known than `before`, of the same incidents; `named`: what was named then."""
        assert before.newest_recorded_at is not None
        async with self._database.snapshot() as connection:
            rows = await connection.fetch(
                NEWS,
                *(known.incidents, known.status, known.known_at, known.seq),
                *(before.newest_recorded_at, before.seq),
            )
            return await _loaded(connection, known, rows, named)

    async def named_state(self, named: Collection[str], known_at: datetime) -> tuple[int, int]:
        """The same for the same deliveries of records elsewhere."""
        async with self._database.connection() as connection:
            return await _named_state(connection, named, known_at)


def joined_with(incident_id: str, merges: Iterable[bytes]) -> list[str]:
    """The incidents that merges join with this one, in force or not, itself included; sorted."""
    neighbours: dict[str, set[str]] = {}
    for content in merges:
        ends = _ends.decode(content)
        neighbours.setdefault(ends.from_, set()).add(ends.into)
        neighbours.setdefault(ends.into, set()).add(ends.from_)
    found, waiting = {incident_id}, [incident_id]
    while waiting:
        more = neighbours.get(waiting.pop(), set()) - found
        found |= more
        waiting += more
    return sorted(found)


async def _is_known(connection: AnyConnection, incident_id: str, status: str) -> bool:
    """Whether the journal has a record of this incident by now, or a merge that names it."""
    if await connection.fetchval(IS_KNOWN, incident_id, status):
        return True
    merges = await connection.fetch(MERGES, status, END_OF_TIME)
    return len(joined_with(incident_id, (row["content"] for row in merges))) > 1


async def _loaded(
    connection: AnyConnection, known: Known, rows: list[Record], named: frozenset[str]
) -> Loaded:
    """The rows and, chains too, the records that their corrections and reviews name and that are not among them.

    A row may be filed elsewhere: then it keeps what is filed here under its id from counting.
    """
    there = {row["record_id"] for row in rows}
    wanted: Set[str] = named | ({name for row in rows for name in _names(row)} - there)
    elsewhere: list[Record] = []
    while wanted:
        named |= wanted
        fresh = await connection.fetch(NAMED, sorted(wanted), known.known_at)
        elsewhere += fresh
        wanted = {name for row in fresh for name in _names(row)} - there - named
    state = await _named_state(connection, named, known.known_at)
    return Loaded([bytes(row["content"]) for row in (*rows, *elsewhere)], named, state)


def _names(row: Record) -> Iterable[str]:
    if row["type"] not in ("correction", "review"):
        return ()
    links = _links.decode(row["content"])
    return (name for name in (links.supersedes, links.target) if name is not None)


async def _named_state(
    connection: AnyConnection, named: Collection[str], known_at: datetime
) -> tuple[int, int]:
    if not named:
        return 0, 0
    row = await connection.fetchrow(NAMED_STATE, sorted(named), known_at)
    assert row is not None
    return row["deliveries"], row["seq"]
