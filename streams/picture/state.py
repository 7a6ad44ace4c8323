"""What one incident's fold holds between two turns, and what it may ask of the world around it."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from schemas.outputs import Disposition, Flag
from schemas.records import type_name
from streams.picture.beside import SideTable
from streams.picture.cells import Cells
from streams.picture.judged import CellId, Judged
from streams.picture.shelters import Shelters
from streams.picture.stamped import Order, Stamped
from streams.picture.tallies import Tallies
from streams.picture.units import county_of
from streams.picture.waiting import Waiting


class World(Protocol):
    """All records of one status, whatever their incident."""

    def find(self, record_id: str) -> Stamped | None:
        """A record by its id, wherever it lies in the order."""

    def canonical(self, incident_id: str) -> str:
        """The canonical incident (R14)."""

    def merge_disposition(self, record_id: str) -> Disposition:
        """How a merge is judged (R14): a fact of the whole set."""

    def moved_before(self, stamped: Stamped) -> bool:
        """Whether its incident was merged away before its turn (flag incident_alias)."""


class Verdict(NamedTuple):
    """What a rule decides."""

    disposition: Disposition
    flags: frozenset[Flag] = frozenset()


class Freezes:
    """R15: which verifications cover which counties, while they are not undone."""

    def __init__(self) -> None:
        self._covering: dict[str, set[str]] = {}

    def freeze(self, verification_id: str, counties: set[str]) -> None:
        """From now on these counties are frozen."""
        for county in counties:
            self._covering.setdefault(county, set()).add(verification_id)

    def undo(self, verification_id: str) -> set[str]:
        """Take one verification's freezing back; answers the counties it covered."""
        covered = {county for county, by in self._covering.items() if verification_id in by}
        for county in covered:
            self._covering[county].discard(verification_id)
        return covered

    def covers(self, county: str | None) -> bool:
        """Whether a county is frozen now."""
        return bool(county and self._covering.get(county))

    def covers_unit(self, unit: str) -> bool:
        """Whether a unit lies in a frozen county."""
        return self.covers(county_of(unit))


class IncidentState:
    """Everything judged so far of one canonical incident."""

    def __init__(self, incident_id: str, world: World) -> None:
        self.incident_id = incident_id
        self.world = world
        self.now: Order = (0, "")
        self.judged: dict[str, Judged] = {}
        self.cells = Cells()
        self.tallies = Tallies()
        self.shelters = Shelters()
        self.beside = SideTable()
        self.freezes = Freezes()
        self.waiting = Waiting()
        self.documents: dict[tuple[str, str], Judged] = {}
        self.cancels: dict[str, list[Judged]] = {}
        self.foreign: set[str] = set()
        """Record ids that were looked for outside this incident: if one changes, the fold must be made anew."""
        self._contents: dict[tuple[object, ...], list[Judged]] = {}

    def before(self, record_id: str) -> Judged | Stamped | None:
        """A record before the present turn: Judged if it is of this incident, Stamped if of another one."""
        judged = self.judged.get(record_id)
        if judged is not None:
            return judged
        stamped = self.world.find(record_id)
        if stamped is not None and self.world.canonical(stamped.record.incident_id) == self.incident_id:
            return None
        self.foreign.add(record_id)
        return stamped if stamped is not None and stamped.order < self.now else None

    def file_content(self, judged: Judged) -> None:
        """Remember a report or correction for R1."""
        self._contents.setdefault(_content(judged.stamped), []).append(judged)

    def repeats_content(self, judged: Judged) -> bool:
        """R1: equal to one before it that was accepted, stored late or held, and is not returned now."""
        return any(
            other.is_filed and not other.is_returned
            for other in self._contents.get(_content(judged.stamped), ())
        )

    def thaw(self, verification_id: str) -> None:
        """Undo a verification's freezing; its counties' figures lose their mark."""
        self.mark_counties(self.freezes.undo(verification_id))

    def freeze(self, verification_id: str, counties: set[str]) -> None:
        """Freeze counties; their figures are verified."""
        self.freezes.freeze(verification_id, counties)
        self.mark_counties(counties)

    def mark_counties(self, counties: set[str]) -> None:
        """The status of these counties' figures may have changed."""
        changed: list[CellId] = [
            cell_id for cell_id in self.cells.in_force() if county_of(cell_id[0]) in counties
        ]
        self.cells.changed.update(changed)


def _content(stamped: Stamped) -> tuple[object, ...]:
    """R1: (type, source.org, as_of, stage, reason, supersedes, rows); the canonical incident is the fold's own."""
    record = stamped.record
    return (
        type_name(record),
        record.source.org,
        stamped.as_of,
        record.stage,
        record.reason,
        getattr(record, "supersedes", None),
        stamped.rows_digest,
    )
