"""What a killed supervisor left is found by its mark, and nothing else is."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from fenghuo.embedded import remains
from fenghuo.embedded.folder import DataFolder
from fenghuo.embedded.state import ProcessId

STUBBORN = (
    "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); signal.pause()"
)
GENTLE = "import signal; print('up', flush=True); signal.pause()"


@contextmanager
def process(code: str, folder: Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", code],
        env={**os.environ, remains.MARKER: str(folder)},
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "up\n"
        try:
            yield child
        finally:
            child.kill()


def test_only_processes_of_this_folder_are_found(tmp_path: Path) -> None:
    with process(GENTLE, tmp_path / "one") as one, process(GENTLE, tmp_path / "two"):
        found = remains.find(DataFolder.at(tmp_path / "one"))
        assert [left.pid for left in found.processes] == [one.pid]


def test_the_caller_is_never_among_them(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib; from fenghuo.embedded import remains; from fenghuo.embedded.folder import DataFolder;"
        "print(len(remains.find(DataFolder.at(pathlib.Path(sys.argv[1]))).processes))"
    )
    environment = {**os.environ, remains.MARKER: str(tmp_path)}
    answer = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout == "0\n"


def test_clearing_ends_them_even_when_they_refuse(tmp_path: Path) -> None:
    with process(STUBBORN, tmp_path) as stubborn, process(GENTLE, tmp_path) as gentle:
        remains.clear(remains.find(DataFolder.at(tmp_path)), seconds=0.2)
        assert not psutil.pid_exists(stubborn.pid)
        assert not psutil.pid_exists(gentle.pid)
    assert not remains.find(DataFolder.at(tmp_path))


def test_a_pid_that_is_used_again_is_another_process() -> None:
    own = remains.identify(os.getpid())
    assert remains.is_alive(own)
    assert not remains.is_alive(ProcessId(own.pid, own.started_at - 60))
    assert psutil.pid_exists(own.pid)
