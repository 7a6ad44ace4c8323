"""How a system is at this moment: the supervisor's state, and what every child answers when asked."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import msgspec
import psutil

from fenghuo.embedded import remains, state
from fenghuo.embedded.folder import DataFolder, FolderLock
from fenghuo.embedded.probes import Probe, database_probe, kafka_probe, ready_probe
from fenghuo.embedded.state import Addresses, ChildState, SystemState


class ChildView(msgspec.Struct, frozen=True, kw_only=True):
    """One row. `problem` is None when the child does its job; `ours` is false for an existing Kafka or PostgreSQL."""

    name: str
    zh: str
    ours: bool
    address: str
    phase: str
    problem: str | None
    pid: int | None = None
    uptime_seconds: float | None = None
    restarts: int = 0
    memory_bytes: int | None = None
    log: str | None = None


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """One system. `well`: a record posted now would be judged. `memory_bytes` includes the supervisor."""

    folder: str
    running: bool
    phase: str
    well: bool
    children: list[ChildView]
    supervisor_pid: int | None = None
    uptime_seconds: float | None = None
    addresses: Addresses | None = None
    memory_bytes: int = 0
    spool_bytes: int = 0
    free_bytes: int = 0
    left_behind: list[int] = []


async def look(folder: DataFolder) -> Overview:
    """Ask everybody. Raises FileNotFoundError when there is no such folder."""
    running = FolderLock(folder).is_held_by_another()
    found = state.read(folder.state_file)
    spool = folder_bytes(folder.root / "spool")
    if not running or found is None:
        left = await asyncio.to_thread(remains.find, folder)
        return Overview(
            folder=str(folder.root),
            running=running,
            phase="starting" if running else "stopped",
            well=False,
            children=[],
            spool_bytes=spool,
            free_bytes=folder.free_bytes(),
            left_behind=[process.pid for process in left.processes],
        )
    children = await asyncio.gather(*(_view(found, name) for name in _names(found)))
    return Overview(
        folder=str(folder.root),
        running=True,
        phase=found.phase,
        well=found.phase == "ready" and all(child.problem is None for child in children),
        children=list(children),
        supervisor_pid=found.supervisor.pid,
        uptime_seconds=time.time() - found.started_at,
        addresses=msgspec.structs.replace(
            found.addresses, database=without_password(found.addresses.database)
        ),
        memory_bytes=sum(child.memory_bytes or 0 for child in children)
        + _memory(found.supervisor.pid, deep=False),
        spool_bytes=spool,
        free_bytes=folder.free_bytes(),
    )


_NAMES = {
    "kafka": "消息日志",
    "postgres": "数据库",
    "worker": "态势折叠",
    "gateway": "实时推送",
    "web": "接口服务",
}


def _names(found: SystemState) -> list[str]:
    """Every child, each worker in the place of the first."""
    return [name for kind in _NAMES for name in (found.addresses.workers if kind == "worker" else (kind,))]


def _probe(name: str, addresses: Addresses) -> Probe:
    if name == "kafka":
        return kafka_probe(addresses.kafka.split(",")[0])
    if name == "postgres":
        return database_probe(addresses.database)
    return ready_probe({**addresses.workers, "gateway": addresses.gateway_health, "web": addresses.web}[name])


async def _view(found: SystemState, name: str) -> ChildView:
    child = found.child(name)
    problem = await _probe(name, found.addresses)()
    if child is None:
        address = found.addresses.kafka if name == "kafka" else without_password(found.addresses.database)
        return ChildView(
            name=name, zh=_NAMES[name], ours=False, address=address, phase="existing", problem=problem
        )
    return ChildView(
        name=name,
        zh=child.zh,
        ours=True,
        address=without_password(child.address),
        phase=child.phase,
        problem=problem or _not_running(child),
        pid=child.process.pid if child.process else None,
        uptime_seconds=time.time() - child.process.started_at if child.process else None,
        restarts=child.restarts,
        memory_bytes=_memory(child.process.pid, deep=True) if child.process else None,
        log=child.log,
    )


def _not_running(child: ChildState) -> str | None:
    """A child may answer a moment before the supervisor has asked it."""
    return None if child.phase == "running" else child.last_exit or child.phase


def _memory(pid: int, *, deep: bool) -> int:
    """Bytes of a process (and of its descendants); shared pages are counted once where the system tells (PSS)."""
    try:
        root = psutil.Process(pid)
        family = [root, *(root.children(recursive=True) if deep else [])]
    except psutil.NoSuchProcess:
        return 0
    return sum(_proportional_memory(process) for process in family)


def _proportional_memory(process: psutil.Process) -> int:
    try:
        return int(getattr(process.memory_full_info(), "pss", 0) or process.memory_info().rss)
    except psutil.AccessDenied:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0


def folder_bytes(folder: Path) -> int:
    """Bytes of the files below a folder; 0 when it does not exist."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) if folder.exists() else 0


def without_password(address: str) -> str:
    """A database address that may be shown."""
    if "://" not in address:
        return address
    parts = urlsplit(address)
    if parts.password is None:
        return address
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{parts.username}:***@{host}"))
