"""One supervised child process: started, watched, started again, stopped; its output goes to a bounded log."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from fenghuo.embedded.childlog import RotatingLog, tail
from fenghuo.embedded.deathsig import die_with_parent
from fenghuo.embedded.errors import EmbeddedError, Exit
from fenghuo.embedded.probes import Probe
from fenghuo.embedded.remains import identify
from fenghuo.embedded.restarts import RestartPolicy
from fenghuo.embedded.state import ChildPhase, ChildState, ProcessId

_POLL_SECONDS = 0.2
_WITHOUT_NEEDS_SECONDS = 1.0
_CHUNK_BYTES = 64 << 10


async def _nothing() -> None:
    """No preparation."""


@dataclass(frozen=True)
class ChildSpec:
    """What a child is. `prepare` runs before every start; `needs` names children without which it cannot be ready: while
    one of them is away, it is started all the same, but that it does not become ready is no failure of its own.
    `death_signal` is what the kernel sends it when the supervisor is killed.
    """

    name: str
    zh: str
    command: Callable[[], list[str]]
    probe: Probe
    address: str
    environment: Mapping[str, str]
    folder: Path
    prepare: Callable[[], Awaitable[None]] = _nothing
    popen_options: Callable[[], dict[str, Any]] = dict
    needs: tuple[str, ...] = ()
    stop_signal: signal.Signals = signal.SIGTERM
    death_signal: signal.Signals = signal.SIGKILL
    stop_seconds: float = 15.0
    ready_seconds: float = 120.0


class Child:
    """Runs one `ChildSpec`. `changed` is called after every change of `state`."""

    def __init__(self, spec: ChildSpec, log: Path, changed: Callable[[], None]) -> None:
        self.spec = spec
        self.log = log
        self.state = ChildState(name=spec.name, zh=spec.zh, log=str(log), address=spec.address)
        self.ready = asyncio.Event()
        self.reason = "not started"
        self._changed = changed
        self._output = RotatingLog(log)
        self._policy = RestartPolicy()
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = False
        self._spawning = asyncio.Lock()

    async def supervise(self, needs: list[Child]) -> None:
        """Keep the child running until `stop`. Raises EmbeddedError (CHILD_FAILED) when it is given up."""
        while not self._stopping:
            await self._run_once(needs)
            if self._stopping:
                return
            await self._pause_before_restart(needs)

    async def _run_once(self, needs: list[Child]) -> None:
        await self.spec.prepare()
        async with self._spawning:
            if self._stopping:
                return
            process = await self._spawn()
        watch = asyncio.create_task(
            self._watch_readiness(process, needs), name=f"readiness of {self.spec.name}"
        )
        ended = asyncio.create_task(process.wait(), name=f"end of {self.spec.name}")
        try:
            await asyncio.wait({watch, ended}, return_when=asyncio.FIRST_COMPLETED)
            if watch.done():
                watch.result()
            self.state.last_exit = _describe_exit(await ended)
        finally:
            watch.cancel()
            ended.cancel()

    async def _spawn(self) -> asyncio.subprocess.Process:
        options = self.spec.popen_options()
        before_exec = _in_turn(options.pop("preexec_fn", None), die_with_parent(self.spec.death_signal))
        read_end, write_end = os.pipe()
        try:
            process = await asyncio.create_subprocess_exec(
                *self.spec.command(),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=write_end,
                stderr=write_end,
                cwd=self.spec.folder,
                env={**self.spec.environment},
                start_new_session=True,
                preexec_fn=before_exec,
                **options,
            )
        except BaseException:
            os.close(read_end)
            raise
        finally:
            os.close(write_end)
        await self._pump(read_end)
        self._process = process
        self.state.process = _identify(process.pid)
        self._enter("starting")
        return process

    async def _pump(self, read_end: int) -> None:
        """Copy the child's output to its log for as long as anything holds the other end."""
        loop = asyncio.get_running_loop()
        await loop.connect_read_pipe(lambda: _Pump(self._output), os.fdopen(read_end, "rb", buffering=0))

    async def _watch_readiness(self, process: asyncio.subprocess.Process, needs: list[Child]) -> None:
        deadline = time.monotonic() + self.spec.ready_seconds
        while (reason := await self.spec.probe()) is not None:
            self.reason = reason
            if not _are_ready(needs):
                deadline = time.monotonic() + self.spec.ready_seconds
            if time.monotonic() > deadline:
                # It lives but does not work: end it, which counts as a failed start.
                process.kill()
                return
            await asyncio.sleep(_POLL_SECONDS)
        self.reason = ""
        self.ready.set()
        self._enter("running")

    async def _pause_before_restart(self, needs: list[Child]) -> None:
        was_ready = self.ready.is_set()
        self.ready.clear()
        self.state.process = None
        self.state.restarts += 1
        self._enter("restarting")
        if not was_ready and not _are_ready(needs):
            await asyncio.sleep(_WITHOUT_NEEDS_SECONDS)
            return
        delay = self._policy.after_death(time.monotonic(), was_ready=was_ready)
        if delay is None:
            self._enter("failed")
            raise self._given_up()
        await asyncio.sleep(delay)

    def _given_up(self) -> EmbeddedError:
        spec = self.spec
        return EmbeddedError(
            Exit.CHILD_FAILED,
            f"子进程 {spec.name}（{spec.zh}）反复启动失败（{self.state.last_exit}），已停止整个系统；日志 {self.log} 的最后几行如下。",
            f"The child {spec.name} failed again and again ({self.state.last_exit}) and everything was stopped;"
            f" the last lines of its log {self.log} follow.",
            "\n".join(tail(self.log)) or self.reason,
        )

    async def stop(self) -> None:
        """Ask the child to end, after `stop_seconds` force it; returns when it and its group are gone."""
        self._stopping = True
        self.ready.clear()
        async with self._spawning:
            process = self._process
        if process is not None and process.returncode is None:
            self._enter("stopping")
            with suppress(ProcessLookupError):
                process.send_signal(self.spec.stop_signal)
            try:
                await asyncio.wait_for(process.wait(), self.spec.stop_seconds)
            except TimeoutError:
                self.kill()
                await process.wait()
        self.kill()
        self._output.close()
        self.state.process = None
        self._enter("stopped")

    def kill(self) -> None:
        """SIGKILL to what is left of the child's process group."""
        if self._process is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def _enter(self, phase: ChildPhase) -> None:
        self.state.phase = phase
        self.state.since = time.time()
        self._changed()


class _Pump(asyncio.Protocol):
    """Output of a child, chunk by chunk, into its log."""

    def __init__(self, log: RotatingLog) -> None:
        self._log = log

    def data_received(self, data: bytes) -> None:
        """Append; a full disk loses log lines, not the system (`doctor` and the next start say that it is full)."""
        with suppress(OSError):
            self._log.write(data)


def _are_ready(children: list[Child]) -> bool:
    return all(child.ready.is_set() for child in children)


def _in_turn(*steps: Callable[[], None] | None) -> Callable[[], None]:
    """One `preexec_fn` of several. Order counts: a change of identity clears the wish to die with the parent."""
    present = [step for step in steps if step is not None]

    def run() -> None:
        for step in present:
            step()

    return run


def _identify(pid: int) -> ProcessId | None:
    try:
        return identify(pid)
    except psutil.NoSuchProcess:
        # It ended at once and has been reaped already.
        return None


def _describe_exit(code: int) -> str:
    if code < 0:
        return f"killed by {signal.Signals(-code).name}"
    return f"exit code {code}"
