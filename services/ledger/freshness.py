"""How fresh the ledger's view is: the watermark it may show, and how far it lags behind the log. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from schemas.topics import RECORD_TOPICS, SITUATION_UPDATES
from services.ledger.changes import Partition
from services.ledger.entries import ProgressEntry

LAG_ENTRIES = 5_000
_PROMISED = frozenset({SITUATION_UPDATES.name, *(topic.name for topic in RECORD_TOPICS)})
LAG_SECONDS = 15.0


class ProgressGate:
    """Holds the worker's progress back until every update published before it, and every record that it speaks of, is
    in the database: a watermark says of the figures that they are up to date, and of the journal that it is complete.

    The worker publishes progress after the updates that it speaks of, but on another topic, so that it may be read
    first. Ends of these partitions that are asked for after the progress was read lie behind all of that.
    """

    def __init__(self) -> None:
        self._arrived: list[ProgressEntry] = []
        self._bound: list[ProgressEntry] = []
        self._ends: dict[Partition, int] = {}

    def arrive(self, entries: Iterable[ProgressEntry]) -> None:
        """Progress that was read."""
        self._arrived += entries

    def bind(self, ends: Mapping[Partition, int]) -> None:
        """Ends that were asked for after all that has arrived was read."""
        # One bound lot at a time: a newer one would move the goal for ever while updates stream in.
        if self._arrived and not self._bound:
            self._bound, self._arrived = self._arrived, []
            self._ends = {at: end for at, end in ends.items() if at[0] in _PROMISED}

    def release(self, applied: Mapping[Partition, int]) -> list[ProgressEntry]:
        """Progress that may be shown once everything below `applied` is."""
        if not self._bound or any(applied[at] < end for at, end in self._ends.items()):
            return []
        released, self._bound = self._bound, []
        return released


class ConsumerState:
    """What health and metrics say of the consumer. Times are monotonic seconds, given by the caller."""

    def __init__(self) -> None:
        self._problem: str | None = "未连接 not connected yet"
        self._goal: dict[Partition, int] | None = None
        self._behind_since: float | None = None
        self.lag = 0
        self.caught_up = False

    def started(self, ends: Mapping[Partition, int]) -> None:
        """Reading starts; it has caught up when it has read to `ends`."""
        self._problem, self._goal, self._behind_since = None, dict(ends), None

    def stopped(self, problem: str) -> bool:
        """Reading stopped; it will be tried again. Answers whether this problem is a new one."""
        is_new, self._problem = problem != self._problem, problem
        return is_new

    def probed(self, ends: Mapping[Partition, int], consumed: Mapping[Partition, int], now: float) -> None:
        """How far the log reaches and how far it was read."""
        self.lag = sum(max(0, end - consumed[at]) for at, end in ends.items() if at in consumed)
        if self._goal is not None and all(consumed[at] >= end for at, end in self._goal.items()):
            self._goal, self.caught_up = None, True
        if self.lag <= LAG_ENTRIES:
            self._behind_since = None
        elif self._behind_since is None:
            self._behind_since = now

    def reason(self, now: float) -> str | None:
        """Why the ledger is not ready; None when it is."""
        if self._problem is not None:
            return self._problem
        if not self.caught_up:
            return f"正在追赶日志 catching up with the log: {self.lag} entries behind"
        if self._behind_since is not None and now - self._behind_since > LAG_SECONDS:
            return f"落后于日志 behind the log by {self.lag} entries"
        return None
