"""Runs what is measured in a process of its own on a core of its own, and takes its rate once it is warm."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.benchmarks.machine import MEASURED_CORE, pinned
from tests.system import REPOSITORY

START_SECONDS = 120.0
STALL_SECONDS = 60.0

# A few are told of when the next ones come, which they never do.
ENOUGH = 0.99


class BenchmarkError(Exception):
    """What was to be measured ended, stood still, or never began; the text has its last words."""


@dataclass(frozen=True)
class Pace:
    """What a process did after the first third of what it did at all."""

    events: int
    seconds: float
    processor_seconds: float

    @property
    def per_second(self) -> float:
        """Events by the clock."""
        return self.events / self.seconds

    @property
    def per_processor_second(self) -> float:
        """Events by processor time, where other work on the machine counts less."""
        return self.events / max(self.processor_seconds, 1e-9)


def race(
    command: Sequence[str], total: int, at_most: float, log: Path, environment: dict[str, str] | None = None
) -> Pace:
    """Run until nearly `total` events are done or `at_most` seconds have gone since the first. Raises BenchmarkError.

    The process prints `progress <events so far> <its monotonic seconds>` now and then.
    """
    with log.open("wb") as errors:
        process = subprocess.Popen(
            list(command),
            cwd=REPOSITORY,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            preexec_fn=pinned(MEASURED_CORE),
        )
    try:
        return _pace(_samples(process, int(total * ENOUGH), at_most, log))
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def _samples(
    process: subprocess.Popen[bytes], total: int, at_most: float, log: Path
) -> list[tuple[int, float, float]]:
    """(events, seconds, processor seconds), as they came."""
    lines: queue.Queue[bytes] = queue.Queue()
    threading.Thread(target=_read, args=(process, lines), daemon=True).start()
    watched = psutil.Process(process.pid)
    found: list[tuple[int, float, float]] = []
    ends = time.monotonic() + START_SECONDS
    while True:
        try:
            line = lines.get(timeout=STALL_SECONDS)
        except queue.Empty:
            line = b""
        if not line or (time.monotonic() > ends and not found):
            said = log.read_text(errors="replace")[-3000:]
            raise BenchmarkError(f"{process.args!r:.300} stood still or ended after {found[-1:]}: {said}")
        words = line.split()
        if words[:1] != [b"progress"] or int(words[1]) == 0:
            continue
        cpu = watched.cpu_times()
        found.append((int(words[1]), float(words[2]), cpu.user + cpu.system))
        if found[-1][0] >= total or found[-1][1] - found[0][1] > at_most:
            return found


def _read(process: subprocess.Popen[bytes], lines: queue.Queue[bytes]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        lines.put(line)
    lines.put(b"")


def _pace(samples: list[tuple[int, float, float]]) -> Pace:
    warm = next(sample for sample in samples if sample[0] * 3 >= samples[-1][0])
    last = samples[-1]
    if warm is last:
        raise BenchmarkError("too few events to see a rate: ask for more")
    return Pace(last[0] - warm[0], last[1] - warm[1], last[2] - warm[2])
