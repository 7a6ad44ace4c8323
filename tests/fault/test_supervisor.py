"""The supervisor on real Kafka and PostgreSQL: killed children come back, killed parents leave nothing for long."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from fenghuo.embedded import remains, state
from fenghuo.embedded.errors import Exit
from fenghuo.embedded.folder import DataFolder
from fenghuo.embedded.state import SystemState
from tests.supervised import STAND_IN_LOG_LINE, start_supervisor
from tests.system import lives, server_folder, wait_until

pytestmark = pytest.mark.fault

RESTART_SECONDS = 5.0


@pytest.fixture
def folder() -> Iterator[DataFolder]:
    with server_folder() as place:
        folder = DataFolder.at(place / "data")
        yield folder
        remains.kill(remains.find(folder).processes)


def is_ready(folder: DataFolder, supervisor: subprocess.Popen[bytes]) -> bool:
    found = state.read(folder.state_file)
    assert supervisor.poll() is None or found is not None, "the supervisor ended"
    return found is not None and found.supervisor.pid == supervisor.pid and found.phase == "ready"


def running(folder: DataFolder) -> SystemState:
    found = state.read(folder.state_file)
    assert found is not None
    return found


def pid_of(folder: DataFolder, name: str) -> int:
    child = running(folder).child(name)
    assert child is not None
    assert child.process is not None, f"{name} is {child.phase}"
    return child.process.pid


def is_running_again(folder: DataFolder, name: str, old: int) -> bool:
    child = running(folder).child(name)
    return (
        child is not None
        and child.phase == "running"
        and child.process is not None
        and child.process.pid != old
    )


def has_another_process(folder: DataFolder, name: str, old: int) -> bool:
    found = state.read(folder.state_file)
    child = found.child(name) if found else None
    return child is not None and child.process is not None and child.process.pid != old


def test_each_killed_child_is_started_again_within_5_s(folder: DataFolder) -> None:
    supervisor = start_supervisor(folder)
    wait_until(lambda: is_ready(folder, supervisor), 60, "ready")
    for name in ("standin", "postgres", "kafka"):
        old = pid_of(folder, name)
        os.kill(old, signal.SIGKILL)
        wait_until(lambda: has_another_process(folder, name, old), RESTART_SECONDS, f"{name} started again")  # noqa: B023
        wait_until(lambda: is_running_again(folder, name, old), 60, f"{name} works again")  # noqa: B023
    supervisor.send_signal(signal.SIGTERM)
    assert supervisor.wait(60) == 0
    assert not remains.find(folder), "stopped without remains"
    assert running(folder).phase == "stopped"


def test_everything_killed_at_once_comes_back(folder: DataFolder) -> None:
    supervisor = start_supervisor(folder)
    wait_until(lambda: is_ready(folder, supervisor), 60, "ready")
    old = {name: pid_of(folder, name) for name in ("standin", "postgres", "kafka")}
    for pid in old.values():
        os.kill(pid, signal.SIGKILL)
    for name, pid in old.items():
        wait_until(lambda: is_running_again(folder, name, pid), 60, f"{name} works again")  # noqa: B023
    supervisor.send_signal(signal.SIGINT)
    assert supervisor.wait(60) == 0


def test_the_next_start_clears_what_a_killed_supervisor_left(folder: DataFolder) -> None:
    first = start_supervisor(folder)
    wait_until(lambda: is_ready(folder, first), 60, "ready")
    # A grandchild of a child gets no signal at the supervisor's death: the kind of remains that does stay.
    orphan = next(p.pid for p in psutil.Process(pid_of(folder, "standin")).children())
    first.kill()
    first.wait(10)
    assert lives(orphan)
    second = start_supervisor(folder)
    wait_until(lambda: is_ready(folder, second), 60, "ready again")
    assert not lives(orphan)
    second.send_signal(signal.SIGTERM)
    assert second.wait(60) == 0
    assert not remains.find(folder)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux signals children at their parent's death")
def test_children_end_when_the_supervisor_is_killed(folder: DataFolder) -> None:
    supervisor = start_supervisor(folder)
    names = ("postgres", "kafka")
    wait_until(
        lambda: all(has_another_process(folder, name, 0) for name in names), 60, "started, ready or not"
    )
    pids = [pid_of(folder, name) for name in names]
    supervisor.kill()
    supervisor.wait(10)
    wait_until(lambda: not any(lives(pid) for pid in pids), 20, "children ended by themselves")


def test_a_second_supervisor_on_the_same_folder_is_refused(folder: DataFolder) -> None:
    first = start_supervisor(folder)
    wait_until(folder.state_file.exists, 60, "the first one owns the folder")
    second = start_supervisor(folder)
    assert second.wait(30) == Exit.ALREADY_RUNNING
    assert running(folder).supervisor.pid == first.pid
    first.send_signal(signal.SIGTERM)
    assert first.wait(60) == 0


def test_a_child_that_cannot_start_is_named_with_its_last_lines(folder: DataFolder) -> None:
    supervisor = start_supervisor(folder, broken=True)
    assert supervisor.wait(60) == Exit.CHILD_FAILED
    failure = running(folder).failure
    assert failure is not None
    assert "standin" in failure.en
    assert STAND_IN_LOG_LINE in failure.details
    assert not remains.find(folder), "the others were stopped"
    assert Path(running(folder).children[0].log).exists()
