"""Every kind of alarm reaches HTTP and the socket, and is cleared when what raised it is no more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import get_args

import httpx
import pytest

from fenghuo.client.feed import FeedClient
from schemas.feed import Subscribe
from schemas.outputs import Alarm, AlarmKind
from tests.live.device import FieldDevice
from tests.live.expected import Json
from tests.live.postings import as_json
from tests.system import RunningSystem

pytestmark = pytest.mark.integration

INCIDENT = "alarms-live"
TOWN, COUNTY, SILENT_COUNTY = "371323113000", "371323000000", "371324000000"
SEEN_SECONDS = 20.0
NOW = datetime.now(UTC)


def record(name: str, type_: str = "loss_report", minutes_ago: int = 10, **fields: object) -> Json:
    at = (NOW - timedelta(minutes=minutes_ago)).isoformat()
    made: Json = {
        "record_id": f"{INCIDENT}-{name}",
        "type": type_,
        "incident_id": INCIDENT,
        "source": {"org": "院东头镇应急办", "class": "official_stat", "level": "township"},
        "as_of": at,
        "sent_at": at,
    }
    return made | fields


def rows(unit: str, **values: int) -> list[Json]:
    return [{"unit": unit, "values": values}]


def raising() -> list[Json]:
    """One alarm of each kind: a breach between two records, 11 people for 10 places, a site below zero, a clue that
    differs, an initial report three hours late, a county last heard 25 hours ago."""
    site: Json = {"unit": TOWN, "persons": 11}
    return [
        record("a", rows=rows(TOWN, dead=3)),
        record("b", minutes_ago=8, rows=rows(TOWN, pop_affected=2)),
        record("c", "evacuation_count", kind="headcount", site="中学", capacity=10, **site),
        record("d", "evacuation_count", kind="check_out", site="小学", doc_no="E-1", **site),
        record(
            "e", "clue", source={"org": "某报", "class": "media", "level": "county"}, rows=rows(TOWN, dead=9)
        ),
        record(
            "f",
            stage="initial",
            occurred_at=(NOW - timedelta(hours=3)).isoformat(),
            rows=rows("371323112000", dead=0),
        ),
        record("g", minutes_ago=25 * 60, rows=rows("371324101000", dead=0)),
    ]


def clearing() -> list[Json]:
    county = {"org": "沂水县应急管理局", "class": "official_stat", "level": "county"}
    return [
        record("h", minutes_ago=5, rows=rows(TOWN, dead=9)),
        record("i", minutes_ago=5, rows=rows(TOWN, pop_affected=30)),
        record("j", "evacuation_count", 5, kind="headcount", unit=TOWN, site="中学", persons=11, capacity=20),
        record("k", "evacuation_count", 5, kind="headcount", unit=TOWN, site="小学", persons=0),
        record("l", "review", 5, target=f"{INCIDENT}-f", decision="return", reason="重报", source=county),
        record("m", "zero_report", 5, rows=rows("371324101000", dead=0)),
    ]


@asynccontextmanager
async def watching(ws: str) -> AsyncIterator[FeedClient]:
    """A subscriber of the incident's alarms alone."""
    client = FeedClient(ws, [Subscribe(id="Actual", incidents=[INCIDENT], kinds=["alarms"])])
    running = asyncio.create_task(client.run(), name="subscriber")
    try:
        yield client
        assert not running.done(), f"the subscriber ended: {running!r}"
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def until(client: FeedClient, wanted: Callable[[list[Alarm]], bool]) -> list[Alarm]:
    """The alarms of the incident as the socket tells them, once they are as wanted."""
    told = asyncio.Event()

    def raised() -> list[Alarm]:
        return list(client.pictures["Actual"].alarms.values())

    def look() -> None:
        if wanted(raised()):
            told.set()

    client.on_change = look
    look()
    await asyncio.wait_for(told.wait(), SEEN_SECONDS)
    return raised()


async def listed_as(http: httpx.AsyncClient, wanted: set[tuple[str, str]]) -> None:
    """Wait until GET /v1/alarms lists these (kind, subject) as raised."""
    async with asyncio.timeout(SEEN_SECONDS):
        while True:
            found = {(alarm["kind"], alarm["subject"]) for alarm in await listed(http)}
            if found == wanted:
                return
            await asyncio.sleep(0.1)


async def listed(http: httpx.AsyncClient, **query: str) -> list[Json]:
    answer = await http.get("/v1/alarms", params={"incident": INCIDENT, "status": "Actual", **query})
    answer.raise_for_status()
    return [item["alarm"] for item in answer.json()["items"]]


async def test_every_kind_is_raised_and_cleared(live_system: RunningSystem) -> None:
    kinds = set(get_args(AlarmKind))
    device = FieldDevice(live_system.http)
    async with (
        httpx.AsyncClient(base_url=live_system.http, trust_env=False) as http,
        watching(live_system.ws) as client,
    ):
        await device.post([as_json(each) for each in raising()])
        assert device.refused == []
        told = await until(client, lambda alarms: {alarm.kind for alarm in alarms} == kinds)
        subjects: set[tuple[str, str]] = {(alarm.kind, alarm.subject) for alarm in told}
        assert subjects == {
            ("conflict", f"{TOWN}/dead"),
            ("invariant_breach", f"{TOWN}/dead<=pop_affected"),
            ("missing_report", SILENT_COUNTY),
            ("over_capacity", f"{TOWN}/中学"),
            ("overdue", f"{INCIDENT}-f"),
            ("shelter_below_zero", f"{TOWN}/小学"),
        }
        await listed_as(http, subjects)
        for kind in kinds:
            assert [alarm["kind"] for alarm in await listed(http, kind=kind)] == [kind]

        await device.post([as_json(each) for each in clearing()])
        assert device.refused == []
        await until(client, lambda alarms: not alarms)
        await listed_as(http, set())
        cleared = await listed(http, state="cleared")
        assert {(alarm["kind"], alarm["subject"]) for alarm in cleared} >= subjects
