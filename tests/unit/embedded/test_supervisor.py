"""A disk that fills up while the system runs ends it in order, with the sentence about the disk."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from fenghuo.embedded import state
from fenghuo.embedded.errors import Exit
from fenghuo.embedded.folder import DataFolder
from fenghuo.embedded.plan import Plan
from fenghuo.embedded.state import Addresses
from fenghuo.embedded.supervisor import Supervisor
from fenghuo.platform.settings import Settings

ADDRESSES = Addresses(
    web="127.0.0.1:1",
    feed="127.0.0.1:2",
    kafka="127.0.0.1:3",
    database="postgresql://x@/y",
    worker_health="127.0.0.1:4",
    gateway_health="127.0.0.1:5",
)


async def test_a_full_disk_fails_the_system_but_not_its_stopping(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, current: state.SystemState) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(state, "write", refuse)
    folder = DataFolder.at(tmp_path)
    seen: list[str] = []
    supervisor = Supervisor(
        Plan(folder, Settings(), ADDRESSES, kafka=None, postgres=None),
        lambda current: seen.append(current.phase),
    )
    await asyncio.wait_for(supervisor.stop(), 30)
    assert supervisor.failed.result().exit_code == Exit.DISK_FULL
    assert seen[-1] == "stopped"
    assert {child.phase for child in supervisor.state.children} == {"stopped"}
