"""What the commands say on the terminal: steps, errors, where everything is."""

from __future__ import annotations

import time
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


def where(addresses: Addresses, folder: str, default_folder: bool) -> str:
    """The one line of a started system: its addresses and how to stop it."""
    down = "fenghuo down" if default_folder else f"fenghuo down --data {folder}"
    return (
        f"[bold green]烽火已就绪 Ready[/]  接口 web http://{addresses.web}  推送 feed ws://{addresses.feed}"
        f"  停止 stop: Ctrl-C / {down}"
    )


class Steps:
    """Progress of a start: a moving line on a terminal, one line a step elsewhere."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._begun = time.monotonic()
        self._status: Status | None = None
        self._last = ("", "")
        self._restarts: dict[str, int] = {}

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
        self._last = (zh, en)
        if not zh:
            return
        text = f"{escape(zh)} [dim]{escape(en)}[/]"
        if not self._console.is_terminal:
            if not same_kind:
                self._console.print(f"· {text}", highlight=False)
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
                self._console.print(
                    f"[yellow]↻[/] {child.name} {child.last_exit or ''}，正在重启 restarting",
                    highlight=False,
                )

    def _settle(self, *, done: bool) -> None:
        if self._status is not None:
            self._status.stop()
            self._status = None
            if done:
                zh, en = self._last
                elapsed = time.monotonic() - self._begun
                self._console.print(f"[green]✓[/] {escape(zh)} [dim]{escape(en)} {elapsed:.1f} s[/]")
