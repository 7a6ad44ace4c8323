"""Several workers on one broker: merges across their partitions, no figure published twice, a long rebuild in the group."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from random import Random

import pytest

from fenghuo.platform.kafka_batches import partition_of
from fenghuo.platform.settings import Settings
from schemas.topics import RECORD_OUTCOMES, SITUATION_ALARMS, SITUATION_UPDATES
from tests.live.agreement import agrees, journal_has
from tests.live.device import FieldDevice, acknowledged, post_all
from tests.live.expected import Json, Seen
from tests.live.installation import make_topics
from tests.live.merging import with_merges
from tests.live.observed import subscribed
from tests.live.outputs import Log, Outputs, agree, log_of, outputs
from tests.live.postings import as_json, in_parts, incidents_of, shuffled_and_doubled
from tests.live.workers import SESSION_SECONDS, Crew, crew
from tests.property.generators.sets import random_records
from tests.system import fenghuo_system, kafka_broker, server_folder, wait_until
from tests.unit.streams.records import COUNTY, TOWN, record, report

pytestmark = pytest.mark.integration

PARTITIONS = Settings().partitions
SOUGHT = (SITUATION_UPDATES.name, RECORD_OUTCOMES.name, SITUATION_ALARMS.name)
LONG = 15_000
_names = count()


@dataclass(frozen=True)
class Place:
    bootstrap: str
    workers: Crew


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    with server_folder() as folder, kafka_broker(folder) as bootstrap, crew(folder, bootstrap) as workers:
        yield Place(bootstrap, workers)


@asynccontextmanager
async def shared(place: Place, *names: str) -> AsyncIterator[tuple[Outputs, Log]]:
    """Fresh topics, and these workers at work on them."""
    place.workers.run()
    await make_topics(place.bootstrap)
    place.workers.run(*names)
    async with outputs(place.bootstrap) as found, log_of(place.bootstrap, Random(0)) as log:
        yield found, log


def incident_of(partition: int) -> str:
    """A new incident of a partition."""
    return next(
        name
        for name in (f"010400-371323-20240709-{next(_names):04d}" for _ in iter(int, 1))
        if partition_of(name.encode(), PARTITIONS) == partition
    )


def merge(minute: int, source: str, into: str) -> Json:
    return record(
        minute, "incident_merge", incident_id=into, reason="同一过程", **{"from": source, "into": into}
    )


def undoing(minute: int, undone: Json) -> Json:
    fields = {"incident_id": undone["from"], "supersedes": undone["record_id"], "reason": "不是", "rows": []}
    return record(minute, "correction", **fields)


def canonical(seen: Seen) -> dict[str, str]:
    return {incident: into for (_, incident), into in seen.canonical.items()}


async def test_merges_join_and_part_the_incidents_of_three_workers(place: Place) -> None:
    """A chain over three owners, a cycle that is refused and then wins, undone from either end."""
    async with shared(place, "anna", "bert", "cora") as (found, log):
        a, b, c = (incident_of(partition) for partition in (0, 2, 4))
        await log.append([report(1, TOWN, {"missing": 3}, incident_id=a)])
        await log.append([report(2, TOWN, {"injured": 5}, incident_id=b)])
        await log.append([report(3, COUNTY, {"dead": 1, "missing": 2}, incident_id=c)])
        await agree(found, log)
        a_to_b, b_to_c, c_to_a = merge(10, a, b), merge(11, b, c), merge(12, c, a)
        await log.append([a_to_b])
        assert canonical(await agree(found, log)) == {a: b, b: b, c: c}
        await log.append([b_to_c])
        assert canonical(await agree(found, log)) == {a: c, b: c, c: c}
        await log.append([c_to_a])
        assert canonical(await agree(found, log)) == {a: c, b: c, c: c}, "a cycle is refused"
        await log.append([report(13, TOWN, {"missing": 4}, incident_id=a)])
        await log.append([undoing(14, a_to_b)])
        assert canonical(await agree(found, log)) == {a: a, b: a, c: a}, "what it closed is no cycle any more"
        await log.append([merge(9, a, c), undoing(15, b_to_c)])
        assert canonical(await agree(found, log)) == {a: c, b: b, c: c}
        await log.append([report(16, TOWN, {"injured": 7}, incident_id=b)])
        await agree(found, log)


async def test_two_workers_come_to_the_fold_of_random_sets(place: Place) -> None:
    async with shared(place, "anna", "bert") as (found, log):
        for seed in range(4):
            rng, prefix = Random(seed), f"set{seed}-"
            records = random_records(seed, 120, conflicting_ids=True, prefix=prefix)
            records = with_merges(records, rng, prefix)
            rng.shuffle(records)
            for start in range(0, len(records), 7):
                await log.append(records[start : start + 7])
            await agree(found, log)


async def test_partitions_that_change_hands_are_not_published_again(place: Place) -> None:
    async with shared(place, "anna", "bert") as (found, log):
        await log.append(with_merges(random_records(5, 200), Random(5), "again-"))
        await agree(found, log)
        before = {key: number for key, number in found.written.items() if key[0] in SOUGHT}
        place.workers.run("anna", "bert", "cora")
        await agree(found, log)
        place.workers.worker("anna").kill()
        wait_until(lambda: _owned(place) == set(range(PARTITIONS)), 30, "the others have taken over")
        place.workers.wait_ready()
        place.workers.run("bert", "cora", "anna")
        await agree(found, log)
        assert {key: number for key, number in found.written.items() if key[0] in SOUGHT} == before


def _owned(place: Place) -> set[int]:
    """The partitions whose pictures the running workers say they publish."""
    return {number for worker in place.workers.running() for number in worker.partitions()}


async def test_a_rebuild_longer_than_the_session_keeps_its_place(place: Place) -> None:
    """Heartbeats go on while records are read, decoded and judged: so many of them that it takes longer than a session,
    however fast the machine is.
    """
    async with shared(place, "anna", "bert") as (_, log):
        written = 0
        while True:
            many = 2 * written or LONG
            await _append_reports(log, range(written, written + many))
            written += many
            place.workers.run()
            place.workers.run("anna", "bert")
            rebuilds = []
            for worker in place.workers.running():
                assert worker.metric("fenghuo_worker_records") == written
                assert worker.metric("fenghuo_worker_assignments_total") <= 2, (
                    "once alone, once with the other"
                )
                assert worker.metric("fenghuo_worker_takeovers_total") == 1
                rebuilds.append(worker.metric("fenghuo_worker_rebuild_seconds"))
            if max(rebuilds) > SESSION_SECONDS:
                return
            assert written < 30 * LONG, f"{written} records are rebuilt in {rebuilds} s"


async def _append_reports(log: Log, minutes: range) -> None:
    """One report a minute, all of one incident."""
    incident = incident_of(5)
    reports = [
        report(minute, TOWN, {"missing": minute}, incident_id=incident, org=f"应急办{minute % 7}")
        for minute in minutes
    ]
    for start in range(0, len(reports), 500):
        await log.append(reports[start : start + 500])


async def test_a_system_with_two_workers() -> None:
    """`FENGHUO_WORKERS=2`: clients see what the model says, over HTTP and the socket, also after one was killed."""
    rng = Random(9)
    records = with_merges(random_records(9, 120, prefix="two-"), rng, "two-")
    deliveries = shuffled_and_doubled([as_json(each) for each in records], rng)
    with server_folder() as folder, fenghuo_system(folder, FENGHUO_WORKERS="2") as system:
        assert [child.name for child in system.state.children if child.name.startswith("worker")] == [
            "worker",
            "worker-2",
        ]
        assert "worker-2" in system.fenghuo("status").stdout
        devices = [FieldDevice(system.http) for _ in range(4)]
        async with subscribed(system.ws, incidents_of(records)) as kept:
            parts = in_parts(deliveries, rng)
            await post_all(devices, parts[: len(parts) // 2])
            system.kill("worker-2")
            await post_all(devices, parts[len(parts) // 2 :])
            expected = await agrees(system, acknowledged(devices), kept)
        await journal_has(system, expected)
