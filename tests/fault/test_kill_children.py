"""kill -9 of every process while records arrive: nothing lost, nothing doubled, the picture equals the model's.

`FENGHUO_TEST_ROUNDS=n` runs n times as many rounds, each with another set of records and other moments.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random

import psutil
import pytest

from fenghuo.client.feed import FeedClient
from fenghuo.client.http import ApiClient
from tests.live.agreement import agrees, journal_has
from tests.live.device import FieldDevice, acknowledged, post_all
from tests.live.observed import subscribed
from tests.live.postings import as_actual, as_json, as_stamped, in_parts, incidents_of
from tests.live.processes import CHILDREN, kill_and_recover, kill_and_restart, kill_everything
from tests.property.generators.sets import random_records
from tests.system import RunningSystem, fenghuo_system, server_folder, wait_until

pytestmark = pytest.mark.fault

ROUNDS = 3 * int(os.environ.get("FENGHUO_TEST_ROUNDS", "1"))
SIZE = 240
DEVICES = 4
PAUSE_SECONDS = 0.2
ANSWER_SECONDS = 3.0
POSTED_SECONDS = 120.0
CAUGHT_UP_SECONDS = 120.0


@pytest.fixture(scope="module")
def system() -> Iterator[RunningSystem]:
    with server_folder() as place, fenghuo_system(place) as running:
        yield running


@dataclass
class Replay:
    """A set of records on its way into the system."""

    system: RunningSystem
    bodies: list[bytes]
    devices: list[FieldDevice]
    kept: FeedClient

    async def has_reached(self, share: float) -> None:
        """Wait until this share of the set is acknowledged."""
        count = int(share * len(self.bodies))
        await asyncio.to_thread(
            wait_until,
            lambda: len(acknowledged(self.devices)) >= count,
            POSTED_SECONDS,
            f"{count} of {len(self.bodies)} records are acknowledged",
        )


@asynccontextmanager
async def replaying(system: RunningSystem, seed: int, prefix: str, *, actual: bool) -> AsyncIterator[Replay]:
    """Post a random set while the block does its harm; afterwards all of it is there, once, and judged as by the model.

    `actual`: in earnest, stamped by the server: what is posted again after a crash gets a second stamp, which must not
    count.
    """
    rng = Random(seed)
    records = random_records(seed, SIZE, prefix=prefix)
    bodies = [as_json(record) for record in (as_actual(records, datetime.now(UTC)) if actual else records)]
    rng.shuffle(bodies)
    async with subscribed(system.ws, incidents_of(records)) as kept:
        replay = Replay(system, bodies, [FieldDevice(system.http) for _ in range(DEVICES)], kept)
        posting = asyncio.create_task(
            post_all(replay.devices, in_parts(bodies, rng, (1, 1, 1, 2, 5)), PAUSE_SECONDS)
        )
        try:
            yield replay
            await posting
        finally:
            posting.cancel()
        await is_all_there_once(replay, actual=actual)


async def is_all_there_once(replay: Replay, *, actual: bool) -> None:
    """Every acknowledged record is found, in the journal, and in the picture as the model has it."""
    stored = acknowledged(replay.devices)
    assert sorted(stored) == sorted(replay.bodies)
    began = time.monotonic()
    await asyncio.to_thread(replay.system.wait_ready)
    stamped = await as_stamped(replay.system.http, stored) if actual else stored
    expected = await agrees(replay.system, stamped, replay.kept, CAUGHT_UP_SECONDS)
    assert len(expected.outcomes) == SIZE
    repeated = await journal_has(replay.system, expected)
    print(
        f"  {SIZE} records, {sum(device.retries for device in replay.devices)} retries,"
        f" slowest answer {max(device.slowest for device in replay.devices):.2f} s,"
        f" {repeated} deliveries twice on the log, caught up {time.monotonic() - began:.1f} s after the last posting"
    )


@pytest.mark.parametrize("number", range(ROUNDS))
async def test_children_are_killed(system: RunningSystem, number: int) -> None:
    """Two rounds of three one after the other, in another order each time, whether or not those before have recovered,
    the worker also while it rebuilds; every third round all at once.
    """
    order = Random(number).sample(CHILDREN, len(CHILDREN))
    groups = [order] if number % 3 == 2 else [[name] for name in (*order, "worker", "worker")]
    async with replaying(system, 100 + number, f"kill-{number}-", actual=number % 2 == 1) as replay:
        recoveries = []
        for step, names in enumerate(groups, start=1):
            await replay.has_reached(step / (len(CHILDREN) + 3))
            recoveries.append(asyncio.create_task(kill_and_recover(system, names)))
        found = [recovery for each in await asyncio.gather(*recoveries) for recovery in each]
        print("\nkilled, started again / works again after:", ", ".join(map(str, found)))


@pytest.mark.parametrize("number", range(ROUNDS // 3))
async def test_everything_is_killed_at_once_and_started_again(system: RunningSystem, number: int) -> None:
    async with replaying(system, 300 + number, f"all-{number}-", actual=number % 2 == 0) as replay:
        await replay.has_reached(0.4)
        await asyncio.to_thread(kill_everything, system)
        began = time.monotonic()
        answer = await asyncio.to_thread(system.fenghuo, "up", "--detach", "--no-demo")
        assert answer.returncode == 0, answer.stdout + answer.stderr
        print(f"\neverything killed; up again after {time.monotonic() - began:.1f} s")


async def test_records_are_taken_while_kafka_hangs_and_web_is_killed(system: RunningSystem) -> None:
    """A broker that accepts connections and says nothing: what is acknowledged lies in the spool, is found, and goes on
    to the log when the broker wakes.
    """
    records = random_records(400, 40, prefix="hung-")
    device = FieldDevice(system.http)
    kafka = psutil.Process(system.pid("kafka"))
    async with subscribed(system.ws, incidents_of(records)) as kept:
        kafka.suspend()
        try:
            await device.post([as_json(record) for record in records[:10]])
            await asyncio.to_thread(kill_and_restart, system, "web")
            for record in records[10:20]:
                await device.post([as_json(record)])
            async with ApiClient(system.http) as api:
                for record in records[:20]:
                    view = await api.record(record["record_id"])
                    assert view is not None
                    assert (view.record, view.outcome) == (record, None)
        finally:
            kafka.resume()
        await device.post([as_json(record) for record in records[20:]])
        await asyncio.to_thread(system.wait_ready)
        expected = await agrees(system, device.acknowledged, kept, CAUGHT_UP_SECONDS)
    print(f"\nslowest answer while Kafka hung: {device.slowest:.2f} s")
    assert device.slowest < ANSWER_SECONDS
    await journal_has(system, expected)
