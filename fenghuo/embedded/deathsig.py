"""Children that end when their parent is killed: Linux delivers a signal of our choice at the parent's death."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1
# Loaded before any fork: between fork and exec nothing may be imported.
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(number: signal.Signals) -> Callable[[], None] | None:
    """A `preexec_fn` that has the child signalled with `number` when the calling thread ends; None off Linux.

    Call and spawn from the main thread: the kernel watches the thread that forked. The kernel clears the request when
    a process changes its user, so it must run after `user=` has been applied, as `preexec_fn` does.
    """
    libc = _libc
    if libc is None:
        return None
    parent = os.getpid()

    def request() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0)
        if os.getppid() != parent:
            # The parent died before the request: nothing will ever signal us.
            os._exit(1)

    return request
