"""What was shown then is what is answered for then: the gateway's snapshots and deltas, recorded while records arrive,
beside `situation?known_at=` of the watermark that was shown with them (records.md 1).

A watermark promises that everything appended up to it is in the picture; the picture may already have more. So a
picture is compared if nothing was appended between its watermark and the moment at which it was shown, which the
journal is asked about at the end: also while records arrive, wherever they left a gap.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from random import Random
from typing import NamedTuple

import httpx
import msgspec
import pytest

from fenghuo.client.feed import FeedClient
from fenghuo.client.rehearsal import rehearse
from schemas.outputs import Alternative, Figure
from schemas.scenario import load_scenario
from tests.live.device import FieldDevice, post_all
from tests.live.observed import WORLDS, subscribed
from tests.live.postings import as_json, in_parts, incidents_of, shuffled_and_doubled
from tests.property.generators.sets import random_records
from tests.system import RunningSystem

pytestmark = pytest.mark.integration

SIZE = 120
DEVICES = 3
PARTS = (3, 5, 8, 13, 20)
FEW = (1, 2, 4)
WAIT_SECONDS = 60.0
LEAST_DIFFERENT = 4

Row = tuple[dict[str, Figure], dict[str, tuple[Alternative, ...]]]
"""A unit's figures and what stands beside."""
Rows = dict[tuple[str, str, str], Row]
"""(status, incident, unit) → what is shown."""


class Shown(NamedTuple):
    """What a client showed at a moment, when the watermark was this."""

    at: datetime
    watermark: datetime
    rows: Rows


class PastUnit(msgspec.Struct):
    """A `Situation` as known at a moment, with whole figures."""

    incident_id: str
    status: str
    unit: str
    figures: dict[str, Figure]
    watermark: datetime | None
    known_at: datetime
    beside: dict[str, tuple[Alternative, ...]] = {}
    children: list["PastUnit"] = []  # noqa: UP037  msgspec resolves it


class JournalTimes(msgspec.Struct):
    """A page of the journal: when its entries were appended."""

    items: list["JournalTime"]  # noqa: UP037
    next: str | None


class JournalTime(msgspec.Struct):
    """One entry."""

    recorded_at: datetime


def shown_by(client: FeedClient) -> Shown:
    """A copy of all that the client shows now."""
    assert client.watermark is not None
    rows: Rows = {}
    for status in WORLDS:
        picture = client.pictures[status]
        for (incident, unit), told in picture.units.items():
            if told.figures or told.beside:
                rows[status, incident, unit] = dict(told.figures), dict(told.beside)
    return Shown(datetime.now(UTC), client.watermark, rows)


class Recorder:
    """Keeps what a client shows each time it hears of another watermark."""

    def __init__(self, client: FeedClient) -> None:
        self.shown: list[Shown] = []
        self._client = client
        self._heard = asyncio.Event()
        client.on_change = self._look

    def _look(self) -> None:
        watermark = self._client.watermark
        if watermark is not None and (not self.shown or watermark > self.shown[-1].watermark):
            self.shown.append(shown_by(self._client))
            self._heard.set()

    async def passed(self, moment: datetime) -> None:
        """Wait until everything appended up to a moment is in the client's picture."""
        async with asyncio.timeout(WAIT_SECONDS):
            while not self.shown or self.shown[-1].watermark < moment:
                self._heard.clear()
                await self._heard.wait()


async def recorded(
    system: RunningSystem, records: list[bytes], incidents: list[str], rng: Random, parts: Sequence[int]
) -> list[Shown]:
    """Post in parts; answers what a subscriber showed at each watermark, at the latest one after each part."""
    devices = [FieldDevice(system.http) for _ in range(DEVICES)]
    async with subscribed(system.ws, incidents) as client:
        recorder = Recorder(client)
        for part in in_parts(records, rng, parts):
            await post_all(devices, in_parts(part, rng))
            await recorder.passed(datetime.now(UTC))
        assert client.connections == 1
    return recorder.shown


async def append_times(http: httpx.AsyncClient, incidents: list[str]) -> list[datetime]:
    """When each entry of these incidents was appended, oldest first."""
    found: list[datetime] = []
    for incident in incidents:
        after: str | None = None
        while True:
            params = {"incident": incident, "limit": "500"} | ({"after": after} if after else {})
            answer = await http.get("/v1/journal", params=params)
            page = msgspec.json.decode(answer.content, type=JournalTimes)
            found += [item.recorded_at for item in page.items]
            if page.next is None:
                break
            after = page.next
    return sorted(found)


async def past(http: httpx.AsyncClient, status: str, incident: str, known_at: datetime) -> PastUnit | None:
    """The situation as known then, once the journal has everything up to then; None: the incident is not known."""
    deadline = asyncio.get_running_loop().time() + WAIT_SECONDS
    while True:
        answer = await http.get(
            f"/v1/incidents/{incident}/situation",
            params={"status": status, "depth": -1, "known_at": known_at.isoformat()},
        )
        if answer.status_code == 404:
            return None
        assert answer.status_code == 200, answer.text
        found = msgspec.json.decode(answer.content, type=PastUnit)
        assert found.known_at == known_at
        if found.watermark == known_at:
            return found
        assert asyncio.get_running_loop().time() < deadline, f"the journal is not complete up to {known_at}"
        await asyncio.sleep(0.2)


def rows_of(found: PastUnit) -> Rows:
    rows: Rows = {}
    waiting = [found]
    while waiting:
        unit = waiting.pop()
        waiting += unit.children
        if unit.figures or unit.beside:
            rows[unit.status, unit.incident_id, unit.unit] = unit.figures, unit.beside
    return rows


async def check(system: RunningSystem, recorded_: list[Shown], incidents: list[str]) -> None:
    """Fail unless each picture that was shown is what is answered for its watermark."""
    async with httpx.AsyncClient(base_url=system.http, trust_env=False, timeout=60) as http:
        appended = await append_times(http, incidents)
        exact = [
            shown
            for shown in recorded_
            if not any(shown.watermark < moment <= shown.at for moment in appended)
        ]
        for shown in exact:
            answered: Rows = {}
            for status in WORLDS:
                for incident in incidents:
                    found = await past(http, status, incident, shown.watermark)
                    if found is None:
                        continue
                    answered |= rows_of(found)
            assert answered.keys() == shown.rows.keys(), shown.watermark
            for place, row in shown.rows.items():
                assert answered[place] == row, (place, shown.watermark)
    different = {str(sorted(shown.rows.items())) for shown in exact}
    print(f"{len(recorded_)} watermarks, {len(exact)} compared, {len(different)} different pictures")
    assert len(different) > LEAST_DIFFERENT


@pytest.mark.parametrize("seed", [3, 4])
async def test_random_sets(live_system: RunningSystem, seed: int) -> None:
    rng = Random(seed)
    records = random_records(seed, SIZE, prefix=f"past{seed}-")
    deliveries = shuffled_and_doubled([as_json(record) for record in records], rng)
    incidents = incidents_of(records)
    await check(live_system, await recorded(live_system, deliveries, incidents, rng, PARTS), incidents)


@pytest.mark.parametrize("name", ["wenchuan-820", "rules"])
async def test_a_scenario(live_system: RunningSystem, name: str) -> None:
    rehearsal = rehearse(load_scenario(name), run="past", until=None)
    bodies = [posting.body for posting in rehearsal.postings]
    incidents = list(rehearsal.incidents)
    await check(live_system, await recorded(live_system, bodies, incidents, Random(name), FEW), incidents)
