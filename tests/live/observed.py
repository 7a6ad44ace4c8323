"""What clients do see of a set: over HTTP, and over the socket by a fresh snapshot or by a picture kept by deltas."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from datetime import datetime

import httpx
import msgspec

from fenghuo.client.feed import FeedClient, wait_for_first
from fenghuo.client.feed_picture import FeedPicture
from fenghuo.client.http import ApiClient, SituationView
from schemas.feed import Subscribe
from schemas.records import Status
from tests.live.expected import Seen, record_seen

WORLDS: tuple[Status, ...] = ("Actual", "Exercise", "Test")
LOOKUPS = 8
SNAPSHOT_SECONDS = 20.0


async def over_http(api: ApiClient, expected: Seen) -> tuple[Seen, datetime | None]:
    """What `GET /v1/records/{id}` and `GET …/situation?depth=-1` say of what is expected, and the least watermark."""
    seen = Seen()
    gate = asyncio.Semaphore(LOOKUPS)

    async def look_up(record_id: str) -> None:
        async with gate:
            view = await api.record(record_id)
        if view is None:
            return
        seen.records[record_id] = record_seen(view.record)
        if view.outcome is not None:
            found = view.outcome
            seen.outcomes[record_id] = found.disposition, tuple(sorted(found.flags)), found.standing

    await asyncio.gather(*map(look_up, expected.outcomes))
    marks: list[datetime | None] = []
    for status, incident in expected.canonical:
        situation = await api.situation(incident, status=status, depth=-1)
        if situation is None:
            continue
        marks.append(situation.watermark)
        seen.canonical[status, incident] = situation.incident_id
        if situation.incident_id == incident:
            _add_figures(seen, situation)
    known = [mark for mark in marks if mark is not None]
    return seen, min(known) if known and len(known) == len(marks) else None


def _add_figures(seen: Seen, situation: SituationView) -> None:
    waiting = [situation]
    while waiting:
        unit = waiting.pop()
        waiting += unit.children
        for key, figure in unit.figures.items():
            seen.figures[unit.status, unit.incident_id, unit.unit, key] = figure.total, figure.own


def of_pictures(client: FeedClient, expected: Seen) -> Seen:
    """What a subscriber of the set's incidents holds. It is told no records, and of canonical incidents only: both are
    taken as expected; what were shown under an alias would be a figure nobody expects.
    """
    seen = Seen(records=expected.records, canonical=expected.canonical)
    versions: dict[str, int] = {}
    for status in WORLDS:
        picture: FeedPicture = client.pictures[status]
        for record_id, outcome in picture.outcomes.items():
            # An id whose first content lost to one of another status was told in both worlds: the highest version counts.
            if outcome.version > versions.get(record_id, -1):
                versions[record_id] = outcome.version
                flags = tuple(sorted(outcome.flags))
                seen.outcomes[record_id] = outcome.disposition, flags, outcome.standing
        for (incident, unit), shown in picture.units.items():
            for key, figure in shown.figures.items():
                seen.figures[status, incident, unit, key] = figure.total, figure.own
    return seen


def subscriber(ws: str, incidents: Iterable[str]) -> FeedClient:
    """A client with one subscription for each world: every unit and every outcome of these incidents."""
    return FeedClient(
        ws,
        [
            Subscribe(
                id=status,
                incidents=list(incidents),
                unit="000000000000",
                depth=-1,
                status=status,
                kinds=["figures", "outcomes"],
            )
            for status in WORLDS
        ],
    )


@asynccontextmanager
async def subscribed(ws: str, incidents: Iterable[str]) -> AsyncIterator[FeedClient]:
    """A subscriber that stays connected, or comes back, for as long as the block runs. Has its first snapshots."""
    client = subscriber(ws, incidents)
    has_all = asyncio.Event()

    def look() -> None:
        if all(picture.seq for picture in client.pictures.values()):
            has_all.set()

    client.on_change = look
    running = asyncio.create_task(client.run(), name="subscriber")
    try:
        await asyncio.wait_for(has_all.wait(), SNAPSHOT_SECONDS)
        yield client
        assert not running.done(), f"the subscriber ended: {running!r}"
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def fresh_snapshot(ws: str, expected: Seen) -> Seen:
    """What somebody sees who subscribes now."""
    client = subscriber(ws, expected.incidents)
    await wait_for_first(client, SNAPSHOT_SECONDS)
    return of_pictures(client, expected)


class JournalEntry(msgspec.Struct, frozen=True):
    """Where a delivery lies on the log."""

    topic: str
    partition: int
    offset: int
    record: dict[str, object]


class _Page(msgspec.Struct, frozen=True):
    items: list[JournalEntry]
    next: str | None


async def journal(http: str, incidents: Iterable[str]) -> list[JournalEntry]:
    """Every entry of the journal of these incidents, page by page."""
    found: dict[tuple[str, int, int], JournalEntry] = {}
    async with httpx.AsyncClient(base_url=http, trust_env=False, timeout=15) as client:
        for incident in incidents:
            after: str | None = None
            while True:
                parameters = {"incident": incident, "limit": "100"} | ({"after": after} if after else {})
                answer = await client.get("/v1/journal", params=parameters)
                answer.raise_for_status()
                page = msgspec.json.decode(answer.content, type=_Page)
                for entry in page.items:
                    found[entry.topic, entry.partition, entry.offset] = entry
                if page.next is None:
                    break
                after = page.next
    return list(found.values())
