"""Latency of one record, POST → Kafka → fold → socket frame, beside two bare Kafka hops at the same rate.

A whole embedded system. A second gateway without a coalescing window is what the goals are for; the system's own
gateway, with its window, is shown beside it. The hops run on the same broker, the first topic flushed as records are.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from random import Random
from statistics import median
from typing import Any

import msgspec
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from fenghuo.embedded import ports
from fenghuo.embedded.deathsig import die_with_parent
from fenghuo.embedded.kafka import DURABLE_TOPIC
from fenghuo.platform.kafka import TopicSpec, ensure_topics, make_producer
from schemas.feed import SUBPROTOCOL
from tests.benchmarks.measured.relay import hop_consumer
from tests.benchmarks.poster import Poster, actual_report
from tests.benchmarks.records import townships
from tests.benchmarks.report import Goal, Report
from tests.benchmarks.sizes import Size
from tests.system import REPOSITORY, RunningSystem, fenghuo_system, server_folder, wait_until

RATES = (10, 100, 1_000)
PERCENTILES = {"p50": (0.5, 2.0), "p99": (0.99, 3.0), "p99.9": (0.999, None)}
"""(share, goal as a multiple of two bare hops)."""
INCIDENT = "010400-371300-20240709-01"
FIRST, SECOND = "bench.first", "bench.second"
HOPS, PATH, WINDOWED = "two bare hops", "post to frame", "post to frame, with the window"
LAST_SECONDS = 30.0
CONNECTIONS = 32
TOWNSHIPS = 20_000

Seen = Callable[[str], None]
Post = Callable[[str, int], Coroutine[Any, Any, None]]


def run(size: Size) -> Report:
    """Every rate in rounds, the hops and the system in turn."""
    report = Report("latency")
    with server_folder() as place, fenghuo_system(place, JDK_JAVA_OPTIONS="") as system:
        asyncio.run(_create_hops(system.state.addresses.kafka))
        with _gateway_without_window(system) as feed, _relay(system):
            for rate in RATES:
                _at(report, system, feed, rate, size)
    return report


def _at(report: Report, system: RunningSystem, feed: str, rate: int, size: Size) -> None:
    rounds: dict[str, dict[str, list[float]]] = {name: {} for name in (HOPS, PATH, WINDOWED)}
    for _ in range(size.rounds):
        asked = Asked(rate, size.latency_seconds)
        found = {
            HOPS: asyncio.run(_hops(system.state.addresses.kafka, asked)),
            PATH: asyncio.run(_path(system.http, feed, asked)),
            WINDOWED: asyncio.run(_path(system.http, f"{system.ws}/v1/feed", asked)),
        }
        for name, delays in found.items():
            delays.sort()
            for percentile, (share, _goal) in PERCENTILES.items():
                delay = delays[min(len(delays) - 1, int(share * len(delays)))] * 1000
                rounds[name].setdefault(percentile, []).append(delay)
    report.rounds[f"{rate}/s"] = rounds
    for percentile, (_, goal) in PERCENTILES.items():
        hops = rounds[HOPS][percentile]
        report.add(f"{rate}/s {percentile}: {HOPS}", median(hops), "ms")
        for name in (PATH, WINDOWED):
            own = rounds[name][percentile]
            report.add(
                f"{rate}/s {percentile}: {name}",
                median(own),
                "ms",
                beside=HOPS,
                ratio=median(one / other for one, other in zip(own, hops, strict=True)),
                goal=Goal("at most", goal) if goal and name == PATH else None,
            )
    print("\n".join("  " + " ".join(each.cells()[:4]) for each in report.measures[-9:]), flush=True)


class Asked:
    """So many records a second, for so long; when each was sent and when it was seen."""

    def __init__(self, rate: int, seconds: float) -> None:
        self.rate, self.number = rate, max(20, int(rate * seconds))
        self.sent: dict[str, float] = {}
        self.delays: list[float] = []
        self.all_seen = asyncio.Event()
        self.run_id = ""

    def begin(self) -> None:
        """Anew, under other ids."""
        self.sent, self.delays, self.all_seen = {}, [], asyncio.Event()
        self.run_id = os.urandom(4).hex()

    def seen(self, record_id: str) -> None:
        """A record has arrived; only the first time counts."""
        began = self.sent.pop(record_id, None)
        if began is None:
            return
        self.delays.append(time.monotonic() - began)
        if len(self.delays) == self.number:
            self.all_seen.set()

    async def send_all(self, post: Post) -> list[float]:
        """Open loop: each record at its own moment, however the others fare. Raises TimeoutError when any is lost."""
        rng, began = Random(1), time.monotonic()
        tasks: list[asyncio.Task[None]] = []
        for number in range(self.number):
            # At random within its slot: a fixed pace would beat against the pace of polls and windows.
            due = began + (number + rng.random()) / self.rate
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            record_id = f"{self.run_id}-{number}"
            self.sent[record_id] = time.monotonic()
            tasks.append(asyncio.create_task(post(record_id, number)))
        await asyncio.gather(*tasks)
        async with asyncio.timeout(LAST_SECONDS):
            await self.all_seen.wait()
        return self.delays


async def _path(http: str, feed: str, asked: Asked) -> list[float]:
    """Through the whole system: a record is seen when a figure that names it arrives."""
    asked.begin()
    units = townships(TOWNSHIPS)
    start = Random(asked.run_id).randrange(TOWNSHIPS)
    free: asyncio.Queue[Poster] = asyncio.Queue()
    for _ in range(CONNECTIONS):
        free.put_nowait(Poster(http.removeprefix("http://")))

    async def post(record_id: str, number: int) -> None:
        # Every record its own township: no later one takes its place before it is shown.
        poster = await free.get()
        await poster.post(actual_report(record_id, units[(start + number) % TOWNSHIPS], 1, INCIDENT))
        free.put_nowait(poster)

    async with _watching(feed, asked.seen):
        return await asked.send_all(post)


@asynccontextmanager
async def _watching(feed: str, seen: Seen) -> AsyncIterator[None]:
    """Subscribed to all figures of the incident, every frame read."""
    subscribe = {
        "type": "subscribe",
        "id": "bench",
        "incidents": [INCIDENT],
        "unit": "000000000000",
        "depth": -1,
        "status": "Actual",
        "kinds": ["figures"],
    }
    decode = msgspec.json.Decoder(Frame).decode
    async with connect(
        feed, subprotocols=[Subprotocol(SUBPROTOCOL)], max_size=None, compression=None
    ) as socket:
        await socket.send(json.dumps(subscribe))

        async def read(until_snapshot: bool) -> None:
            async for message in socket:
                frame = decode(message)
                for unit in frame.units:
                    for figure in unit.figures.values():
                        for record_id in figure.own_record_ids:
                            seen(record_id)
                if until_snapshot and frame.type == "snapshot":
                    return

        await read(until_snapshot=True)
        reading = asyncio.create_task(read(until_snapshot=False))
        try:
            yield
        finally:
            reading.cancel()


class FrameFigure(msgspec.Struct):
    """As much of a figure as is looked at."""

    own_record_ids: tuple[str, ...] = ()


class FrameUnit(msgspec.Struct):
    """One unit's row."""

    figures: dict[str, FrameFigure] = {}


