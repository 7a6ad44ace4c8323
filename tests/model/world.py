"""The state of one status' world while its records are judged one after the other."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal

from tests.model.canon import Json, instant

STAGES = ("initial", "followup", "verified")
LEVELS = ("village", "township", "county", "prefecture", "province", "nation")
COUNT_TYPES = ("dispatch", "supply_movement", "evacuation_count")
COUNTED = ("accepted", "stored_late", "held")
Rank = tuple[datetime, int, int]


@dataclass(eq=False)
class Turn:
    """One record from its turn on.

    `judged_as` is what the record counts as for R1 and R4: its disposition, but None while R17 holds
    it and, once R18 releases it, what it was judged as then (its published outcome stays).
    `returned_by` is the target of the review that took its statements out, if one did.
    `waits` says that the whole record waits for a reason, a base or a review; `counts`, that a delta
    or headcount was let into the figures, `has_counted`, that it was in them at some turn; `place`, its place in the order among equal ranks.
    """

    record: Json
    id: str
    type: str
    incident: str
    number: int
    place: int
    disposition: str = ""
    flags: set[str] = field(default_factory=set)
    judged_as: str | None = None
    returned_by: str | None = None
    waits: bool = False
    counts: bool = False
    has_counted: bool = False
    applied_corrections: list["Turn"] = field(default_factory=list)

    @property
    def org(self) -> str:
        return str(self.record["source"]["org"])

    @property
    def official(self) -> bool:
        return bool(self.record["source"]["class"] == "official_stat")

    @property
    def as_of(self) -> datetime:
        return instant(self.record["as_of"])

    @property
    def rank(self) -> Rank:
        """R3: "Entry rank = (as_of, stage verified > followup > initial, level nation > … > village)".

        R15: the rows of a verification "are applied as a report of stage verified".
        """
        stage = "verified" if self.type == "verification" else self.record.get("stage") or "followup"
        return self.as_of, STAGES.index(stage), LEVELS.index(self.record["source"]["level"])

    @property
    def held_by_clock(self) -> bool:
        return "future_time" in self.flags

    @property
    def counted(self) -> bool:
        """ "that was accepted, stored_late or held (not by R17)" (R1, R4)."""
        return self.judged_as in COUNTED


@dataclass(eq=False)
class Statement:
    """A value (None: withdrawn) that `by` states for an entry. Corrections always state `accepted`."""

    by: Turn
    value: Decimal | None
    mode: Literal["accepted", "held", "equal_history"] = "accepted"
    flag: str | None = None


@dataclass(eq=False)
class Entry:
    """R3: what one root record, and its corrections (R4), say of one cell."""

    root: Turn
    statements: list[Statement] = field(default_factory=list)

    @property
    def current(self) -> Statement | None:
        """The last statement that no review returned: "its entries state again what they stated
        before it" (R18)."""
        standing = [statement for statement in self.statements if statement.by.returned_by is None]
        return standing[-1] if standing else None

    @property
    def value(self) -> Decimal | None:
        """The value the entry offers to its cell: none while held, withdrawn or returned."""
        now = self.current
        return None if now is None or now.mode == "held" else now.value

    @property
    def waits(self) -> bool:
        return self.current is not None and self.current.mode == "held"


@dataclass(eq=False)
class Word:
    """R2: what `by` says of `root`'s word beside a cell; `village` where it is a component of a township."""

    incident: str
    unit: str
    key: str
    village: str | None
    root: Turn
    by: Turn
    value: Decimal | None


CellKey = tuple[str, str, str]
DocumentKey = tuple[str, str, str | None]


@dataclass
class World:
    """One status: its merges (read from the whole set first), its turns, cells and documents."""

    canonical: dict[str, str]
    accepted_merges: set[str]
    merges_into_force: dict[str, str]
    turns: dict[str, Turn] = field(default_factory=dict)
    cells: dict[CellKey, list[Entry]] = field(default_factory=dict)
    documents: dict[DocumentKey, Turn] = field(default_factory=dict)
    freezing: list[tuple[Turn, str]] = field(default_factory=list)
    waiting: list[tuple[tuple[str, ...], Turn]] = field(default_factory=list)
    beside: list[Word] = field(default_factory=list)
    disputed: list[tuple[DocumentKey, Turn]] = field(default_factory=list)

    def incident_of(self, incident_id: str) -> str:
        return self.canonical.get(incident_id, incident_id)

    def wait(self, turn: Turn, *what: str) -> None:
        """`turn` begins to wait for a record ("record", id) or a document ("document", incident, no)."""
        turn.waits = True
        self.waiting.append((what, turn))

    def entries_of(self, root: Turn) -> Iterator[tuple[CellKey, Entry]]:
        for key, entries in self.cells.items():
            for entry in entries:
                if entry.root is root:
                    yield key, entry

    def entry_of(self, root: Turn, key: CellKey) -> Entry | None:
        return next((entry for entry in self.cells.get(key, []) if entry.root is root), None)

    def in_force(self, key: CellKey) -> Entry | None:
        """R3: "In force is the accepted entry of highest rank; among equal ranks the one whose root
        came last in the order, entries kept as equal-rank history coming below all others of that
        rank. [...] When an entry leaves, the highest that remains is in force, history included."
        """
        offered = [entry for entry in self.cells.get(key, []) if entry.value is not None]
        return max(offered, key=self.height, default=None)

    @staticmethod
    def height(entry: Entry) -> tuple[Rank, bool, int]:
        assert entry.current is not None
        return entry.root.rank, entry.current.mode != "equal_history", entry.root.place

    def value_in_force(self, key: CellKey) -> Decimal | None:
        entry = self.in_force(key)
        return None if entry is None else entry.value

    def is_frozen(self, incident: str, county: str | None) -> bool:
        """R15: "that county is frozen in that incident from then on"."""
        return any(by.incident == incident and named == county for by, named in self.freezing)
