"""Whatever is killed or goes away, and whenever: every log entry is in the ledger once, and every change whole."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest
from prometheus_client import CollectorRegistry

from fenghuo.platform.tasks import cancel_and_wait
from schemas.outputs import Progress
from services.ledger.consumer import LedgerConsumer
from services.ledger.freshness import ConsumerState
from services.ledger.metrics import LedgerMetrics
from tests.integration.intake_system import Broker
from tests.integration.ledger_fixtures import log, place, servers
from tests.integration.ledger_samples import (
    COUNTY,
    EPOCH,
    INCIDENT,
    MORNING,
    NATION,
    TOWN,
    figure,
    outcome,
    report,
    update,
)
from tests.integration.ledger_system import (
    Postgres,
    Publisher,
    connected,
    fresh_topics,
    publisher,
    running_ledger,
    until,
)

__all__ = ["log", "place", "servers"]
pytestmark = [pytest.mark.integration, pytest.mark.fault]

LONG = "FENGHUO_TEST_LONG" in os.environ
RECORDS = 3_000
CHANGES = 400


class Consumer:
    """The ledger's writer as a task that can be cut off at any await."""

    def __init__(self, bootstrap: str, dsn: str) -> None:
        self._bootstrap, self._dsn = bootstrap, dsn
        self.state = ConsumerState()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self.state = ConsumerState()
        consumer = LedgerConsumer(self._bootstrap, self._dsn, self.state, LedgerMetrics(CollectorRegistry()))
        self._task = asyncio.create_task(consumer.run())

    async def cut(self) -> None:
        assert self._task is not None
        assert not self._task.done(), self._task.exception()
        await cancel_and_wait(self._task)

    async def until_problem(self, words: str) -> None:
        async def says() -> bool:
            return words in (self.state.reason(0.0) or "")

        await until(says, f"the ledger says {words!r}, not {self.state.reason(0.0)!r}")


@asynccontextmanager
async def consuming(place: tuple[str, str]) -> AsyncIterator[Consumer]:
    consumer = Consumer(*place)
    consumer.start()
    try:
        yield consumer
    finally:
        await consumer.cut()


