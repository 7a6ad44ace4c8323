"""What cannot be judged goes to the dead letters, visibly, and everything behind it is judged all the same."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from typing import Any

import httpx
import pytest

from fenghuo.platform.kafka import make_producer
from tests.live.agreement import agrees
from tests.live.device import FieldDevice
from tests.live.expected import Json
from tests.live.observed import subscribed
from tests.live.postings import as_json
from tests.property.generators.sets import random_records
from tests.system import RunningSystem

pytestmark = pytest.mark.integration

DEADLINE_SECONDS = 20.0
KEY = b"a-strangers-key"
DEEP = b'{"record_id":' + b"[" * 20_000


async def append(
    system: RunningSystem, messages: list[tuple[str, int, bytes | None]]
) -> set[tuple[str, int, int]]:
    """Write (topic, partition, value) to the log as another program would; answers where they lie."""
    producer = make_producer(system.state.addresses.kafka, client_id="stranger")
    await producer.start()
    try:
        written = [
            await producer.send_and_wait(topic, value, key=KEY, partition=partition)
            for topic, partition, value in messages
        ]
    finally:
        await producer.stop()
    return {(place.topic, place.partition, place.offset) for place in written}


async def dead_letters(system: RunningSystem) -> dict[tuple[str, int, int], Json]:
    """Every dead letter by its origin."""
    found: dict[tuple[str, int, int], Json] = {}
    after: str | None = None
    async with httpx.AsyncClient(base_url=system.http, trust_env=False) as client:
        while True:
            parameters: dict[str, Any] = {"limit": 100} | ({"after": after} if after else {})
            answer = await client.get("/v1/dead-letters", params=parameters)
            answer.raise_for_status()
            page = answer.json()
            found |= {(item["topic"], item["partition"], item["offset"]): item for item in page["items"]}
            after = page["next"]
            if after is None:
                return found


async def buried(
    system: RunningSystem, places: set[tuple[str, int, int]]
) -> dict[tuple[str, int, int], Json]:
    """Wait until all of these are dead letters; fails the test at the deadline."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not places <= (letters := await dead_letters(system)).keys():
        assert time.monotonic() < deadline, f"not in the dead letters: {places - letters.keys()}"
        await asyncio.sleep(0.1)
    return {place: letters[place] for place in places}


async def test_messages_that_are_no_records(live_system: RunningSystem) -> None:
    records = random_records(5, 40, prefix="beside-garbage-")
    unstamped = {name: value for name, value in records[0].items() if name != "received_at"}
    unstamped["record_id"] = "unstamped"
    garbage: list[bytes | None] = [b"\x00\xff no JSON", b"[]", b"{}", b"", None, DEEP, as_json(unstamped)]
    device = FieldDevice(live_system.http)
    async with subscribed(live_system.ws, {record["incident_id"] for record in records}) as kept:
        await device.post([as_json(record) for record in records[:20]])
        places = await append(
            live_system, [("incident.reports", number % 6, value) for number, value in enumerate(garbage)]
        )
        await device.post([as_json(record) for record in records[20:]])
        letters = await buried(live_system, places)
        await agrees(live_system, device.acknowledged, kept)
    values = {base64.b64decode(letter["value"]) for letter in letters.values()}
    assert values == {value or b"" for value in garbage}
    assert all(letter["error"] and base64.b64decode(letter["key"]) == KEY for letter in letters.values())
    assert any("received_at" in letter["error"] for letter in letters.values())


async def test_of_two_contents_on_the_log_one_goes_to_the_dead_letters(live_system: RunningSystem) -> None:
    """records.md 2: of several contents "the one with the earliest stamp" is the record."""
    record = random_records(6, 1, prefix="two-contents-")[0]
    later = record | {"note": "后到的另一份", "received_at": "2031-01-01T00:00:00+08:00"}
    async with subscribed(live_system.ws, [record["incident_id"]]) as kept:
        first = await append(live_system, [("incident.reports", 0, as_json(later))])
        await append(live_system, [("rescue.dispatches", 3, as_json(record))])
        letter = (await buried(live_system, first)).popitem()[1]
        await agrees(live_system, [as_json(record), as_json(later)], kept)
    assert letter["record_id"] == record["record_id"]
    async with httpx.AsyncClient(base_url=live_system.http, trust_env=False) as client:
        shown = (await client.get(f"/v1/records/{record['record_id']}")).json()["record"]
    assert shown == json.loads(as_json(record))
