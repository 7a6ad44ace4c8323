"""Processes left behind by a supervisor that was killed: found without guessing, then ended.

A process belongs to a data folder when it carries the folder in its environment (`MARKER`, inherited by everything a
child starts) or works inside the folder's PostgreSQL cluster (PostgreSQL overwrites its environment).
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from fenghuo.embedded.folder import DataFolder
from fenghuo.embedded.state import ProcessId

MARKER = "FENGHUO_CHILD_OF"
_POLITE_SECONDS = 10.0
_KILL_SECONDS = 10.0


@dataclass(frozen=True)
class Remains:
    """What is left: processes, oldest first."""

    processes: tuple[psutil.Process, ...]

    def __bool__(self) -> bool:
        return bool(self.processes)


def identify(pid: int) -> ProcessId:
    """The lasting identity of a live process. Raises psutil.NoSuchProcess."""
    return ProcessId(pid, psutil.Process(pid).create_time())


def is_alive(process: ProcessId) -> bool:
    """Whether this very process still runs (a zombie does not)."""
    try:
        found = psutil.Process(process.pid)
        return abs(found.create_time() - process.started_at) < 0.01 and found.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def find(folder: DataFolder) -> Remains:
    """Every process of this data folder but the caller and its ancestors."""
    own = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    cluster = str(folder.postgres / "data")
    found = [
        process
        for process in psutil.process_iter()
        if process.pid not in own and (_is_marked(process, folder) or _works_in(process, cluster))
    ]
    return Remains(tuple(sorted(found, key=lambda process: process.pid)))


def in_cluster(cluster: Path) -> Remains:
    """Every PostgreSQL process that works in this cluster."""
    return Remains(tuple(p for p in psutil.process_iter() if _works_in(p, str(cluster))))


def _is_marked(process: psutil.Process, folder: DataFolder) -> bool:
    try:
        return process.environ().get(MARKER) == str(folder.root)
    except (psutil.Error, OSError):
        # Another user's process, or one that ended meanwhile: not a child of ours.
        return False


def _works_in(process: psutil.Process, cluster: str) -> bool:
    try:
        return process.cwd() == cluster
    except (psutil.Error, OSError):
        return False


def clear(remains: Remains, seconds: float = _POLITE_SECONDS) -> None:
    """End them: politely, after `seconds` by force. Returns when none is left.

    Raises psutil.TimeoutExpired when one does not even end when killed.
    """
    for process in remains.processes:
        _send(process, _polite_signal(process))
    _, alive = psutil.wait_procs(remains.processes, timeout=seconds)
    kill(alive)


def _polite_signal(process: psutil.Process) -> signal.Signals:
    """PostgreSQL waits for its clients on SIGTERM; SIGINT is its fast shutdown."""
    try:
        return signal.SIGINT if process.name() == "postgres" else signal.SIGTERM
    except psutil.NoSuchProcess:
        return signal.SIGTERM


def kill(processes: Iterable[psutil.Process]) -> None:
    """End them by force and wait. Raises psutil.TimeoutExpired when one stays."""
    victims = list(processes)
    for process in victims:
        _send(process, signal.SIGKILL)
    _, alive = psutil.wait_procs(victims, timeout=_KILL_SECONDS)
    if alive:
        raise psutil.TimeoutExpired(_KILL_SECONDS, alive[0].pid)


def _send(process: psutil.Process, number: signal.Signals) -> None:
    with suppress(psutil.NoSuchProcess):
        process.send_signal(number)
