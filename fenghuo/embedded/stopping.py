"""Stop a system from another process, also when its supervisor was killed."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass

import psutil

from fenghuo.embedded import remains, state
from fenghuo.embedded.errors import EmbeddedError, Exit
from fenghuo.embedded.folder import DataFolder, FolderLock

# Three drains of 15 s, then Kafka and PostgreSQL together 30 s, and some air.
STOP_SECONDS = 90.0
_POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Stopped:
    """What `stop` did: whether a supervisor was running, and how many processes without one were cleared."""

    had_supervisor: bool
    cleared: int


def stop(folder: DataFolder) -> Stopped:
    """Leave no process of this folder behind.

    Raises EmbeddedError (CHILD_FAILED) when a process does not even end when killed.
    """
    lock = FolderLock(folder)
    had_supervisor = lock.is_held_by_another()
    if had_supervisor:
        _stop_supervisor(folder, lock)
    left = remains.find(folder)
    try:
        remains.clear(left)
    except psutil.TimeoutExpired as error:
        raise EmbeddedError(
            Exit.CHILD_FAILED,
            f"进程 {error.pid} 无法终止；请检查磁盘或手动处理。",
            f"Process {error.pid} does not end even when killed: look at the disk, or end it by hand.",
        ) from error
    return Stopped(had_supervisor, len(left.processes))


def _stop_supervisor(folder: DataFolder, lock: FolderLock) -> None:
    """Ask it, wait, kill it at last."""
    running = state.read(folder.state_file)
    deadline = time.monotonic() + STOP_SECONDS
    asked: state.ProcessId | None = None
    while lock.is_held_by_another() and time.monotonic() < deadline:
        # A supervisor that has only just taken the lock writes its identity a moment later.
        running = state.read(folder.state_file)
        if running is not None and running.supervisor != asked and remains.is_alive(running.supervisor):
            asked = running.supervisor
            os.kill(asked.pid, signal.SIGTERM)
        time.sleep(_POLL_SECONDS)
    if asked is not None and remains.is_alive(asked):
        remains.kill([psutil.Process(asked.pid)])
