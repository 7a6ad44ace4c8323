"""What the commands say on the terminal: steps, errors, where everything is."""

from __future__ import annotations

import os
import shutil
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.status import Status

from fenghuo.embedded.errors import EmbeddedError
from fenghuo.embedded.state import Addresses, SystemState


def show_error(error: EmbeddedError, console: Console | None = None) -> None:
    """One sentence in Chinese, one in English, then the details if there are any; on standard error."""
    out = console or Console(stderr=True)
    out.print(f"[bold red]✗[/] {escape(error.zh)}", soft_wrap=True, highlight=False)
    out.print(f"  {escape(error.en)}", soft_wrap=True, highlight=False)
    if error.details:
        out.print(escape(error.details), style="dim", soft_wrap=True, highlight=False)


def command_name() -> str:
    """How this user calls the command: by name where it is on PATH, else by its place in the environment."""
    if shutil.which("fenghuo"):
        return "fenghuo"
    program = Path(sys.executable).parent / "fenghuo"
    return os.path.relpath(program) if program.is_relative_to(Path.cwd()) else str(program)


def where(addresses: Addresses, folder: str, default_folder: bool) -> str:
    """The one line of a started system: its addresses and how to stop it."""
    down = f"{command_name()} down" if default_folder else f"{command_name()} down --data {folder}"
    return (
        f"[bold green]烽火已就绪 Ready[/]  接口 web http://{addresses.web}  推送 feed ws://{addresses.feed}"
        f"  停止 stop: Ctrl-C / {down}"
    )


class Steps:
    """Progress of a start or a stop: a moving line on a terminal, one line a step elsewhere.

    A step that is done says the seconds since the first one after a rest.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._begun = time.monotonic()
        self._status: Status | None = None
        self._last = ("", "")
        self._restarts: dict[str, int] = {}
        self._mute = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._settle(done=kind is None)

    def report(self, zh: str, en: str) -> None:
        """A step begins; a step of the same kind (before a colon) only moves the line."""
        if (zh, en) == self._last:
            return
        same_kind = en.split(":")[0] == self._last[1].split(":")[0]
        if not same_kind:
            self._settle(done=True)
        if not self._last[0]:
            # After a rest (the system was up) the seconds count from here.
            self._begun = time.monotonic()
        self._last = (zh, en)
        if not zh:
            return
        text = f"{escape(zh)} [dim]{escape(en)}[/]"
        if not self._console.is_terminal:
            if not same_kind:
                self.say(f"· {text}")
        elif self._status is None:
            self._status = self._console.status(text)
            self._status.start()
        else:
            self._status.update(text)

    def follow(self, state: SystemState) -> None:
        """Listener of a supervisor: its steps, and every restart of a child."""
        self.report(state.step_zh, state.step_en)
        for child in state.children:
            if child.restarts > self._restarts.get(child.name, 0) and child.phase == "restarting":
                self._restarts[child.name] = child.restarts
                self.say(f"[yellow]↻[/] {child.name} {child.last_exit or ''}，正在重启 restarting")

    def say(self, line: str) -> None:
        """One line. A terminal that was closed meanwhile must not keep the supervisor from stopping its children."""
        if self._mute:
            return
        try:
            self._console.print(line, highlight=False, soft_wrap=True)
        except OSError:
            self._mute = True

    def _settle(self, *, done: bool) -> None:
        if self._status is None:
            return
        try:
            self._status.stop()
        except OSError:
            self._mute = True
        self._status = None
        if done:
            zh, en = self._last
            elapsed = time.monotonic() - self._begun
            self.say(f"[green]✓[/] {escape(zh)} [dim]{escape(en)} {elapsed:.1f} s[/]")
