"""The picture as known at a moment equals the naive model's fold of what was on the log by then (records.md 1)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from random import Random
from typing import Any

import httpx
import pytest

from fenghuo.client.http import ApiClient, SituationView
from tests.integration.ledger_fixtures import ledger, log, place, servers
from tests.integration.ledger_system import Publisher, RunningLedger, until
from tests.live.expected import Json, Seen, by_the_model
from tests.live.postings import as_json, incidents_of
from tests.property.generators.sets import random_records

__all__ = ["ledger", "log", "place", "servers"]
pytestmark = pytest.mark.integration

SIZE = 90
MOMENTS = 12
WORLDS = ("Exercise", "Test")
MICROSECOND = timedelta(microseconds=1)


async def journal(ledger: RunningLedger, **filters: Any) -> list[Json]:
    return await ledger.pages("/v1/journal", order="oldest", **filters)


async def posted(log: Publisher, ledger: RunningLedger, records: list[Json]) -> list[tuple[datetime, bytes]]:
    """Put records on the log, each on any partition; answers (append time, record) of all, oldest first."""
    for number, record in enumerate(records):
        await log.record(record, partition=number % 3)

    async def kept() -> bool:
        return len(await journal(ledger)) >= len(records)

    await until(kept, "the records are in the journal")
    items = await journal(ledger)
    entries = [(datetime.fromisoformat(item["recorded_at"]), as_json(item["record"])) for item in items]
    return sorted(entries)


@asynccontextmanager
async def client_of(ledger: RunningLedger) -> AsyncIterator[ApiClient]:
    async with ApiClient("http://ledger", transport=httpx.ASGITransport(ledger.app)) as client:
        yield client


async def seen_at(ledger: RunningLedger, moment: datetime, incidents: list[str]) -> Seen:
    """Every figure of the incidents as known then."""
    seen = Seen()
    async with client_of(ledger) as client:
        for status in WORLDS:
            for incident in incidents:
                found = await client.situation(incident, status=status, depth=-1, known_at=moment)
                if found is None:
                    continue
                assert (found.known_at, found.version) == (moment, None)
                seen.canonical[status, incident] = found.incident_id
                if found.incident_id == incident:
                    _collect(seen, found)
    return seen


def _collect(seen: Seen, found: SituationView) -> None:
    for key, figure in found.figures.items():
        seen.figures[found.status, found.incident_id, found.unit, key] = figure.total, figure.own
    for child in found.children:
        _collect(seen, child)


@pytest.mark.parametrize("seed", range(4))
async def test_it_equals_the_model_at_any_moment(log: Publisher, ledger: RunningLedger, seed: int) -> None:
    rng = Random(seed)
    records = random_records(seed, SIZE, conflicting_ids=seed % 2 == 1)
    rng.shuffle(records)
    entries = await posted(log, ledger, records)
    incidents = incidents_of(records)
    appended = sorted({moment for moment, _ in entries})
    moments = [*rng.sample(appended, MOMENTS - 4), appended[0] - MICROSECOND, appended[0], appended[-1]]
    moments += [rng.choice(appended) - MICROSECOND, appended[-1] + timedelta(days=400)]
    for moment in moments:
        known = [record for recorded_at, record in entries if recorded_at <= moment]
        expected = by_the_model(known)
        seen = await seen_at(ledger, moment, incidents)
        assert seen.figures == expected.figures, moment
        for place_, canonical in expected.canonical.items():
            assert seen.canonical[place_] == canonical
