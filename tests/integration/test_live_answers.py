"""What a person at the front notices: the record is found, judged, shown, and how soon."""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from fenghuo.client.feed import FeedClient
from fenghuo.client.http import ApiClient, RecordView
from tests.live.agreement import agrees
from tests.live.device import FieldDevice
from tests.live.expected import Json
from tests.live.observed import subscribed
from tests.live.postings import as_json
from tests.system import RunningSystem

pytestmark = pytest.mark.integration

TOWNSHIP = "371323113000"
FOUND_SECONDS = 2.0
JUDGED_SECONDS = 10.0
SINGLES = 200


def report(number: int, incident: str, **fields: object) -> Json:
    """The number-th report of a township on the dead, each with a later as_of; status Actual, so without a stamp."""
    now = datetime.now(UTC)
    return {
        "record_id": f"{incident}-{number:04d}",
        "type": "loss_report",
        "incident_id": incident,
        "source": {"org": "泉庄镇应急办", "class": "official_stat", "level": "township"},
        "as_of": now.isoformat(),
        "sent_at": now.isoformat(),
        "rows": [{"unit": TOWNSHIP, "values": {"dead": number}}],
        **fields,
    }


async def found(api: ApiClient, record_id: str, *, judged: bool) -> RecordView:
    """Look until the record, or its outcome, is there."""
    while True:
        view = await api.record(record_id)
        if view is not None and (view.outcome is not None or not judged):
            return view
        await asyncio.sleep(0.02)


async def test_a_record_is_found_and_judged_soon_after_its_202(live_system: RunningSystem) -> None:
    device = FieldDevice(live_system.http)
    async with ApiClient(live_system.http) as api:
        for number in range(1, 11):
            record = report(number, "soon")
            await device.post([as_json(record)])
            view = await asyncio.wait_for(found(api, record["record_id"], judged=False), FOUND_SECONDS)
            assert view.record.keys() == record.keys() | {"received_at"}
            view = await asyncio.wait_for(found(api, record["record_id"], judged=True), JUDGED_SECONDS)
            assert view.outcome is not None
            assert (view.outcome.disposition, view.outcome.standing) == ("accepted", "effective")
    assert len(device.acknowledged) == 10


async def test_a_merged_id_answers_with_its_canonical_incident(live_system: RunningSystem) -> None:
    stamp = "2024-07-09T09:00:00+08:00"
    times = {"as_of": stamp, "sent_at": stamp, "received_at": stamp, "status": "Exercise"}
    merge = report(3, "merge-a") | times | {"type": "incident_merge", "reason": "同一灾害"}
    merge |= {"from": "merge-b", "into": "merge-a"}
    del merge["rows"]
    second = report(2, "merge-b") | times | {"rows": [{"unit": "371323112000", "values": {"dead": 2}}]}
    records = [report(1, "merge-a") | times, second, merge]
    device = FieldDevice(live_system.http)
    async with subscribed(live_system.ws, ["merge-b"]) as by_alias:
        for record in records:
            await device.post([as_json(record)])
        # The subscriber of the merged id is shown the canonical incident.
        expected = await agrees(live_system, device.acknowledged, by_alias)
    assert expected.canonical["Exercise", "merge-b"] == "merge-a"
    assert expected.figures["Exercise", "merge-a", "371323000000", "dead"] == (Decimal(3), None)


async def test_the_same_record_with_another_content_is_refused(live_system: RunningSystem) -> None:
    device = FieldDevice(live_system.http)
    record = report(1, "taken")
    await device.post([as_json(record)])
    await device.post([as_json(record)])
    await device.post([as_json(record | {"note": "另一份"})])
    assert len(device.acknowledged) == 2
    assert [(problem["status"], problem["record_id"]) for _, problem in device.refused] == [
        (409, record["record_id"])
    ]


async def test_latency_from_post_to_socket_frame(live_system: RunningSystem) -> None:
    """Prints it: the figure of a record just posted arrives at a subscriber."""
    incident = "latency"
    device = FieldDevice(live_system.http)
    took: list[float] = []
    async with subscribed(live_system.ws, [incident]) as client:
        for number in range(1, SINGLES + 1):
            body = as_json(report(number, incident))
            began = time.monotonic()
            await device.post([body])
            await asyncio.wait_for(is_shown(client, incident, number), JUDGED_SECONDS)
            took.append((time.monotonic() - began) * 1000)
    marks = statistics.quantiles(took, n=100)
    print(f"\nPOST → socket frame, {SINGLES} singles: p50 {marks[49]:.0f} ms, p99 {marks[98]:.0f} ms")
    assert len(json.loads(device.acknowledged[0])["rows"]) == 1


async def is_shown(client: FeedClient, incident: str, dead: int) -> None:
    """Wait until the subscriber has been told this many dead."""
    told = asyncio.Event()

    def look() -> None:
        unit = client.pictures["Actual"].units.get((incident, TOWNSHIP))
        figure = unit.figures.get("dead") if unit else None
        if figure is not None and figure.total == dead:
            told.set()

    client.on_change = look
    look()
    await told.wait()
