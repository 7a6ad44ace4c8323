"""Snapshots on a real log: a restart loads only what is reached, what is damaged is passed over, nothing is told twice."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random

import pytest

from fenghuo.platform.kafka import make_consumer, make_producer, stop_consumer
from schemas.topics import (
    RECORD_OUTCOMES,
    SITUATION_ALARMS,
    SITUATION_UPDATES,
    SNAPSHOT_CHUNKS,
    SNAPSHOT_MANIFESTS,
)
from streams.worker.reading import has_reached, partitions_of
from tests.live.installation import make_topics
from tests.live.outputs import Log, Outputs, agree, log_of, outputs
from tests.live.workers import Crew, WorkerProcess, crew
from tests.property.generators.sets import random_records
from tests.system import kafka_broker, server_folder, wait_until
from tests.unit.streams.records import OTHER_TOWN, TOWN, record, report

pytestmark = pytest.mark.integration

SOUGHT = (SITUATION_UPDATES.name, RECORD_OUTCOMES.name, SITUATION_ALARMS.name)
INCIDENTS = [f"010400-371323-20240709-{number:02d}" for number in range(8)]
SOON = {"FENGHUO_SNAPSHOT_AFTER": "0.2", "FENGHUO_INDEX_AFTER": "5", "FENGHUO_CLOSED_AFTER": "86400"}
SETTLED_SECONDS = 30


@dataclass(frozen=True)
class Place:
    bootstrap: str
    workers: Crew

    @property
    def worker(self) -> WorkerProcess:
        return self.workers.worker("solo")

    def restart(self) -> None:
        """kill -9, and the next one is ready."""
        self.worker.kill()
        self.workers.run("solo")


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    with server_folder() as folder, kafka_broker(folder) as bootstrap, crew(folder, bootstrap) as workers:
        yield Place(bootstrap, workers)


@asynccontextmanager
async def fresh(place: Place, **settings: str) -> AsyncIterator[tuple[Outputs, Log]]:
    """Fresh topics, and a worker at work on them."""
    place.workers.run()
    await make_topics(place.bootstrap)
    place.workers.configure(**(SOON | settings))
    place.workers.run("solo")
    async with outputs(place.bootstrap) as found, log_of(place.bootstrap, Random(0)) as log:
        yield found, log


async def of_every_incident(found: Outputs, log: Log) -> None:
    """Some records of each."""
    minutes = range(1, 6)
    await log.append(
        [
            report(minute, TOWN, {"missing": minute}, incident_id=one)
            for one in INCIDENTS
            for minute in minutes
        ]
    )
    await agree(found, log)


def have_snapshots(worker: WorkerProcess) -> None:
    """Wait until every incident has one, and the index names all records."""
    wait_until(
        lambda: (
            worker.metric("fenghuo_worker_snapshots_total") >= len(INCIDENTS)
            and worker.metric("fenghuo_worker_indexes_total") >= 1
        ),
        SETTLED_SECONDS,
        "every incident has a snapshot",
    )


def told(found: Outputs) -> dict[tuple[str, bytes], int]:
    """How often each key was published."""
    return {key: number for key, number in found.written.items() if key[0] in SOUGHT}


async def test_a_restart_loads_what_is_reached_and_reads_nothing_again(place: Place) -> None:
    async with fresh(place) as (found, log):
        await of_every_incident(found, log)
        have_snapshots(place.worker)
        before = told(found)
        place.restart()
        worker = place.worker
        assert worker.metric("fenghuo_worker_read_again_total") == 0
        assert worker.metric("fenghuo_worker_loaded_total") == 0, "what did not change stays at rest"
        await agree(found, log)
        assert told(found) == before
        reached = INCIDENTS[3]
        await log.append([report(9, OTHER_TOWN, {"injured": 2}, incident_id=reached)])
        await agree(found, log)
        assert worker.metric("fenghuo_worker_loaded_total") == 1
        assert worker.metric("fenghuo_worker_read_again_total") == 0
        changed = {key for key, number in told(found).items() if before.get(key) != number}
        assert {key for _, key in changed if b"|" in key} == {
            f"Exercise|{reached}|{unit}".encode()
            for unit in ("000000000000", "370000000000", "371300000000", "371323000000", OTHER_TOWN)
        }


async def test_what_came_after_the_snapshot_is_read_from_the_log(place: Place) -> None:
    async with fresh(place) as (found, log):
        await of_every_incident(found, log)
        have_snapshots(place.worker)
        place.worker.kill()
        late = [report(9, OTHER_TOWN, {"injured": 2}, incident_id=one) for one in INCIDENTS[:3]]
        early = [report(0, TOWN, {"missing": 7}, incident_id=one, as_of=20) for one in INCIDENTS[2:4]]
        merged = {
            "from": INCIDENTS[5],
            "into": INCIDENTS[6],
            "incident_id": INCIDENTS[6],
            "reason": "同一过程",
        }
        await log.append([*late, *early, record(10, "incident_merge", **merged)])
        place.workers.run("solo")
        await agree(found, log)
        assert place.worker.metric("fenghuo_worker_loaded_total") >= 5
        assert place.worker.metric("fenghuo_worker_read_again_total") <= 5 + 6, "only what no snapshot knows"


@pytest.mark.parametrize("topic", [SNAPSHOT_MANIFESTS.name, SNAPSHOT_CHUNKS.name])
async def test_damaged_snapshots_are_passed_over(place: Place, topic: str) -> None:
    async with fresh(place) as (found, log):
        await of_every_incident(found, log)
        have_snapshots(place.worker)
        before = told(found)
        place.worker.kill()
        await damage(place.bootstrap, topic)
        place.workers.run("solo")
        await log.append([report(9, TOWN, {"missing": 9}, incident_id=INCIDENTS[0])])
        await agree(found, log)
        changed = {key for key, number in told(found).items() if before.get(key) != number}
        assert {key.split(b"|")[1].decode() for _, key in changed if b"|" in key} == {INCIDENTS[0]}


async def damage(bootstrap: str, topic: str) -> None:
    """The chunks are gone, as when somebody deletes the topic; manifests say something that nobody understands."""
    if topic == SNAPSHOT_CHUNKS.name:
        await make_topics(bootstrap, (SNAPSHOT_CHUNKS,))
        return
    consumer = make_consumer(bootstrap, client_id="test-damage")
    producer = make_producer(bootstrap, client_id="test-damage")
    await consumer.start()
    await producer.start()
    try:
        partitions = await partitions_of(consumer, [topic])
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        ends = await consumer.end_offsets(partitions)
        keys = set()
        while not await has_reached(consumer, ends):
            for messages in (await consumer.getmany(timeout_ms=100)).values():
                keys |= {(message.partition, message.key) for message in messages}
        for partition, key in sorted(keys):
            await producer.send_and_wait(topic, b"damaged", key=key, partition=partition)
    finally:
        await producer.stop()
        await stop_consumer(consumer)


async def test_a_closed_incident_leaves_memory_and_comes_back(place: Place) -> None:
    async with fresh(place, FENGHUO_CLOSED_AFTER="0") as (found, log):
        await of_every_incident(found, log)
        await log.append([record(10, "incident_close", incident_id=one) for one in INCIDENTS[:4]])
        await agree(found, log)
        wait_until(
            lambda: place.worker.metric("fenghuo_worker_released_total") >= 4,
            SETTLED_SECONDS,
            "four are closed",
        )
        before = told(found)
        await log.append([report(0, TOWN, {"injured": 3}, incident_id=INCIDENTS[1])])
        await agree(found, log)
        changed = {key for key, number in told(found).items() if before.get(key) != number}
        assert {key.split(b"|")[1].decode() for _, key in changed if b"|" in key} == {INCIDENTS[1]}


async def test_random_sets_with_restarts_in_between(place: Place) -> None:
    async with fresh(place) as (found, log):
        for seed in range(3):
            records = random_records(300 + seed, 120, conflicting_ids=True, prefix=f"snap{seed}-")
            Random(seed).shuffle(records)
            await log.append(records[:60])
            await agree(found, log)
            place.restart()
            await log.append(records[60:])
            await agree(found, log)
