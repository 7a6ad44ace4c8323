"""Fixtures of the ledger's tests: import the names that a test file uses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from services.ledger.migrate import migrate
from tests.integration.intake_system import Broker, running
from tests.integration.ledger_system import (
    Postgres,
    Publisher,
    RunningLedger,
    fresh_topics,
    publisher,
    running_ledger,
)
from tests.system import server_folder


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[Broker, Postgres]]:
    with server_folder() as folder:
        broker, postgres = Broker(folder), Postgres(folder)
        with running(broker):
            postgres.start()
            try:
                broker.create_topics()
                asyncio.run(postgres.until_ready())
                yield broker, postgres
            finally:
                postgres.kill()


@pytest.fixture
async def place(servers: tuple[Broker, Postgres]) -> tuple[str, str]:
    """Bootstrap address of a Kafka with empty topics, DSN of a database with empty tables."""
    broker, postgres = servers
    await fresh_topics(broker.bootstrap)
    dsn = await postgres.new_database()
    await migrate(dsn)
    return broker.bootstrap, dsn


@pytest.fixture
async def log(place: tuple[str, str]) -> AsyncIterator[Publisher]:
    async with publisher(place[0]) as found:
        yield found


@pytest.fixture
async def ledger(place: tuple[str, str]) -> AsyncIterator[RunningLedger]:
    async with running_ledger(*place) as found:
        await found.until_ready()
        yield found
