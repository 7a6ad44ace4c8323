"""What the fold knows of one record once its turn has come."""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import TYPE_CHECKING, Any, Literal

from schemas.outputs import Disposition, Flag
from schemas.records import Level, Stage
from streams.picture.moments import END, Moment
from streams.picture.reigns import Entry, Rank
from streams.picture.stamped import Order, Stamped

if TYPE_CHECKING:
    from streams.picture.steps import Step

CellId = tuple[str, str]
"""(unit, key)."""

FILED: frozenset[Disposition] = frozenset({"accepted", "stored_late", "held"})

STAGES: dict[Stage, int] = {"initial": 0, "followup": 1, "verified": 2}
LEVELS: dict[Level, int] = {
    "village": 0,
    "township": 1,
    "county": 2,
    "prefecture": 3,
    "province": 4,
    "nation": 5,
}

FactName = Literal[
    "returned", "reviewed", "released", "stands", "correction", "attempt", "countable", "cancels"
]
"""What later steps may say of a record: returned by which target (None: put back), reviewed or not, its held cells
released, (disposition, place) since R17 let it go, a correction it has, how an attempt to apply it ended, that it
counts, the release that it cancels."""

Attempt = Literal["waiting", "failed", "done"]

NO_FACTS: dict[FactName, list[tuple[Moment, Any]]] = {}


class Judged:
    """One record from its turn on.

    `disposition` and `flags` are its outcome. What becomes of it later are `facts`, each with the moment from which it
    holds, so that a step anywhere in the order sees the record as it was then.
    """

    __slots__ = (
        "clock_ahead",
        "content",
        "counted_in",
        "counting",
        "disposition",
        "facts",
        "flags",
        "order",
        "record_id",
        "stamped",
        "statements",
        "turn",
    )

    def __init__(self, stamped: Stamped, clock_ahead: bool, content: tuple[object, ...] | None) -> None:
        self.stamped = stamped
        self.record_id = stamped.record_id
        self.order: Order = stamped.order
        self.clock_ahead = clock_ahead
        """R17 held it at its turn."""
        self.content = content
        """R1: what makes two reports or corrections equal; None for other types."""
        self.disposition: Disposition | None = None
        """None before its turn was judged."""
        self.flags: frozenset[Flag] = frozenset()
        self.turn: Step | None = None
        """Its own turn; None once it is no more."""
        self.facts = NO_FACTS
        self.statements: Entry = []
        """What it stated itself, as a root or as a correction."""
        self.counting = False
        """A delta that counts now (R6)."""
        self.counted_in: list[tuple[str, str, Any]] = []
        """Where a delta counts now: (unit, key, amount)."""

    # Facts, as of a moment.

    def learn(self, name: FactName, moment: Moment, value: Any) -> None:
        """From this moment on, this holds."""
        if not self.facts:
            self.facts = {}
        insort(self.facts.setdefault(name, []), (moment, value), key=_moment)

    def forget(self, name: FactName, moment: Moment, value: Any) -> None:
        """It does not, after all."""
        self.facts[name].remove((moment, value))

    def latest(self, name: FactName, at: Moment = END) -> Any:
        """The last such fact as of a moment; None where there is none."""
        if not self.facts:
            return None
        log = self.facts.get(name)
        if not log:
            return None
        place = bisect_left(log, at, key=_moment)
        return log[place - 1][1] if place else None

    def history(self, name: FactName, at: Moment = END) -> list[Any]:
        """All such facts as of a moment, oldest first."""
        return [value for moment, value in self.facts.get(name, ()) if moment < at]

    def happened(self, name: FactName, since: Moment, at: Moment) -> bool:
        """Whether there is such a fact after one moment and before another."""
        return bool(self.facts) and any(since < moment < at for moment, _ in self.facts.get(name, ()))

    def returned_by(self, at: Moment = END) -> str | None:
        """R18: the target of the review that took its statements out, if one did."""
        found: str | None = self.latest("returned", at)
        return found

    def is_returned(self, at: Moment = END) -> bool:
        """R18: sent back by a review, alone or with its root."""
        return self.latest("returned", at) is not None

    def is_clock_held(self, at: Moment = END) -> bool:
        """R17, and not released yet."""
        return self.clock_ahead and self.latest("stands", at) is None

    def stands_as(self, at: Moment = END) -> Disposition | None:
        """What later rules look at: its disposition, or what it was judged as when R18 released it from R17."""
        stands = self.latest("stands", at)
        return self.disposition if stands is None else stands[0]

    def place(self, at: Moment = END) -> Order:
        """Its place among equal ranks: its turn, or that of the review that released it (R18)."""
        stands = self.latest("stands", at)
        return self.order if stands is None else stands[1]

    def is_filed(self, at: Moment = END) -> bool:
        """Accepted, stored late or held, but not by R17: what R1 and R4 look for."""
        return self.stands_as(at) in FILED and not self.is_clock_held(at)

    def corrections(self, at: Moment = END) -> list[Judged]:
        """Its corrections so far, oldest first."""
        return self.history("correction", at)

    @property
    def is_reviewed(self) -> bool:
        """R18: approved, and not returned since."""
        return bool(self.latest("reviewed"))


def rank_of(judged: Judged, stage: Stage | None = None) -> Rank:
    """R3: (as_of, stage, level); a verification's rows rank as stage verified whatever it says itself (R15)."""
    record = judged.stamped.record
    return judged.stamped.as_of, STAGES[stage or record.stage], LEVELS[record.source.level]


def _moment(fact: tuple[Moment, Any]) -> Moment:
    return fact[0]
