"""From a data folder to a running system and back: the checks, the lock, the remains, then the supervisor."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

from fenghuo.embedded import remains, state
from fenghuo.embedded.errors import EmbeddedError, Exit
from fenghuo.embedded.folder import DataFolder, FolderLock, disk_full, disk_or_folder_error
from fenghuo.embedded.plan import Plan, make_plan, require_jars
from fenghuo.embedded.platforms import require_supported
from fenghuo.embedded.supervisor import Listener, Supervisor
from fenghuo.platform.settings import Settings
from services.ledger.points_file import PointsFileError, read_points

Report = Callable[[str, str], None]
"""Told what is being done, in Chinese and in English."""

WhenReady = Callable[[Plan], Coroutine[Any, Any, None]]
"""What the command does once the system is ready; cancelled when the system stops."""

# Below this a failing child most probably failed for want of room.
_NO_ROOM_BYTES = 64 << 20


@contextmanager
def owned(folder: DataFolder) -> Iterator[None]:
    """Own the data folder. Raises EmbeddedError (ALREADY_RUNNING, FOLDER_UNUSABLE, DISK_FULL)."""
    folder.create()
    lock = FolderLock(folder)
    try:
        acquired = lock.acquire()
    except OSError as error:
        raise disk_or_folder_error(error, folder.root) from error
    if not acquired:
        raise _already_running(folder)
    try:
        yield
    finally:
        lock.release()


def _already_running(folder: DataFolder) -> EmbeddedError:
    running = state.read(folder.state_file)
    where = f"（http://{running.addresses.web}，pid {running.supervisor.pid}）" if running else ""
    at = f" (http://{running.addresses.web}, pid {running.supervisor.pid})" if running else ""
    return EmbeddedError(
        Exit.ALREADY_RUNNING,
        f"数据目录 {folder.root} 上的烽火已在运行{where}；查看：fenghuo status，停止：fenghuo down。",
        f"Fenghuo already runs on {folder.root}{at}; look: fenghuo status, stop: fenghuo down.",
    )


def prepare(settings: Settings, folder: DataFolder, report: Report) -> Plan:
    """Everything before the first child: platform, remains of a killed run, ports, jars. Call while `owned`.

    Raises EmbeddedError with the sentence to show.
    """
    require_supported(settings)
    require_points(settings)
    left = remains.find(folder)
    if left:
        count = len(left.processes)
        report(f"清理上次遗留的 {count} 个进程", f"clearing {count} processes left by the last run")
        remains.clear(left)
    previous = state.read(folder.state_file)
    plan = make_plan(settings, folder, previous.addresses if previous else None)

    def downloading(done: int, total: int) -> None:
        report(f"下载 Kafka：{done}/{total}", f"downloading Kafka: {done}/{total}")

    try:
        require_jars(plan, downloading)
    except OSError as error:
        raise disk_or_folder_error(error, folder.root) from error
    return plan


def require_points(settings: Settings) -> None:
    """Refuse a file of points that the web process would refuse, before anything starts. Raises EmbeddedError."""
    if settings.points is not None:
        try:
            read_points(settings.points)
        except PointsFileError as error:
            raise EmbeddedError(
                Exit.SETTING,
                f"设置有误：FENGHUO_POINTS：{error}",
                f"A setting cannot be used: FENGHUO_POINTS: {error}",
            ) from error


async def run(plan: Plan, listener: Listener, when_ready: WhenReady) -> bool:
    """Start, serve until SIGINT, SIGTERM or SIGHUP, stop. Answers whether the system had become ready.

    A second signal while stopping kills the children at once. Raises EmbeddedError after an orderly stop when the
    system failed by itself.
    """
    supervisor = Supervisor(plan, listener)
    stop_asked = asyncio.Event()

    def ask() -> None:
        if stop_asked.is_set():
            supervisor.kill()
        stop_asked.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, ask)
    asked = asyncio.create_task(stop_asked.wait())
    error: EmbeddedError | None = None
    serving = asyncio.create_task(_serve(supervisor, plan, when_ready))
    try:
        await asyncio.wait({asked, serving}, return_when=asyncio.FIRST_COMPLETED)
        if serving.done():
            serving.result()
    except EmbeddedError as failure:
        error = _for_want_of_room(plan.folder, failure)
        raise error from failure
    finally:
        was_ready = supervisor.state.phase == "ready"
        serving.cancel()
        asked.cancel()
        await asyncio.gather(serving, asked, return_exceptions=True)
        await supervisor.stop(error)
    return was_ready


async def _serve(supervisor: Supervisor, plan: Plan, when_ready: WhenReady) -> None:
    """Raises EmbeddedError when the system fails; else runs until cancelled."""
    await supervisor.start()
    job = asyncio.create_task(when_ready(plan))
    try:
        await asyncio.wait((job, supervisor.failed), return_when=asyncio.FIRST_COMPLETED)
        if job.done():
            job.result()
        raise await supervisor.failed
    finally:
        job.cancel()
        await asyncio.gather(job, return_exceptions=True)


def _for_want_of_room(folder: DataFolder, failure: EmbeddedError) -> EmbeddedError:
    free = folder.free_bytes()
    return disk_full(folder.root, free) if free < _NO_ROOM_BYTES else failure
