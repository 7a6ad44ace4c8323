"""The newest outcomes, for those who subscribe later. Pure."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterator

import msgspec

from schemas.outputs import Outcome

JUST_BEFORE_THE_FIRST = 1
"""The number of a change that everybody who subscribes has missed, and nobody who has subscribed."""


class NewestOutcomes:
    """At most `keep` outcomes in the order in which they last changed; the highest version of `remember` more.

    A repeated outcome (a rebuild publishes it again with a higher version) is no news: what it says is compared.
    """

    def __init__(self, keep: int, remember: int) -> None:
        self._keep, self._remember = keep, remember
        self._kept: dict[str, tuple[int, Outcome]] = {}
        self._forgotten: dict[str, tuple[int, int]] = {}
        self._let_go_at = 0

    def __len__(self) -> int:
        return len(self._kept)

    def apply(self, outcome: Outcome, number: int) -> bool:
        """Keep `outcome` as change `number`; False when it is not newer or says nothing new."""
        record_id = outcome.record_id
        if record_id in self._kept:
            kept_number, known = self._kept[record_id]
            if outcome.version <= known.version:
                return False
            if _saying(outcome) == _saying(known):
                self._kept[record_id] = (kept_number, outcome)
                return False
            del self._kept[record_id]
        elif record_id in self._forgotten:
            version, saying = self._forgotten[record_id]
            if outcome.version <= version:
                return False
            if hash(_saying(outcome)) == saying:
                self._forgotten[record_id] = (outcome.version, saying)
                return False
            del self._forgotten[record_id]
        self._kept[record_id] = (number, outcome)
        if len(self._kept) > self._keep:
            self._let_go()
        return True

    def _let_go(self) -> None:
        record_id = next(iter(self._kept))
        self._let_go_at, outcome = self._kept.pop(record_id)
        self._remember_of(outcome)

    def _remember_of(self, outcome: Outcome) -> None:
        self._forgotten[outcome.record_id] = (outcome.version, hash(_saying(outcome)))
        if len(self._forgotten) > self._remember:
            del self._forgotten[next(iter(self._forgotten))]

    def begin_without(self, outcome: Outcome) -> None:
        """Before the first `apply`: an outcome older than all that will be kept; only its highest version counts."""
        version, _ = self._forgotten.get(outcome.record_id, (-1, 0))
        self._let_go_at = JUST_BEFORE_THE_FIRST
        if outcome.version > version:
            self._remember_of(outcome)

    def changed(self, since: int) -> Iterator[tuple[int, Outcome]]:
        """Outcomes kept that changed after `since`, with their numbers, the newest first."""
        for number, outcome in reversed(self._kept.values()):
            if number <= since:
                return
            yield number, outcome

    def lost(self, since: int) -> bool:
        """Whether an outcome that changed after `since` is no longer kept."""
        return self._let_go_at > since


class OutcomesAtStart:
    """The log's outcomes, read partition by partition, in the order of time: the newest of all partitions are kept.

    Memory: `keep` outcomes a partition.
    """

    def __init__(self, newest: NewestOutcomes, keep: int) -> None:
        self._newest, self._keep = newest, keep
        self._read: dict[int, deque[tuple[int, Outcome]]] = {}

    def add(self, partition: int, appended_at: int, outcome: Outcome) -> None:
        """An outcome as it lies on its partition, in the order of its offsets; `appended_at` in ms."""
        of_partition = self._read.setdefault(partition, deque())
        of_partition.append((appended_at, outcome))
        if len(of_partition) > self._keep:
            self._newest.begin_without(of_partition.popleft()[1])

    def in_order(self) -> Iterator[Outcome]:
        """What was read, oldest first."""
        for _, outcome in heapq.merge(*self._read.values(), key=lambda read: read[0]):
            yield outcome


def _saying(outcome: Outcome) -> Outcome:
    return msgspec.structs.replace(outcome, version=0)
