"""The gateway process on a real broker, and a writer of the outputs that a worker would publish."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import httpx
import msgspec
from aiokafka import AIOKafkaProducer
from prometheus_client.parser import text_string_to_metric_families

from fenghuo.client.feed import FeedClient
from fenghuo.embedded import ports
from fenghuo.platform.kafka import make_producer
from schemas.feed import Subscribe
from schemas.outputs import Alarm, Figure, IncidentHead, Outcome, Progress, UnitUpdate, encoder, update_key
from schemas.topics import RECORD_OUTCOMES, SITUATION_ALARMS, SITUATION_PROGRESS, SITUATION_UPDATES
from tests.integration.intake_system import Child
from tests.system import wait_until

NATION = "000000000000"
PROVINCE = "510000000000"
COUNTY = "513221000000"
MORNING = datetime(2019, 8, 20, 6, tzinfo=UTC)
DEADLINE_SECONDS = 30.0


def figure(total: int, own: int | None = None) -> Figure:
    return Figure(
        total=Decimal(total),
        own=None if own is None else Decimal(own),
        qualifier="exact",
        newest_as_of=MORNING,
        oldest_as_of=MORNING,
        status="unverified",
        parts=1,
    )


class Gateway(Child):
    """`python -m services.gateway` on ports of its own."""

    def __init__(self, folder: Path, bootstrap: str) -> None:
        feed, health = ports.choose(2)
        self.port = feed
        self.url = f"ws://127.0.0.1:{feed}/v1/feed"
        self._health = f"http://127.0.0.1:{health}"
        super().__init__(
            [sys.executable, "-m", "services.gateway"],
            folder / "gateway.log",
            FENGHUO_FEED=f"127.0.0.1:{feed}",
            FENGHUO_GATEWAY_HEALTH=f"127.0.0.1:{health}",
            FENGHUO_KAFKA_BOOTSTRAP=bootstrap,
        )

    def wait_ready(self) -> None:
        wait_until(self._is_ready, DEADLINE_SECONDS, "the gateway is ready")

    def metric(self, name: str, **labels: str) -> float:
        """The value of one sample, 0 where there is none yet."""
        text = httpx.get(f"{self._health}/metrics").text
        samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
        return next((s.value for s in samples if s.name == name and labels.items() <= s.labels.items()), 0.0)

    def _is_ready(self) -> bool:
        self.assert_alive()
        try:
            return httpx.get(f"{self._health}/readyz").status_code == 200
        except httpx.TransportError:
            return False


class Outputs:
    """Writes what a worker publishes; versions only grow, over all tests that share a broker."""

    def __init__(self, producer: AIOKafkaProducer, partitions: int) -> None:
        self._producer = producer
        self._partitions = partitions
        self._version = time.time_ns()

    async def change(self, incident: str, figures: dict[str, dict[str, Figure]], **nation: object) -> None:
        """One change of an incident: unit → all its figures. `nation`: more fields of the nation row."""
        units = list(figures)
        for unit in units:
            row = UnitUpdate(
                status="Exercise",
                incident_id=incident,
                unit=unit,
                figures=figures[unit],
                head=IncidentHead(name=incident) if unit == NATION and "merged_into" not in nation else None,
                last=unit == units[-1],
                version=self._next(),
            )
            if unit == NATION:
                row = msgspec.structs.replace(row, **nation)
            await self._producer.send(
                SITUATION_UPDATES.name,
                encoder.encode(row),
                key=update_key("Exercise", incident, unit),
                partition=0,
            )
        await self._producer.flush()

    async def outcome(self, outcome: Outcome) -> None:
        outcome = msgspec.structs.replace(outcome, version=self._next())
        await self.raw(RECORD_OUTCOMES.name, outcome.record_id.encode(), encoder.encode(outcome))

    async def alarm(self, alarm: Alarm, key: bytes) -> None:
        alarm = msgspec.structs.replace(alarm, version=self._next())
        await self.raw(SITUATION_ALARMS.name, key, encoder.encode(alarm))

    async def progress(self, moment: datetime, partitions: list[int] | None = None) -> None:
        for partition in range(self._partitions) if partitions is None else partitions:
            value = Progress(partition=partition, folded_until=moment, version=self._next())
            await self.raw(SITUATION_PROGRESS.name, str(partition).encode(), encoder.encode(value))

    async def raw(self, topic: str, key: bytes, value: bytes | None) -> None:
        await self._producer.send_and_wait(topic, value, key=key)

    def _next(self) -> int:
        self._version += 1
        return self._version


@asynccontextmanager
async def outputs(bootstrap: str, partitions: int) -> AsyncIterator[Outputs]:
    producer = make_producer(bootstrap, client_id="test-worker")
    await producer.start()
    try:
        yield Outputs(producer, partitions)
    finally:
        await producer.stop()


@asynccontextmanager
async def subscribed(url: str, *subscribes: Subscribe) -> AsyncIterator[FeedClient]:
    """A client that runs meanwhile; its own failure fails the test."""
    client = FeedClient(url, subscribes)
    task = asyncio.create_task(client.run())
    try:
        yield client
    finally:
        if task.done():
            task.result()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(condition: Callable[[], object], what: str, seconds: float = DEADLINE_SECONDS) -> None:
    """Wait on the running loop until `condition` holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"after {seconds} s still not true: {what}"
        await asyncio.sleep(0.02)
