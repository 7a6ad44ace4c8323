"""What is running: `run/state.json`, written by the supervisor, read by `down`, `status`, `doctor` and the next `up`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

import msgspec

ChildPhase = Literal["waiting", "starting", "running", "restarting", "stopping", "stopped", "failed"]
SystemPhase = Literal["starting", "ready", "stopping", "stopped", "failed"]


class ProcessId(msgspec.Struct, frozen=True):
    """A process for good: a pid is used again, a pid with its start time (epoch seconds) is not."""

    pid: int
    started_at: float


class ChildState(msgspec.Struct):
    """One child. `restarts` counts starts after the first; `since` (epoch seconds) is when `phase` began."""

    name: str
    zh: str
    log: str
    address: str
    phase: ChildPhase = "waiting"
    process: ProcessId | None = None
    restarts: int = 0
    since: float = 0.0
    last_exit: str | None = None


class Addresses(msgspec.Struct, frozen=True, kw_only=True):
    """Where everything listens: host:port, for the database a postgresql:// address.

    `more_workers`: health of the second worker and of those after it.
    """

    web: str
    feed: str
    kafka: str
    database: str
    worker_health: str
    gateway_health: str
    kafka_controller: str | None = None
    more_workers: tuple[str, ...] = ()

    @property
    def workers(self) -> dict[str, str]:
        """Name of each worker's child → its health."""
        healths = (self.worker_health, *self.more_workers)
        return {
            "worker" if number == 1 else f"worker-{number}": health
            for number, health in enumerate(healths, start=1)
        }


class Failure(msgspec.Struct, frozen=True):
    """Why the system stopped by itself."""

    exit_code: int
    zh: str
    en: str
    details: str = ""


class SystemState(msgspec.Struct):
    """Everything about one run of a data folder. `step` is what the start is busy with."""

    supervisor: ProcessId
    addresses: Addresses
    children: list[ChildState]
    started_at: float
    phase: SystemPhase = "starting"
    step_zh: str = ""
    step_en: str = ""
    failure: Failure | None = None
    version: int = 1

    def child(self, name: str) -> ChildState | None:
        """The child of that name; None: it is not ours (an existing Kafka or PostgreSQL is used)."""
        return next((child for child in self.children if child.name == name), None)


def write(path: Path, state: SystemState) -> None:
    """Replace the state file as a whole, so that a reader never sees half of it."""
    part = path.with_suffix(f".{os.getpid()}.part")
    # The address of an existing database may hold a password: for the owner's eyes.
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(state), indent=2))
    part.replace(path)


def read(path: Path) -> SystemState | None:
    """The last state written; None when there is none or another version wrote it."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=SystemState)
    except (FileNotFoundError, msgspec.DecodeError):
        return None
