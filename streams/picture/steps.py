"""Steps: each judging of a record, what it read and what it did, and which ones must be done again (records.md 1).

A step is a pure function of what lies before its moment. It says what it does as *effects*, which lie in lanes from its
moment on. When a record arrives late, its step is judged in its place; whatever that changes stirs the later steps that
have read it, and they are judged again, earliest first, until nothing differs any more: the cost of the change.
"""

from __future__ import annotations

import heapq
from collections.abc import Hashable
from typing import Any, Literal, NamedTuple, Protocol

from streams.picture.judged import Attempt, Judged
from streams.picture.moments import END, Moment


class Lane(Protocol):
    """Where effects lie, each from its step's moment on."""

    def put(self, key: Any, value: Any, step: Step) -> None:
        """An effect begins to lie here."""

    def take_back(self, key: Any, value: Any, step: Step) -> None:
        """It does not, after all."""


class Effect(Protocol):
    """One thing that a step does: `lane`, `key` and `value` make it the same as another one."""

    @property
    def lane(self) -> Any:
        """Where it lies."""

    @property
    def key(self) -> Any:
        """Where in the lane."""

    @property
    def value(self) -> Any:
        """What lies there."""

    def put(self, step: Step) -> None:
        """It begins to lie there."""

    def take_back(self, step: Step) -> None:
        """It does not, after all."""


class Lain(NamedTuple):
    """An effect in a lane that needs to know no more of it."""

    lane: Lane
    key: Any
    value: Any

    def put(self, step: Step) -> None:
        """Put it into its lane."""
        self.lane.put(self.key, self.value, step)

    def take_back(self, step: Step) -> None:
        """Take it from its lane."""
        self.lane.take_back(self.key, self.value, step)


class Awaits(NamedTuple):
    """Which record waits, and for the turn of which record or supply document."""

    waiter: Judged
    what: Literal["record", "document"]
    key: str


class Step:
    """One judging: a record's own turn, or a waiting record tried right after its base (`is_retry`)."""

    __slots__ = (
        "awaits",
        "child",
        "effects",
        "is_dead",
        "is_queued",
        "is_retry",
        "judged",
        "moment",
        "reads",
    )

    def __init__(self, moment: Moment, judged: Judged, *, is_retry: bool = False) -> None:
        self.moment, self.judged, self.is_retry = moment, judged, is_retry
        self.effects: list[Effect] = []
        self.reads: list[Hashable] | None = None
        self.awaits: Awaits | None = None
        self.child: Step | None = None
        """The next attempt of the one that awaits something."""
        self.is_queued = self.is_dead = False

    def does(self, lane: Lane, key: Any, value: Any) -> None:
        """One more effect; no rule may rely on seeing its own."""
        self.effects.append(Lain(lane, key, value))

    def wait(self, waiter: Judged, what: Literal["record", "document"], key: str) -> None:
        """The record waits for a turn; a record waits for one thing at a time."""
        self.awaits = Awaits(waiter, what, key)


class Agenda:
    """The steps to be judged, earliest first, and who has read what."""

    def __init__(self) -> None:
        self._queue: list[tuple[Moment, int, Step]] = []
        self._pushed = 0
        self._readers: dict[Hashable, list[Step]] = {}
        self.taken = 0
        """How many steps have been judged so far: the cost of a change is what this grows by."""
        self.last: Moment = ()
        """No step behind this moment has been judged yet."""

    def push(self, step: Step) -> None:
        """Judge a step, or judge it again."""
        if step.is_queued or step.is_dead:
            return
        step.is_queued = True
        self._pushed += 1
        heapq.heappush(self._queue, (step.moment, self._pushed, step))

    def pop(self) -> Step | None:
        """The earliest step to be judged; None when all are."""
        while self._queue:
            step = heapq.heappop(self._queue)[2]
            step.is_queued = False
            if not step.is_dead:
                self.taken += 1
                self.last = max(self.last, step.moment)
                return step
        return None

    def read(self, step: Step, key: Hashable) -> None:
        """The step depends on this as of its moment."""
        if step.reads is None:
            step.reads = [key]
        elif key in step.reads:
            return
        else:
            step.reads.append(key)
        self._readers.setdefault(key, []).append(step)

    def stir(self, key: Hashable, after: Moment, until: Moment = END) -> None:
        """This differs from `after` on, `until` then: judge again whoever has read it there."""
        if after >= self.last:
            return
        for step in self._readers.get(key, ()):
            if after < step.moment <= until:
                self.push(step)

    def stir_all(self, key: Hashable) -> None:
        """Judge again whoever has read this."""
        for step in self._readers.get(key, ()):
            self.push(step)

    def bury(self, step: Step) -> None:
        """A step that is no more reads nothing."""
        step.is_dead = True
        for key in step.reads or ():
            readers = self._readers[key]
            readers.remove(step)
            if not readers:
                del self._readers[key]


def replace(step: Step, before: list[Effect]) -> bool:
    """Take back the effects that a step no longer has and put those that are new; whether there were any."""
    if not before:
        for effect in step.effects:
            effect.put(step)
        return bool(step.effects)
    had = {(effect.lane, effect.key, effect.value): effect for effect in before}
    has = {(effect.lane, effect.key, effect.value): effect for effect in step.effects}
    gone = [effect for same, effect in had.items() if same not in has]
    new = [effect for same, effect in has.items() if same not in had]
    step.effects = [had.get(same, effect) for same, effect in has.items()]
    for effect in gone:
        effect.take_back(step)
    for effect in new:
        effect.put(step)
    return bool(gone or new)


def ended(verdict_waits: bool, succeeded: bool) -> Attempt:
    """How an attempt to apply a waiting record ended."""
    return "waiting" if verdict_waits else "done" if succeeded else "failed"
