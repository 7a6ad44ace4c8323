"""The picture as the gateway knows it: (status, incident) → unit → figures, each with the number of its last change.

Every change of anything gets the next `number`. A figure carries the number at which it last changed, and a figure
that went away keeps its number, so that "what changed since n" needs nothing stored per client. Units and incidents
lie in the order of their last change, the newest at the end, so that the answer costs what changed, not what exists.
Pure: no clock, no I/O.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from schemas.feed import UnitView
from schemas.outputs import Alarm, Alternative, Figure, IncidentHead, Outcome, Progress, UnitUpdate
from schemas.records import Status
from services.gateway.alarms import AlarmBoard
from services.gateway.config import Limits
from services.gateway.outcomes import NewestOutcomes, OutcomesAtStart
from streams.picture.units import NATION

Entry = TypeVar("Entry")


@dataclass(slots=True)
class UnitState:
    """A unit's row. `version` is the highest seen, `shown_version` that of the last row that changed anything.

    `changed_at` has every key ever shown; a key that is not in `figures` was removed at that number.
    """

    unit: str
    version: int = -1
    shown_version: int = 0
    figures: dict[str, Figure] = field(default_factory=dict)
    changed_at: dict[str, int] = field(default_factory=dict)
    beside: dict[str, tuple[Alternative, ...]] = field(default_factory=dict)
    beside_changed_at: int = 0
    head: IncidentHead | None = None
    head_changed_at: int = 0
    number: int = 0


@dataclass(slots=True)
class IncidentState:
    """An incident's units. While it is merged away (`merged_into`) none of them is shown."""

    status: Status
    incident_id: str
    units: dict[str, UnitState] = field(default_factory=dict)
    merged_into: str | None = None
    number: int = 0


class View:
    """All worlds. `number` counts the changes of figures, outcomes and alarms alike.

    `watermark`: append time up to which all input is in this view; set by whoever reads the topics, because only the
    reader knows that what was published before a progress message has arrived.
    """

    def __init__(self, limits: Limits) -> None:
        self.number = 0
        self.watermark: datetime | None = None
        self._limits = limits
        self.outcomes = NewestOutcomes(limits.outcomes_kept, limits.versions_kept)
        self.alarms = AlarmBoard(limits.cleared_alarms_kept)
        self._worlds: dict[Status, dict[str, IncidentState]] = {}
        self._vanished: dict[tuple[Status, str], int] = {}
        """Incidents that are no more (their records turned out to be another one's) → the number of that change."""
        self._progress: dict[int, Progress] = {}

    def apply(self, rows: Iterable[UnitUpdate]) -> bool:
        """Apply the rows of one change as one; answers whether anything shown changed.

        A row whose version is not above the key's highest is a repeat, a rebuild or a stale owner's late message.
        """
        number = self.number + 1
        changed = [self._apply_row(row, number) for row in rows]
        return self._numbered(any(changed))

    def _apply_row(self, row: UnitUpdate, number: int) -> bool:
        world = self._worlds.setdefault(row.status, {})
        incident = world.get(row.incident_id)
        if incident is None:
            incident = world[row.incident_id] = IncidentState(row.status, row.incident_id)
        unit = incident.units.get(row.unit)
        if unit is None:
            unit = incident.units[row.unit] = UnitState(row.unit)
        if row.version <= unit.version:
            return False
        unit.version = row.version
        merged = row.unit == NATION and row.merged_into != incident.merged_into
        if row.unit == NATION:
            self._note_whether_it_exists(row, unit, number)
        if _restate(unit, row, number):
            unit.shown_version = row.version
            _to_end(incident.units, row.unit)
        elif not merged:
            return False
        if merged:
            incident.merged_into = row.merged_into
            _touch_units(incident, number)
        incident.number = number
        _to_end(world, row.incident_id)
        return True

    def _note_whether_it_exists(self, row: UnitUpdate, nation: UnitState, number: int) -> None:
        if row.head is not None or row.merged_into is not None:
            self._vanished.pop((row.status, row.incident_id), None)
        elif nation.head is not None:
            self._vanished[row.status, row.incident_id] = number

    def vanished(self, status: Status, since: int) -> Iterator[str]:
        """Incidents that are no more since change `since`; a delta has no word for that."""
        for (of, incident_id), number in self._vanished.items():
            if of == status and number > since:
                yield incident_id

    def outcomes_at_start(self) -> OutcomesAtStart:
        """Takes the outcomes of a log that is read partition by partition."""
        return OutcomesAtStart(self.outcomes, self._limits.outcomes_kept)

    def apply_outcome(self, outcome: Outcome) -> bool:
        """Apply a judgement; answers whether it is news."""
        return self._numbered(self.outcomes.apply(outcome, self.number + 1))

    def apply_alarm(self, alarm: Alarm) -> bool:
        """Apply an alarm raised or cleared; answers whether it is news."""
        return self._numbered(self.alarms.apply(alarm, self.number + 1))

    def _numbered(self, news: bool) -> bool:
        self.number += news
        return news

    def note_progress(self, progress: Progress) -> bool:
        """Keep the highest version of a partition's progress; answers whether it is new."""
        known = self._progress.get(progress.partition)
        if known is not None and progress.version <= known.version:
            return False
        self._progress[progress.partition] = progress
        return True

    def least_progress(self, partitions: int) -> datetime | None:
        """The append time up to which all input is folded: the least over partitions 0..n-1, None until all spoke."""
        known = [self._progress.get(partition) for partition in range(partitions)]
        moments = [progress.folded_until for progress in known if progress is not None]
        return min(moments) if moments and len(moments) == partitions else None

    def incident(self, status: Status, incident_id: str) -> IncidentState | None:
        """The incident's state, if anything was ever published of it."""
        return self._worlds.get(status, {}).get(incident_id)

    def canonical(self, status: Status, incident_id: str) -> str:
        """The incident that `incident_id` is part of now; an unknown one is its own."""
        seen = {incident_id}
        while (incident := self.incident(status, incident_id)) and incident.merged_into:
            # While rows of two partitions are under way, two pointers can name each other for a moment.
            if incident.merged_into in seen:
                return min(seen)
            incident_id = incident.merged_into
            seen.add(incident_id)
        return incident_id

    def changed_incidents(self, status: Status, since: int) -> Iterator[IncidentState]:
        """Incidents with a change after `since`, the newest first."""
        for incident in reversed(self._worlds.get(status, {}).values()):
            if incident.number <= since:
                return
            yield incident

    def sizes(self) -> tuple[int, int]:
        """How many incidents and unit rows are held."""
        incidents = [incident for world in self._worlds.values() for incident in world.values()]
        return len(incidents), sum(len(incident.units) for incident in incidents)


