"""`fenghuo up --detach`: a supervisor in a session of its own, watched until it is ready."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import typer
from rich.console import Console

from fenghuo.cli.messages import where
from fenghuo.cli.options import load_settings
from fenghuo.embedded import state
from fenghuo.embedded.errors import EmbeddedError, Exit
from fenghuo.embedded.folder import DataFolder

# The slowest first start: downloads over a poor line, storage made, everything replayed.
START_SECONDS = 900.0
_POLL_SECONDS = 0.1


def start_detached(data: Path | None, *, no_demo: bool) -> None:
    """Start, relay the supervisor's own lines, return once all is ready.

    Raises EmbeddedError (NOT_READY) when it takes too long, typer.Exit with the supervisor's code when it gave up.
    """
    folder = DataFolder.at(load_settings(data).data)
    folder.create()
    log = folder.log("supervisor")
    log.touch()
    with log.open("rb") as lines:
        lines.seek(0, os.SEEK_END)
        process = _spawn(folder, log, no_demo=no_demo)
        try:
            _watch(process, folder, lambda: _relay(lines.read()))
        except BaseException:
            process.send_signal(signal.SIGTERM)
            raise
    started = state.read(folder.state_file)
    if started is not None:
        Console().print(
            where(started.addresses, str(folder.root), data is None), highlight=False, soft_wrap=True
        )


def _relay(text: bytes) -> None:
    sys.stdout.write(text.decode("utf-8", errors="replace"))
    sys.stdout.flush()


def _spawn(folder: DataFolder, log: Path, *, no_demo: bool) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "fenghuo.cli", "up", "--background", "--data", str(folder.root)]
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603
            [*command, *(["--no-demo"] if no_demo else [])],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def _watch(process: subprocess.Popen[bytes], folder: DataFolder, relay: Callable[[], None]) -> None:
    """Until the state of this very supervisor says ready."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        code = process.poll()
        relay()
        if code is not None:
            raise typer.Exit(code or 1)
        current = state.read(folder.state_file)
        if current is not None and current.supervisor.pid == process.pid and current.phase == "ready":
            return
        if time.monotonic() > deadline:
            raise EmbeddedError(
                Exit.NOT_READY,
                f"{START_SECONDS:.0f} 秒内未能就绪，已停止；详情见 {folder.log('supervisor')}。",
                f"Not ready within {START_SECONDS:.0f} s, stopped; see {folder.log('supervisor')}.",
            )
        time.sleep(_POLL_SECONDS)
