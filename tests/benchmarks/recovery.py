"""Recovery: how long a worker that was killed takes until it is live again, with all its records on the log.

Its own path: read the outputs, read the log, fold, find that nothing differs. Beside it the pure fold of the same bytes
(decode and fold, no I/O) on the same core. Killed as soon as it is live it has taken no snapshot; then it may take them.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from fenghuo.embedded import ports
from tests.benchmarks.kafka_log import benchmark_broker, create_all_topics, fill
from tests.benchmarks.machine import MEASURED_CORE, pinned
from tests.benchmarks.records import Kind, record_messages
from tests.benchmarks.report import Goal, Report
from tests.benchmarks.runtime import PARTITIONS
from tests.benchmarks.sizes import Size
from tests.system import REPOSITORY

CASES = {"one incident": Kind(), "10,000 incidents": Kind(incidents=10_000)}
LIVE_SECONDS = 3_600.0
QUIET_SECONDS = 30.0
TAKEN = "fenghuo_worker_snapshots_total"


def run(size: Size) -> Report:
    """One incident, and many."""
    report = Report("recovery")
    for name, kind in CASES.items():
        found = _measured(size.recovery_records, kind)
        report.rounds[name] = {"records": size.recovery_records, **found}
        _add(report, f"{name}, {size.recovery_records:,} records", found)
        print("\n".join("  " + " ".join(each.cells()) for each in report.measures[-5:]), flush=True)
    return report


def _measured(number: int, kind: Kind) -> dict[str, float]:
    """Seconds of everything, and how many snapshots there were."""
    fold, fold_spent = _pure_fold(number, kind)
    with benchmark_broker() as (bootstrap, place):
        create_all_topics(bootstrap, PARTITIONS)
        fill(bootstrap, record_messages(number, kind))
        first, _ = _until_live(bootstrap, place)
        again, spent = _until_live(bootstrap, place)
        taken = _until_snapshots(bootstrap, place)
        restored, _ = _until_live(bootstrap, place)
    return {
        "fold": fold,
        "fold, cpu": fold_spent,
        "first": first,
        "killed": again,
        "killed, cpu": spent,
        "with snapshots": restored,
        "snapshots": taken,
    }


def _add(report: Report, what: str, found: dict[str, float]) -> None:
    report.add(f"{what}: pure fold of the same bytes", found["fold"], "s")
    for line, of, beside, goal in (
        ("first start, everything published", "first", "fold", None),
        ("killed and started again", "killed", "fold", Goal("at most", 1.2)),
        ("the same, by processor time", "killed, cpu", "fold, cpu", None),
        (
            f"with {found['snapshots']:.0f} snapshots",
            "with snapshots",
            "fold",
            Goal("at most", 10.0, of_figure=True),
        ),
    ):
        report.add(
            f"{what}: {line}", found[of], "s", beside="pure fold", ratio=found[of] / found[beside], goal=goal
        )


def _pure_fold(number: int, kind: Kind) -> tuple[float, float]:
    """(seconds by the clock, of processor time)."""
    command = [sys.executable, "-m", "tests.benchmarks.measured.pure_fold", str(number), str(kind.incidents)]
    done = subprocess.run(
        command, cwd=REPOSITORY, stdout=subprocess.PIPE, preexec_fn=pinned(MEASURED_CORE), check=True
    )
    clock, spent = map(float, done.stdout.split())
    return clock, spent


def _until_live(bootstrap: str, place: Path) -> tuple[float, float]:
    """Start a worker, wait until it says that it is ready, kill it: seconds by the clock, of processor time."""
    with _worker(bootstrap, place) as (process, health):
        began = time.monotonic()
        while not _is_ready(health):
            if process.poll() is not None:
                raise AssertionError((place / "worker.log").read_text(errors="replace")[-3000:])
            if time.monotonic() - began > LIVE_SECONDS:
                raise AssertionError(f"not live after {LIVE_SECONDS:.0f} s")
            time.sleep(0.1)
        took = time.monotonic() - began
        return took, sum(psutil.Process(process.pid).cpu_times()[:2])


def _until_snapshots(bootstrap: str, place: Path) -> int:
    """Let a live worker take its snapshots, until it takes no more; how many it took."""
    with _worker(bootstrap, place) as (process, health):
        began = changed = time.monotonic()
        taken = 0
        while not _is_ready(health) or time.monotonic() - changed < QUIET_SECONDS:
            if process.poll() is not None:
                raise AssertionError((place / "worker.log").read_text(errors="replace")[-3000:])
            now = _snapshots_taken(health)
            if now != taken or not _is_ready(health):
                taken, changed = now, time.monotonic()
            if time.monotonic() - began > LIVE_SECONDS:
                raise AssertionError(f"not quiet after {LIVE_SECONDS:.0f} s")
            time.sleep(0.5)
        return taken


def _snapshots_taken(health: str) -> int:
    """As its metrics say; 0 while it does not answer."""
    try:
        with urllib.request.urlopen(f"http://{health}/metrics", timeout=30) as answer:
            lines = answer.read().decode().splitlines()
    except OSError:
        return 0
    return sum(int(float(line.split()[1])) for line in lines if line.startswith(f"{TAKEN} "))


def _is_ready(health: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://{health}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


@contextmanager
def _worker(bootstrap: str, place: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    (port,) = ports.choose(1)
    health = f"127.0.0.1:{port}"
    settings = {
        "FENGHUO_KAFKA_BOOTSTRAP": bootstrap,
        "FENGHUO_DATA": str(place),
        "FENGHUO_WORKER_HEALTH": health,
        "FENGHUO_LOG_LEVEL": "WARNING",
    }
    with (place / "worker.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "streams.worker"],
            cwd=REPOSITORY,
            env=os.environ | settings,
            stdout=log,
            stderr=log,
            preexec_fn=pinned(MEASURED_CORE),
        )
    try:
        yield process, health
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