def _restate(unit: UnitState, row: UnitUpdate, number: int) -> bool:
    """Put the row's content in place of the unit's, numbering what differs; answers whether anything does."""
    differing = [key for key, figure in row.figures.items() if unit.figures.get(key) != figure]
    differing += [key for key in unit.figures if key not in row.figures]
    for key in differing:
        unit.changed_at[key] = number
    unit.figures = row.figures
    if row.beside != unit.beside:
        unit.beside, unit.beside_changed_at = row.beside, number
    if row.head != unit.head:
        unit.head, unit.head_changed_at = row.head, number
    changed = bool(differing) or number in (unit.beside_changed_at, unit.head_changed_at)
    if changed:
        unit.number = number
    return changed


def _touch_units(incident: IncidentState, number: int) -> None:
    """Everything of the incident appears or disappears with a merge made or undone."""
    for unit in incident.units.values():
        unit.changed_at = dict.fromkeys(unit.changed_at, number)
        unit.beside_changed_at = unit.head_changed_at = unit.number = number


def _to_end(entries: dict[str, Entry], key: str) -> None:
    entries[key] = entries.pop(key)


def whole(incident: IncidentState, unit: UnitState) -> UnitView | None:
    """The unit as a snapshot shows it; None where there is nothing to show."""
    if incident.merged_into or not (unit.figures or unit.beside or unit.head):
        return None
    return UnitView(
        incident_id=incident.incident_id,
        status=incident.status,
        unit=unit.unit,
        version=unit.shown_version,
        figures=unit.figures,
        beside=unit.beside or None,
        head=unit.head,
    )


def changed_units(incident: IncidentState, since: int) -> Iterator[UnitState]:
    """Units with a change after `since`, the newest first."""
    for unit in reversed(incident.units.values()):
        if unit.number <= since:
            return
        yield unit


def changes(incident: IncidentState, unit: UnitState, since: int) -> UnitView:
    """What changed of the unit after `since`: each changed figure whole, and the keys that went."""
    shown = {} if incident.merged_into else unit.figures
    changed = [key for key, number in unit.changed_at.items() if number > since]
    return UnitView(
        incident_id=incident.incident_id,
        status=incident.status,
        unit=unit.unit,
        version=unit.shown_version,
        figures={key: shown[key] for key in changed if key in shown},
        removed=[key for key in changed if key not in shown],
        beside=({} if incident.merged_into else unit.beside) if unit.beside_changed_at > since else None,
        head=unit.head if unit.head_changed_at > since and not incident.merged_into else None,
        merged_into=incident.merged_into,
    )
