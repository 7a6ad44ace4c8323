"""The processes of a running system: what they hold, and how they are killed."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass

import psutil

from tests.system import RunningSystem, wait_until

CHILDREN = ("worker", "gateway", "web", "kafka", "postgres")
STARTED_SECONDS = 5.0
WORKING_SECONDS = 90.0


def memory_bytes(system: RunningSystem) -> dict[str, int]:
    """What each child with all its processes, and the supervisor, take of the machine's memory: proportional set size,
    so that pages shared between PostgreSQL's processes count once.
    """
    roots = {child.name: child.process.pid for child in system.state.children if child.process is not None}
    found = {name: _of_tree(psutil.Process(pid)) for name, pid in roots.items()}
    return found | {"supervisor": _of_one(psutil.Process(system.state.supervisor.pid))}


def _of_tree(root: psutil.Process) -> int:
    return sum(_of_one(process) for process in (root, *root.children(recursive=True)))


def _of_one(process: psutil.Process) -> int:
    try:
        memory = process.memory_full_info()
    except psutil.NoSuchProcess:
        return 0  # It ended while we looked.
    # Only Linux knows the proportional set; elsewhere what a process has for itself.
    return int(getattr(memory, "pss", memory.uss))


@dataclass
class Recovery:
    """What became of a killed child: seconds until its successor ran, and until that did its job."""

    name: str
    started_seconds: float
    working_seconds: float

    def __str__(self) -> str:
        return f"{self.name} {self.started_seconds:.1f}/{self.working_seconds:.1f} s"


async def kill_and_recover(system: RunningSystem, names: Sequence[str]) -> list[Recovery]:
    """SIGKILL to children, all at once; fails the test unless each is started again within 5 s and then works."""
    old = {name: await asyncio.to_thread(_wait_for_process, system, name) for name in names}
    began = time.monotonic()
    for pid in old.values():
        os.kill(pid, signal.SIGKILL)
    return list(
        await asyncio.gather(
            *(asyncio.to_thread(_recovery, system, name, pid, began) for name, pid in old.items())
        )
    )


def kill_and_restart(system: RunningSystem, name: str) -> None:
    """SIGKILL to a child; returns when its successor runs, whether or not it works yet."""
    old = system.pid(name)
    system.kill(name)
    wait_until(lambda: _process(system, name) not in (None, old), STARTED_SECONDS, f"{name} is started again")


def kill_everything(system: RunningSystem) -> None:
    """SIGKILL to the supervisor and all children, as a power cut would; returns when they are gone."""
    state = system.state
    pids = [
        state.supervisor.pid,
        *(child.process.pid for child in state.children if child.process is not None),
    ]
    victims = [psutil.Process(pid) for pid in pids if psutil.pid_exists(pid)]
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    _, alive = psutil.wait_procs(victims, timeout=10)
    assert not alive


def _wait_for_process(system: RunningSystem, name: str) -> int:
    """The pid of a child; while it is between two lives, wait for the next one."""
    wait_until(lambda: _process(system, name), STARTED_SECONDS, f"{name} runs")
    return system.pid(name)


def _process(system: RunningSystem, name: str) -> int | None:
    child = system.state.child(name)
    return child.process.pid if child and child.process else None


def _recovery(system: RunningSystem, name: str, old: int, began: float) -> Recovery:
    def is_started() -> bool:
        return _process(system, name) not in (None, old)

    def is_working() -> bool:
        child = system.state.child(name)
        return child is not None and child.phase == "running" and is_started()

    wait_until(is_started, STARTED_SECONDS, f"{name} is started again")
    started = time.monotonic() - began
    wait_until(is_working, WORKING_SECONDS, f"{name} works again")
    return Recovery(name, started, time.monotonic() - began)
