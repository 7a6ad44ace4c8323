"""The machine a benchmark runs on, and its cores: the broker has the first, what is measured the last."""

from __future__ import annotations

import os
import platform
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from fenghuo.embedded.deathsig import die_with_parent

CORES = sorted(os.sched_getaffinity(0))
BROKER_CORE, MEASURED_CORE = CORES[0], CORES[-1]


def pinned(core: int) -> Callable[[], None]:
    """For `preexec_fn`: the child keeps to this core, and dies with its parent."""
    die = die_with_parent(signal.SIGKILL)

    def prepare() -> None:
        if die is not None:
            die()
        os.sched_setaffinity(0, {core})

    return prepare


def described() -> dict[str, Any]:
    """Processor, memory, system, versions, date, and how busy it was before."""
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "processor": _processor(),
        "cores": len(CORES),
        "memory_gib": round(psutil.virtual_memory().total / (1 << 30), 1),
        "system": platform.platform(),
        "python": sys.version.split()[0],
        "load_average": [round(value, 2) for value in os.getloadavg()],
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor()