class Frame(msgspec.Struct):
    """One frame of the feed."""

    type: str
    units: list[FrameUnit] = []


async def _hops(bootstrap: str, asked: Asked) -> list[float]:
    """Producer → topic → relay → topic → consumer, with the same bytes."""
    asked.begin()
    consumer = await hop_consumer(bootstrap, SECOND)
    producer = make_producer(bootstrap, client_id="bench-hops")
    await producer.start()

    async def read() -> None:
        while True:
            for messages in (await consumer.getmany(timeout_ms=1_000)).values():
                for message in messages:
                    asked.seen((message.key or b"").decode())

    async def post(record_id: str, number: int) -> None:
        await producer.send_and_wait(
            FIRST, actual_report(record_id, "371323104000", number), key=record_id.encode()
        )

    reading = asyncio.create_task(read())
    try:
        return await asked.send_all(post)
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        await producer.stop()
        await consumer.stop()


async def _create_hops(bootstrap: str) -> None:
    await ensure_topics(bootstrap, [TopicSpec(FIRST, 1, config=DURABLE_TOPIC), TopicSpec(SECOND, 1)])


@contextmanager
def _gateway_without_window(system: RunningSystem) -> Iterator[str]:
    """Its feed's address."""
    feed, health = ports.choose(2)
    settings = {"FENGHUO_FEED": f"127.0.0.1:{feed}", "FENGHUO_GATEWAY_HEALTH": f"127.0.0.1:{health}"}
    command = [sys.executable, "-m", "tests.benchmarks.measured.gateway"]
    with _child(command, system, settings):
        address = f"ws://127.0.0.1:{feed}/v1/feed"
        wait_until(lambda: _subscribes(address), 60, "the gateway without a window answers")
        yield address


def _subscribes(address: str) -> bool:
    async def tried() -> None:
        async with asyncio.timeout(5):
            async with _watching(address, lambda _: None):
                return

    try:
        asyncio.run(tried())
    except (OSError, TimeoutError, InvalidStatus):
        return False
    return True


@contextmanager
def _relay(system: RunningSystem) -> Iterator[None]:
    command = [
        sys.executable,
        "-m",
        "tests.benchmarks.measured.relay",
        system.state.addresses.kafka,
        FIRST,
        SECOND,
    ]
    with _child(command, system, {}) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        yield


@contextmanager
def _child(
    command: list[str], system: RunningSystem, settings: dict[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    own = {"FENGHUO_KAFKA_BOOTSTRAP": system.state.addresses.kafka, "FENGHUO_LOG_LEVEL": "ERROR"}
    process = subprocess.Popen(
        command,
        cwd=REPOSITORY,
        env={**system.environment, **own, **settings},
        stdout=subprocess.PIPE,
        preexec_fn=die_with_parent(signal.SIGKILL),
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
