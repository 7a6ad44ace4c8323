"""When a dead child is started again, and when it is given up."""

from __future__ import annotations

from collections import deque

# The first ones stay far below the 5 s within which a dead child must be up again.
DELAYS_SECONDS = (0.1, 0.5, 1.0, 2.0, 4.0)
MAX_FAILURES = 5
WINDOW_SECONDS = 60.0


class RestartPolicy:
    """Counts the failures of one child. Time is an argument, in seconds of any steady clock.

    Only a death before the child was ready is a failure: a healthy child that is killed again and again is started
    again and again, a child that cannot start is named.
    """

    def __init__(self) -> None:
        self._failures: deque[float] = deque()

    def after_death(self, now: float, *, was_ready: bool) -> float | None:
        """Seconds to wait before the next start; None: give up."""
        if was_ready:
            self._failures.clear()
            return DELAYS_SECONDS[0]
        self._failures.append(now)
        while self._failures[0] < now - WINDOW_SECONDS:
            self._failures.popleft()
        if len(self._failures) >= MAX_FAILURES:
            return None
        return DELAYS_SECONDS[min(len(self._failures), len(DELAYS_SECONDS) - 1)]
