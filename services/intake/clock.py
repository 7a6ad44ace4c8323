"""The stamp of arrival: the wall clock, made strictly increasing so that the order of arrival is kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

TICK = timedelta(microseconds=1)


def wall_clock() -> datetime:
    """The machine's time in UTC."""
    return datetime.now(UTC)


class ArrivalClock:
    """Strictly increasing moments, also when the wall clock is set back while the process runs."""

    def __init__(self, now: Callable[[], datetime] = wall_clock) -> None:
        self._now = now
        self._last = datetime.min.replace(tzinfo=UTC)

    def __call__(self) -> datetime:
        """The present, at least one microsecond after the last answer."""
        self._last = max(self._now(), self._last + TICK)
        return self._last
