"""The processes of a running system: what they hold, and how they are killed."""

from __future__ import annotations

import psutil

from tests.system import RunningSystem


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