async def publish_everything(log: Publisher) -> None:
    """RECORDS records on all partitions; CHANGES changes of three rows, with an outcome each."""
    writing = asyncio.create_task(log.records(report(number) for number in range(RECORDS)))
    for number in range(1, CHANGES + 1):
        await log.change(
            update(TOWN, number, {"dead": figure(number, number)}),
            update(COUNTY, number, {"dead": figure(number)}),
            update(NATION, number, {"dead": figure(number), "injured": figure(number // 2)}, last=True),
        )
        await log.outcome(
            outcome(f"r-{number % 50:05}", number, standing=("effective", "superseded")[number % 2])
        )
    await writing


async def check_whole(dsn: str) -> bool:
    """Whether every unit of the incident shows one and the same change."""
    async with connected(dsn) as connection:
        versions = await connection.fetch("SELECT DISTINCT version FROM ledger.situation")
    return len(versions) <= 1


async def check_everything(dsn: str) -> None:
    """Nothing lost, nothing doubled."""
    async with connected(dsn) as connection:
        journal = await connection.fetch("SELECT record_id FROM ledger.journal ORDER BY record_id")
        assert [row["record_id"] for row in journal] == [f"r-{number:05}" for number in range(RECORDS)]
        history = await connection.fetch(
            "SELECT unit, key, version FROM ledger.figure_history ORDER BY unit, key, version"
        )
        steps = range(1, CHANGES + 1)
        expected = [
            *((NATION, "dead", EPOCH + number) for number in steps),
            *((NATION, "injured", EPOCH + number) for number in steps if number == 1 or number % 2 == 0),
            *((COUNTY, "dead", EPOCH + number) for number in steps),
            *((TOWN, "dead", EPOCH + number) for number in steps),
        ]
        assert [tuple(row) for row in history] == sorted(expected)
        assert await connection.fetchval("SELECT count(*) FROM ledger.outcomes") == 50
        outcomes = await connection.fetchval("SELECT count(*) FROM ledger.outcome_history")
        # 50 is even: a record's standing never changes, so each has one outcome in its history.
        assert outcomes == 50


async def until_all_read(dsn: str) -> None:
    async def read() -> bool:
        async with connected(dsn) as connection:
            found = await connection.fetchval(
                "SELECT sum(next_offset) FROM ledger.positions WHERE topic <> 'situation.progress'"
            )
        return bool(found == RECORDS + CHANGES * 4)

    await until(read, "everything is read")


@pytest.mark.parametrize("seed", range(1, 3 + 20 * LONG))
async def test_the_consumer_is_cut_at_random_moments(
    place: tuple[str, str], log: Publisher, seed: int
) -> None:
    chance = random.Random(seed)
    consumer = Consumer(*place)
    writing = asyncio.create_task(publish_everything(log))
    for _ in range(15):
        consumer.start()
        # A random moment, not a wait for something.
        await asyncio.wait([writing], timeout=chance.uniform(0.02, 0.9))
        await consumer.cut()
        assert await check_whole(place[1])
    await writing
    async with consuming(place):
        await until_all_read(place[1])
    await check_everything(place[1])


async def test_postgresql_is_killed_at_random_moments(
    servers: tuple[Broker, Postgres], place: tuple[str, str], log: Publisher
) -> None:
    _, postgres = servers
    chance = random.Random(4)
    kills = 4 + 20 * LONG
    async with consuming(place) as consumer:
        writing = asyncio.create_task(publish_everything(log))
        for _ in range(kills):
            await asyncio.wait([writing], timeout=chance.uniform(0.3, 1.2))
            postgres.kill()
            await consumer.until_problem("")
            postgres.start()
            await postgres.until_ready()
            assert await check_whole(place[1])
        await writing
        await until_all_read(place[1])
    await check_everything(place[1])


async def test_kafka_is_killed_and_comes_back(
    servers: tuple[Broker, Postgres], place: tuple[str, str]
) -> None:
    broker, _ = servers
    async with consuming(place) as consumer:
        async with publisher(place[0]) as log:
            await publish_everything(log)
        broker.stop(signal.SIGKILL)
        await consumer.until_problem("Kafka does not answer")
        broker.start()
        await until_all_read(place[1])
        await until(lambda: _no_problem(consumer), "the ledger is well again")
        async with publisher(place[0]) as log:
            await log.record(report(RECORDS))
        await until(lambda: _has(place[1], f"r-{RECORDS:05}"), "what is posted afterwards is stored")


async def _no_problem(consumer: Consumer) -> bool:
    return consumer.state.reason(0.0) is None


async def _has(dsn: str, record_id: str) -> bool:
    async with connected(dsn) as connection:
        found = await connection.fetchval("SELECT 1 FROM ledger.journal WHERE record_id = $1", record_id)
    return found is not None


async def test_a_redelivery_changes_nothing(place: tuple[str, str], log: Publisher) -> None:
    await publish_everything(log)
    async with consuming(place):
        await until_all_read(place[1])
    before = await _everything(place[1])
    async with connected(place[1]) as connection:
        await connection.execute("UPDATE ledger.positions SET next_offset = 0, newest_append_at = NULL")
    async with consuming(place):
        await until_all_read(place[1])
    assert await _everything(place[1]) == before
    await check_everything(place[1])


async def _everything(dsn: str) -> list[list[asyncpg.Record]]:
    tables = (
        "journal",
        "dead_letters",
        "situation",
        "incidents",
        "figure_history",
        "outcomes",
        "outcome_history",
    )
    async with connected(dsn) as connection:
        return [
            await connection.fetch(f"SELECT * FROM ledger.{table} ORDER BY 1, 2, 3, 4, 5") for table in tables
        ]


async def test_a_database_that_is_away_is_503_and_waited_for(
    servers: tuple[Broker, Postgres], place: tuple[str, str], log: Publisher
) -> None:
    _, postgres = servers

    class Spool:
        async def find(self, record_id: str) -> bytes | None:
            return b'{"record_id":"spooled"}' if record_id == "spooled" else None

    await log.record(report(1))
    postgres.kill()
    async with running_ledger(*place, Spool()) as ledger:
        for path in ("/v1/incidents", "/v1/records/r-00001", f"/v1/incidents/{INCIDENT}/situation", "/v1/journal",
                     "/v1/alarms", "/v1/dead-letters", f"/v1/incidents/{INCIDENT}/history"):  # fmt: skip
            answer = await ledger.client.get(path)
            assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
            assert int(answer.headers["retry-after"]) > 0
        assert (await ledger.get("/v1/records/spooled")) == {
            "record": {"record_id": "spooled"},
            "outcome": None,
        }
        assert set(ledger.health.problems()) == {"ledger: database", "ledger: log"}
        postgres.start()
        await ledger.until_ready()
        assert (await ledger.get("/v1/records/r-00001"))["record"]["record_id"] == "r-00001"
        assert (await ledger.client.get("/v1/records/nothing")).status_code == 404


async def test_a_second_writer_waits(place: tuple[str, str], log: Publisher) -> None:
    async with consuming(place) as first:
        await until(lambda: _no_problem(first), "the first reads")
        async with consuming(place) as second:
            await second.until_problem("another process writes this ledger")
            await log.record(report(1))
            await until(lambda: _has(place[1], "r-00001"), "the first goes on")
            await first.cut()
            await until(lambda: _no_problem(second), "the second takes over")
            first.start()


async def test_replaced_records_are_said_and_not_skipped(place: tuple[str, str], log: Publisher) -> None:
    await log.record(report(1))
    await log.record(report(2))
    async with consuming(place):
        await until(lambda: _has(place[1], "r-00002"), "both are stored")
    await fresh_topics(place[0])
    async with publisher(place[0]) as other:
        await other.record(report(3))
        async with consuming(place) as consumer:
            await consumer.until_problem("Kafka's data is not what the ledger has read")
            # Longer than before, so that the offset alone proves nothing.
            for number in range(4, 8):
                await other.record(report(number))
            await consumer.cut()
            consumer.start()
            await consumer.until_problem(
                "incident.reports[0] was read up to offset 2, but the log agrees only up to 0"
            )
    assert not await _has(place[1], "r-00003")


async def test_another_cluster_is_said(place: tuple[str, str]) -> None:
    async with consuming(place) as consumer:
        await until(lambda: _no_problem(consumer), "the ledger reads")
    async with connected(place[1]) as connection:
        await connection.execute("UPDATE ledger.log SET cluster_id = 'another'")
    async with consuming(place) as consumer:
        await consumer.until_problem("The ledger has read Kafka cluster another")


async def test_outputs_that_a_power_cut_shortened_are_read_again(
    servers: tuple[Broker, Postgres], place: tuple[str, str], log: Publisher
) -> None:
    """The record topics stand; of the outputs the last entries are gone, and their versions come back reused."""
    await log.record(report(1))
    for number in range(1, 5):
        await log.change(update(NATION, number, {"dead": figure(number)}, last=True))
        await log.outcome(outcome("r-00001", number))
    await log.progress(Progress(partition=0, folded_until=MORNING, version=EPOCH + 9))
    async with consuming(place):
        await until(lambda: _version(place[1], 4), "all is applied")
    await fresh_topics(place[0])
    async with publisher(place[0]) as other:
        # As if the cut had left nothing and the worker had begun again; then longer than it was.
        await other.record(report(1))
        for number in range(1, 4):
            await other.change(update(NATION, number, {"dead": figure(number * 10)}, last=True))
        async with connected(place[1]) as connection:
            await connection.execute(
                "UPDATE ledger.positions SET next_offset = 0, newest_append_at = NULL"
                " WHERE topic = 'incident.reports'"
            )
        async with consuming(place):
            await until(lambda: _version(place[1], 3), "the shorter log counts")
        for number in range(4, 9):
            await other.change(update(NATION, number, {"dead": figure(number)}, last=True))
        async with consuming(place):
            await until(lambda: _version(place[1], 8), "the worker's new versions count")


async def _version(dsn: str, number: int) -> bool:
    async with connected(dsn) as connection:
        found = await connection.fetchval("SELECT version FROM ledger.situation WHERE unit = $1", NATION)
    return bool(found == EPOCH + number)
