"""Background tasks: one that ends unexpectedly ends its process, so that the supervisor starts it afresh."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Coroutine
from typing import Any

from fenghuo.platform.logs import get_logger

log = get_logger(__name__)


def run_in_background(name: str, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """Start `work`, which must run until it is cancelled. If it ends by itself the process is told to stop."""
    task = asyncio.create_task(work, name=name)
    task.add_done_callback(_stop_process_unless_cancelled)
    return task


def _stop_process_unless_cancelled(task: asyncio.Task[None]) -> None:
    # A cancellation that nobody asked for escaped from a library: the work has ended all the same.
    if task.cancelled() and task.cancelling():
        return
    error = None if task.cancelled() else task.exception()
    log.error("background task ended", task=task.get_name(), error=repr(error), exc_info=error)
    # A graceful stop could hang on the very thing that broke; the exit must look like a failure to the supervisor.
    os.kill(os.getpid(), signal.SIGTERM)
    asyncio.get_running_loop().call_later(5.0, os._exit, 70)


async def cancel_and_wait(*tasks: asyncio.Task[Any]) -> None:
    """Cancel tasks and wait for them; their own errors were reported when they ended."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
