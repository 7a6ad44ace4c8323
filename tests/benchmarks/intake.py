"""Intake: accepted records/s with acks=all, singly and in batches of 100, beside a bare Starlette + aiokafka endpoint.

Each server alone on its core, the broker and the clients on the other. The ratio that counts is by the server's
processor time, which is the same as by the clock where the server is what limits.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count as count_from
from pathlib import Path
from statistics import median

import psutil

from fenghuo.embedded import ports
from schemas.topics import INCIDENT_REPORTS
from tests.benchmarks.kafka_log import benchmark_broker, count, create_all_topics
from tests.benchmarks.machine import MEASURED_CORE, pinned
from tests.benchmarks.poster import Poster, actual_report
from tests.benchmarks.records import TOWNSHIPS, townships
from tests.benchmarks.report import Goal, Report, paired
from tests.benchmarks.runtime import PARTITIONS
from tests.benchmarks.sizes import Size
from tests.system import REPOSITORY, wait_until

BATCH = 100
WAYS = {"singly": (64, 1, 0.45), "in batches of 100": (8, BATCH, 0.8)}
"""(connections, records a post, goal)."""
FENGHUO, BARE, BARE_BATCHES = "fenghuo", "bare", "bare, whole batches"
START_SECONDS = 60.0


def run(size: Size) -> Report:
    """All servers in turn, singly and in batches."""
    report = Report("intake")
    with benchmark_broker() as (bootstrap, place):
        create_all_topics(bootstrap, PARTITIONS)
        for way, (connections, together, goal) in WAYS.items():
            rounds: dict[str, list[float]] = {}
            for _ in range(size.rounds):
                for name in _servers(together):
                    with _server(name, bootstrap, place) as (pid, address):
                        before = count(bootstrap, INCIDENT_REPORTS.name)
                        done = asyncio.run(_load(pid, address, connections, together, size.intake_seconds))
                        stored = count(bootstrap, INCIDENT_REPORTS.name) - before
                    if stored < done.records:
                        raise AssertionError(f"{name} acknowledged {done.records} and stored {stored}")
                    rounds.setdefault(name, []).append(done.per_processor_second)
                    rounds.setdefault(f"{name}, clock", []).append(done.per_second)
                    print(f"  {way}: {name:22} {done.per_second:8,.0f} records/s", flush=True)
            report.rounds[way] = rounds
            _add(report, way, rounds, goal)
    return report


def _servers(together: int) -> tuple[str, ...]:
    return (FENGHUO, BARE) if together == 1 else (FENGHUO, BARE, BARE_BATCHES)


def _add(report: Report, way: str, rounds: dict[str, list[float]], goal: float) -> None:
    clock = median(rounds[f"{FENGHUO}, clock"])
    report.add(f"{way}: Fenghuo, by the clock", clock, "records/s")
    for name in [each for each in (BARE, BARE_BATCHES) if each in rounds]:
        report.add(
            f"{way}: {name}",
            median(rounds[f"{name}, clock"]),
            "records/s",
            beside=f"Fenghuo / {name}",
            ratio=paired(rounds, f"{FENGHUO}, clock", f"{name}, clock"),
        )
        report.add(
            f"{way}: {name}, by processor time",
            median(rounds[name]),
            "records/s",
            beside=f"Fenghuo / {name}",
            ratio=paired(rounds, FENGHUO, name),
            goal=Goal("at least", goal) if name == BARE else None,
        )


class Done:
    """What was accepted in how long."""

    def __init__(self, records: int, seconds: float, processor_seconds: float) -> None:
        self.records = records
        self.per_second = records / seconds
        self.per_processor_second = records / max(processor_seconds, 1e-9)


async def _load(pid: int, address: str, connections: int, together: int, seconds: float) -> Done:
    """Closed loop: every connection posts as soon as it is answered. A tenth of the time warms up."""
    posters = [Poster(address) for _ in range(connections)]
    units, numbers, accepted = townships(TOWNSHIPS), count_from(), 0
    ends = time.monotonic() + seconds * 1.1
    run_id = os.urandom(4).hex()

    def body() -> bytes:
        made = []
        for _ in range(together):
            number = next(numbers)
            made.append(actual_report(f"{run_id}-{number}", units[number % len(units)], number // 1000))
        return made[0] if together == 1 else b"[%b]" % b",".join(made)

    async def post_on(poster: Poster) -> None:
        nonlocal accepted
        while time.monotonic() < ends:
            await poster.post(body())
            accepted += together

    tasks = [asyncio.create_task(post_on(poster)) for poster in posters]
    await asyncio.sleep(seconds * 0.1)
    process = psutil.Process(pid)
    began, before, cpu = time.monotonic(), accepted, sum(process.cpu_times()[:2])
    await asyncio.gather(*tasks)
    took, used = time.monotonic() - began, sum(process.cpu_times()[:2]) - cpu
    for poster in posters:
        poster.close()
    return Done(accepted - before, took, used)


@contextmanager
def _server(name: str, bootstrap: str, place: Path) -> Iterator[tuple[int, str]]:
    """(pid, address) of a server that takes records."""
    (port,) = ports.choose(1)
    address = f"127.0.0.1:{port}"
    bare = [sys.executable, "-m", "tests.benchmarks.measured.bare_intake", bootstrap, str(port)]
    command = {
        FENGHUO: [sys.executable, "-m", "services.web"],
        BARE: [*bare, "single"],
        BARE_BATCHES: [*bare, "batches"],
    }[name]
    settings = {
        "FENGHUO_HTTP": address,
        "FENGHUO_SERVICES": "intake",
        "FENGHUO_KAFKA_BOOTSTRAP": bootstrap,
        "FENGHUO_DATA": str(place / "intake"),
        # Nothing listens there: only what is known already of ids, which are all new, would be asked of it.
        "FENGHUO_DATABASE_URL": "postgresql://127.0.0.1:1/fenghuo",
        "FENGHUO_LOG_LEVEL": "ERROR",
    }
    with (place / f"{port}.log").open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=REPOSITORY,
            env=os.environ | settings,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            preexec_fn=pinned(MEASURED_CORE),
        )
    try:
        _wait_for(process, _takes_records(address), f"{name} takes records ({place}/{port}.log)")
        yield process.pid, address
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def _takes_records(address: str) -> Callable[[], bool]:
    async def tried() -> None:
        poster = Poster(address)
        try:
            await poster.post(actual_report(os.urandom(8).hex(), townships(1)[0], 0))
        finally:
            poster.close()

    def takes() -> bool:
        try:
            asyncio.run(tried())
        except (OSError, RuntimeError, asyncio.IncompleteReadError):
            return False
        return True

    return takes


def _wait_for(process: subprocess.Popen[bytes], condition: Callable[[], bool], what: str) -> None:
    def settled() -> bool:
        assert process.poll() is None, f"it ended: {what}"
        return condition()

    wait_until(settled, START_SECONDS, what)
