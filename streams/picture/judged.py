"""What the fold knows of one record once its turn has come."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from schemas.outputs import Disposition, Flag
from schemas.records import Level, Stage
from streams.picture.stamped import Order, Stamped

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

Rank = tuple[int, int, int]
"""(as_of in µs, stage, level): R3."""


class Judged:
    """One record after its turn.

    `disposition` and `flags` are the outcome and never change. `stands_as` is what later rules look at: the same,
    except for a record held by R17, which stands as what it was judged when it was released (R18).
    """

    __slots__ = (
        "clock_held",
        "corrections",
        "countable",
        "counted",
        "counting",
        "disposition",
        "entries",
        "failed",
        "flags",
        "place",
        "record_id",
        "returned_by",
        "reviewed",
        "root",
        "stamped",
        "stands_as",
        "statements",
        "waiting",
    )

    def __init__(self, stamped: Stamped) -> None:
        self.stamped = stamped
        self.record_id = stamped.record_id
        self.place: Order = stamped.order
        self.disposition: Disposition = "recorded"
        self.stands_as: Disposition = "recorded"
        self.flags: set[Flag] = set()
        self.clock_held = False
        self.waiting = False
        self.failed = False
        self.reviewed = False
        self.returned_by: str | None = None
        self.counted = False
        """Something it stated counted or was kept as history."""
        self.countable = False
        """A delta or headcount that was accepted, or applied later."""
        self.counting = False
        """A delta that counts now: it is countable, not returned, and so is the release that it cancels."""
        self.root: Judged | None = None
        self.corrections: list[Judged] = []
        self.entries: dict[CellId, Entry] = {}
        self.statements: list[Statement] = []

    @property
    def is_filed(self) -> bool:
        """Accepted, stored late or held, but not by R17: what R1 and R4 look for."""
        return self.stands_as in FILED and not self.clock_held

    @property
    def is_returned(self) -> bool:
        """R18: sent back by a review, alone or with its root."""
        return self.returned_by is not None


class Statement:
    """What one record says in one entry; `value` None withdraws."""

    __slots__ = ("by", "entry", "qualifier", "state", "value")

    def __init__(
        self,
        entry: Entry,
        by: Judged,
        value: Decimal | None,
        qualifier: str,
        state: Literal["accepted", "held", "equal_rank"] = "accepted",
    ) -> None:
        self.entry, self.by, self.value, self.qualifier, self.state = entry, by, value, qualifier, state


class Entry:
    """One root record's entry in a cell, with what it and its corrections state there, oldest first (R3, R4)."""

    __slots__ = ("cell", "rank", "root", "statements")

    def __init__(self, cell: Cell, root: Judged, rank: Rank) -> None:
        self.cell, self.root, self.rank = cell, root, rank
        self.statements: list[Statement] = []

    @property
    def current(self) -> Statement | None:
        """What the entry states now: its last statement that no review has returned."""
        return next(
            (statement for statement in reversed(self.statements) if not statement.by.is_returned), None
        )

    @property
    def strength(self) -> tuple[Rank, bool, Order] | None:
        """What decides who is in force; None for an entry that states nothing that counts."""
        current = self.current
        if current is None or current.value is None or current.state == "held":
            return None
        return self.rank, current.state != "equal_rank", self.root.place


class Cell:
    """(unit, key): a list of entries, one of which may be in force (R3)."""

    __slots__ = ("entries", "held", "in_force", "key", "unit")

    def __init__(self, unit: str, key: str) -> None:
        self.unit, self.key = unit, key
        self.entries: dict[str, Entry] = {}
        self.held: dict[str, Entry] = {}
        """Entries that were held at their turn; some may be released or corrected since."""
        self.in_force: Entry | None = None

    @property
    def statement(self) -> Statement | None:
        """The statement in force."""
        return self.in_force.current if self.in_force else None

    @property
    def value(self) -> Decimal | None:
        """The value in force."""
        statement = self.statement
        return statement.value if statement else None


def rank_of(judged: Judged, stage: Stage | None = None) -> Rank:
    """R3: (as_of, stage, level); a verification's rows rank as stage verified whatever it says itself (R15)."""
    record = judged.stamped.record
    return judged.stamped.as_of, STAGES[stage or record.stage], LEVELS[record.source.level]
