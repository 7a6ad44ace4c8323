"""Random record sets through the whole system: what clients see equals the naive model's fold.

`FENGHUO_TEST_ROUNDS=n` posts n times as many sets.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from fenghuo.platform.kafka import make_producer
from schemas.topics import RECORD_TOPICS
from tests.live.agreement import agrees, journal_has
from tests.live.device import FieldDevice, acknowledged, post_all
from tests.live.observed import subscribed
from tests.live.postings import as_actual, as_json, as_stamped, in_parts, incidents_of, shuffled_and_doubled
from tests.property.generators.sets import random_records
from tests.system import RunningSystem

pytestmark = pytest.mark.integration

ROUNDS = int(os.environ.get("FENGHUO_TEST_ROUNDS", "1"))
SIZE = 120
DEVICES = 4


@pytest.mark.parametrize("seed", range(6 * ROUNDS))
async def test_random_set_equals_the_model(live_system: RunningSystem, seed: int) -> None:
    rng = Random(seed)
    records = random_records(seed, SIZE, conflicting_ids=seed % 2 == 1, prefix=f"set{seed}-")
    deliveries = shuffled_and_doubled([as_json(record) for record in records], rng)
    devices = [FieldDevice(live_system.http) for _ in range(DEVICES)]
    async with subscribed(live_system.ws, incidents_of(records)) as kept:
        await post_all(devices, in_parts(deliveries, rng))
        stored = acknowledged(devices)
        refused = [problem for device in devices for _, problem in device.refused]
        # Another content under an id that intake knows never reaches the log; nothing else is refused.
        assert {problem["status"] for problem in refused} == ({409} if seed % 2 == 1 else set())
        assert len(stored) + len(refused) == len(deliveries)
        expected = await agrees(live_system, stored, kept)
        assert kept.connections == 1
    assert len(expected.outcomes) == SIZE
    await journal_has(live_system, expected)


async def test_actual_records_are_stamped_by_the_server(live_system: RunningSystem) -> None:
    records = random_records(77, SIZE, prefix="actual-")
    bodies = [as_json(record) for record in as_actual(records, datetime.now(UTC))]
    devices = [FieldDevice(live_system.http) for _ in range(DEVICES)]
    began = datetime.now(UTC)
    async with subscribed(live_system.ws, incidents_of(records)) as kept:
        await post_all(devices, in_parts(shuffled_and_doubled(bodies, Random(77)), Random(77)))
        stamped = await as_stamped(live_system.http, bodies)
        for record in map(json.loads, stamped):
            stamp = datetime.fromisoformat(record["received_at"])
            assert began - timedelta(seconds=1) <= stamp <= datetime.now(UTC) + timedelta(seconds=1)
        expected = await agrees(live_system, stamped, kept)
    assert len(expected.outcomes) == SIZE
    flags = {flag for _, flags, _ in expected.outcomes.values() for flag in flags}
    assert {"future_time", "late_arrival"} <= flags
    await journal_has(live_system, expected)


async def test_records_that_came_over_other_topics_and_partitions(live_system: RunningSystem) -> None:
    """records.md 1: the picture is the same "however the records travelled: […] over several topics and partitions"."""
    rng = Random(11)
    records = random_records(11, SIZE, conflicting_ids=True, prefix="strays-")
    deliveries = shuffled_and_doubled([as_json(record) for record in records], rng)
    producer = make_producer(live_system.state.addresses.kafka, client_id="strays")
    async with subscribed(live_system.ws, incidents_of(records)) as kept:
        await producer.start()
        try:
            for delivery in deliveries:
                topic = rng.choice(RECORD_TOPICS).name
                await producer.send(topic, delivery, partition=rng.randrange(6))
            await producer.flush()
        finally:
            await producer.stop()
        expected = await agrees(live_system, deliveries, kept)
    await journal_has(live_system, expected)
