"""A Kafka, a PostgreSQL that can be killed and started again, and the ledger between them, for the ledger's tests."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import msgspec
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from fenghuo.embedded.deathsig import die_with_parent
from fenghuo.embedded.postgres import PostgresServer
from fenghuo.platform.health import Health
from fenghuo.platform.kafka import TopicSpec, ensure_topics, make_producer
from fenghuo.platform.problems import install_problems
from fenghuo.platform.settings import Settings
from schemas.outputs import DeadLetter, Outcome, Progress, UnitUpdate, dead_letter_key, encoder, update_key
from schemas.problems import problem_type
from schemas.topics import TOPIC_OF_TYPE, TOPICS
from services.ledger.ports import PendingRecords
from services.ledger.wiring import Service, build

PARTITIONS = 3
DEADLINE_SECONDS = 30.0


class Postgres:
    """A server of its own below `folder`, which every user must be able to enter."""

    def __init__(self, folder: Path) -> None:
        self._server = PostgresServer(folder / "postgres")
        self._server.prepare()
        self._log = folder / "postgres.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                self._server.command(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGKILL),
                cwd=self._server.cluster,
                **self._server.account.popen_options(),
            )

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        """End the server and all its backends at once."""
        if self._process is not None:
            if how is signal.SIGKILL:
                os.killpg(self._process.pid, how)
            else:
                self._process.send_signal(how)
            self._process.wait(30)
            self._process = None

    async def until_ready(self) -> None:
        async def answers() -> bool:
            try:
                await self._server.ensure_database()
            except (OSError, asyncpg.PostgresError):
                return False
            return True

        await until(answers, "PostgreSQL answers")

    async def new_database(self) -> str:
        """The DSN of an empty database."""
        name = f"t{uuid.uuid4().hex}"
        connection = await asyncpg.connect(self._server.dsn())
        try:
            await connection.execute(f"CREATE DATABASE {name}")
        finally:
            await connection.close()
        return self._server.dsn(name)


async def until(condition: Callable[[], Awaitable[object]], what: str) -> None:
    """Wait for a condition; fails the test with `what` after DEADLINE_SECONDS."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not await condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"after {DEADLINE_SECONDS} s still not true: {what}")
        await asyncio.sleep(0.05)


async def fresh_topics(bootstrap: str) -> None:
    """Every topic, empty."""
    specs = [TopicSpec(topic.name, PARTITIONS, config=topic.config) for topic in TOPICS]
    names = {topic.name for topic in TOPICS}

    async def existing() -> set[str]:
        admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
        await admin.start()
        try:
            found = names & set(await admin.list_topics())
            if found:
                await admin.delete_topics(sorted(found))
            return found
        finally:
            await admin.close()

    async def created() -> bool:
        try:
            # Deletion is finished some time after it is acknowledged.
            return not await existing() and len(await ensure_topics(bootstrap, specs)) == len(specs)
        except KafkaError:
            return False

    await until(created, "the topics are new")


class Publisher:
    """Plays intake and the worker: writes to any topic, in order."""

    def __init__(self, producer: AIOKafkaProducer) -> None:
        self._producer = producer

    async def send(self, topic: str, value: bytes | None, *, key: bytes = b"k", partition: int = 0) -> int:
        """One message, acknowledged; answers its offset."""
        sent = await self._producer.send_and_wait(topic, value, key=key, partition=partition)
        return int(sent.offset)

    async def record(self, record: dict[str, Any], *, partition: int = 0) -> bytes:
        """A record on the topic of its type; answers its bytes."""
        value = msgspec.json.encode(record)
        topic = TOPIC_OF_TYPE[record["type"]].name
        await self.send(topic, value, key=record["incident_id"].encode(), partition=partition)
        return value

    async def records(self, records: Iterable[dict[str, Any]]) -> None:
        """Many records, spread over the partitions."""
        waiting = []
        for number, record in enumerate(records):
            topic = TOPIC_OF_TYPE[record["type"]].name
            value = msgspec.json.encode(record)
            waiting.append(await self._producer.send(topic, value, partition=number % PARTITIONS))
        await asyncio.gather(*waiting)

    async def change(self, *updates: UnitUpdate, partition: int = 0) -> None:
        """The rows of one change as they are."""
        for update in updates:
            key = update_key(update.status, update.incident_id, update.unit)
            await self.send("situation.updates", encoder.encode(update), key=key, partition=partition)

    async def outcome(self, outcome: Outcome, *, partition: int = 0) -> None:
        await self.send(
            "record.outcomes", encoder.encode(outcome), key=outcome.record_id.encode(), partition=partition
        )

    async def progress(self, progress: Progress) -> None:
        key = str(progress.partition).encode()
        await self.send("situation.progress", encoder.encode(progress), key=key, partition=progress.partition)

    async def dead_letter(self, letter: DeadLetter) -> None:
        key = dead_letter_key(letter.topic, letter.partition, letter.offset)
        await self.send("dead.letters", encoder.encode(letter), key=key)


@asynccontextmanager
async def publisher(bootstrap: str) -> AsyncIterator[Publisher]:
    producer = make_producer(bootstrap, client_id="test")
    await producer.start()
    try:
        yield Publisher(producer)
    finally:
        await producer.stop()


class RunningLedger:
    """The ledger's service in this process, behind a client without a socket."""

    def __init__(self, client: httpx.AsyncClient, health: Health, service: Service, app: FastAPI) -> None:
        self.client, self.health, self.service, self.app = client, health, service, app

    async def get(self, path: str, **params: Any) -> Any:
        """The JSON of a GET that must succeed."""
        answer = await self.client.get(path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def pages(self, path: str, **params: Any) -> list[Any]:
        """All items of a paged list."""
        items: list[Any] = []
        while True:
            page = await self.get(path, **params)
            items += page["items"]
            if page["next"] is None:
                return items
            params["after"] = page["next"]

    async def until_ready(self) -> None:
        async def ready() -> bool:
            return not self.health.problems()

        await until(ready, f"the ledger is ready ({self.health.problems()})")


@asynccontextmanager
async def running_ledger(
    bootstrap: str, dsn: str, pending: PendingRecords | None = None, points: Path | None = None
) -> AsyncIterator[RunningLedger]:
    registry = CollectorRegistry()
    health = Health("test", registry)
    settings = Settings(kafka_bootstrap=bootstrap, database_url=dsn, points=points)  # type: ignore[call-arg]
    service = build(settings, health, pending, registry)
    app = FastAPI()
    app.include_router(service.router)
    install_problems(app, problem_type)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        service.lifespan(),
        httpx.AsyncClient(transport=transport, base_url="http://ledger") as client,
    ):
        yield RunningLedger(client, health, service, app)


@asynccontextmanager
async def connected(dsn: str) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    connection = await asyncpg.connect(dsn)
    try:
        yield connection
    finally:
        await connection.close()
