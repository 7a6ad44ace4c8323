"""What one incident's fold holds, and what a step may ask: of the lanes as of its moment, of the world around it."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from schemas.outputs import Disposition, Flag
from schemas.records import Correction, IncidentMerge, type_name
from streams.picture.beside import SideTable
from streams.picture.cells import Cells
from streams.picture.freezes import Freezes
from streams.picture.judged import Judged
from streams.picture.lanes import Cancels, Contents, Documents, Facts, Namings
from streams.picture.moments import Moment, after_release, after_turn, turn_of
from streams.picture.shelters import Shelters
from streams.picture.stamped import Order, Stamped
from streams.picture.steps import Agenda, Step
from streams.picture.tallies import Tallies
from streams.picture.units import county_of


class Elsewhere(NamedTuple):
    """What may be asked of a record of another incident: its place in the order, and where it leads (R4).

    `record` is None but for a correction or a merge: of others no more is known in every picture.
    """

    record_id: str
    order: Order
    record: Correction | IncidentMerge | None


class World(Protocol):
    """All records of one status, whatever their incident."""

    def find(self, record_id: str) -> Elsewhere | None:
        """A record by its id, wherever it lies in the order."""

    def canonical(self, incident_id: str) -> str:
        """The canonical incident (R14)."""

    def merge_disposition(self, record_id: str) -> Disposition:
        """How a merge is judged (R14): a fact of the whole set."""

    def moved_before(self, stamped: Stamped) -> bool:
        """Whether its incident was merged away before its turn (flag incident_alias)."""

    def watch(self, record_id: str, incident_id: str) -> None:
        """A fold has looked for a record outside its incident: tell it when that record comes, goes or changes."""


class Verdict(NamedTuple):
    """What a rule decides."""

    disposition: Disposition
    flags: frozenset[Flag] = frozenset()


class IncidentState:
    """Everything judged so far of one canonical incident."""

    def __init__(self, incident_id: str, world: World) -> None:
        self.incident_id = incident_id
        self.world = world
        self.agenda = Agenda()
        self.judged: dict[str, Judged] = {}
        self.elsewhere: set[str] = set()
        """Records that were looked for and not found in this incident."""
        self.restated: set[Judged] = set()
        """Records whose outcome or standing may have changed."""
        self.cells = Cells(self.agenda, self.restated)
        self.contents = Contents(self.agenda)
        self.facts = Facts(self.agenda, self.contents, self.restated)
        self.documents = Documents(self.agenda, self.await_again)
        self.cancels = Cancels(self.agenda)
        self.shelters = Shelters(self.agenda, self.restated)
        self.freezes = Freezes(self.agenda)
        self.namings = Namings()
        self.beside = SideTable()
        self.tallies = Tallies()

    def before(self, step: Step, record_id: str) -> Judged | Elsewhere | None:
        """A record whose turn comes before a step: Judged if it is of this incident, else Elsewhere."""
        self.agenda.read(step, ("record", record_id))
        judged = self.judged.get(record_id)
        if judged is not None:
            return judged if turn_of(judged.order) < step.moment else None
        self.elsewhere.add(record_id)
        self.world.watch(record_id, self.incident_id)
        found = self.world.find(record_id)
        return found if found is not None and turn_of(found.order) < step.moment else None

    def frozen(self, step: Step, unit: str) -> bool:
        """Whether a unit's county is frozen as of a step (R15)."""
        county = county_of(unit)
        if county is None:
            return False
        self.agenda.read(step, self.freezes.key(county))
        return self.freezes.covers(county, step.moment)

    def mark_frozen(self) -> None:
        """The status of the figures of counties that were frozen or thawed may have changed."""
        counties, self.freezes.changed = self.freezes.changed, set()
        self.cells.changed.update(self.cells.in_force_in(counties))

    # Waiting (R4, R6, R18): the step of the next attempt lies right after what is awaited.

    def await_again(self, step: Step) -> None:
        """Plan, or plan anew, the next attempt of the record that a step leaves waiting."""
        moment = self._next_attempt(step)
        if step.child is not None:
            if step.child.moment == moment and step.awaits and step.child.judged is step.awaits.waiter:
                return
            self.drop(step.child)
            step.child = None
        if moment is not None:
            assert step.awaits is not None
            step.child = Step(moment, step.awaits.waiter, is_retry=True)
            self.agenda.push(step.child)

    def drop(self, step: Step) -> None:
        """A step that is no more: its effects are taken back, and so are the further attempts that it led to."""
        dropped: Step | None = step
        while dropped is not None:
            self.agenda.bury(dropped)
            self.stop_waiting(dropped)
            effects, dropped.effects = dropped.effects, []
            for effect in effects:
                effect.take_back(dropped)
            self.cells.settle()
            self.shelters.headcounts.settle()
            child, dropped.child = dropped.child, None
            dropped = child

    def begin_waiting(self, step: Step) -> None:
        """Note who waits for a supply document; who waits for a record has read it."""
        if step.awaits is not None and step.awaits.what == "document":
            self.documents.waiting.setdefault(step.awaits.key, []).append(step)

    def stop_waiting(self, step: Step) -> None:
        """The step leaves nobody waiting any more."""
        awaits, step.awaits = step.awaits, None
        if awaits is not None and awaits.what == "document":
            self.documents.waiting[awaits.key].remove(step)

    def _next_attempt(self, step: Step) -> Moment | None:
        if step.awaits is None:
            return None
        if step.awaits.what == "record":
            found = self.judged.get(step.awaits.key) or self.world.find(step.awaits.key)
            return after_turn(found.order, step.moment) if found is not None else None
        claim = self.documents.first_claim(("supply_movement", step.awaits.key))
        if claim is None:
            return None
        moment, judged = claim
        own_turn: Order = judged.order
        return (
            after_turn(own_turn, step.moment)
            if moment == turn_of(own_turn)
            else after_release(moment, step.moment)
        )


def content_of(stamped: Stamped) -> tuple[object, ...]:
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
