"""Changes that are not published yet, put together: of each key only what it says now. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from schemas.outputs import Alarm, DeadLetter, Outcome, UnitUpdate
from streams.picture.shown import Change
from streams.worker.published import IncidentKey, Standing


class _Incident:
    """What is to be published of one incident id."""

    def __init__(self) -> None:
        self.canonical_id = ""
        self.rows: dict[str, UnitUpdate] = {}
        self.outcomes: dict[str, Outcome] = {}
        self.alarms: dict[tuple[str, str], Alarm] = {}
        self.whole = False

    def add(self, change: Change) -> None:
        self.canonical_id = change.canonical_id
        if change.whole:
            self.rows, self.outcomes, self.alarms, self.whole = {}, {}, {}, True
        for row in change.updates:
            # Also its place among the rows is that of its newest word.
            self.rows.pop(row.unit, None)
            self.rows[row.unit] = row
        self.outcomes |= {outcome.record_id: outcome for outcome in change.outcomes}
        self.alarms |= {(alarm.kind, alarm.subject): alarm for alarm in change.alarms}

    def change(self, incident: IncidentKey) -> Change:
        return Change(
            *incident,
            self.canonical_id,
            updates=tuple(self.rows.values()),
            outcomes=tuple(self.outcomes.values()),
            alarms=tuple(self.alarms.values()),
            whole=self.whole,
        )


class Waiting:
    """Changes and dead letters to be published later."""

    def __init__(self) -> None:
        self._incidents: dict[IncidentKey, _Incident] = {}
        self._judged_in: dict[str, IncidentKey] = {}
        """record_id → the incident whose change has its outcome."""
        self._dead: list[DeadLetter] = []

    def __len__(self) -> int:
        return len(self._incidents) + len(self._dead)

    def add(self, changes: Iterable[Change], dead: Iterable[DeadLetter]) -> None:
        """Put together with what waits already."""
        for change in changes:
            incident = (change.status, change.incident_id)
            for outcome in change.outcomes:
                self._leave(outcome.record_id, incident)
            self._incidents.setdefault(incident, _Incident()).add(change)
        self._dead += dead

    def _leave(self, record_id: str, incident: IncidentKey) -> None:
        """A record is judged in this incident now: what another one's change says of it is out of date."""
        before = self._judged_in.get(record_id)
        if before is not None and before != incident and before in self._incidents:
            self._incidents[before].outcomes.pop(record_id, None)
        self._judged_in[record_id] = incident

    def take(
        self, is_owners: Callable[[str], bool], is_origins: Callable[[int], bool]
    ) -> tuple[list[Change], list[DeadLetter]]:
        """What need not wait any longer, by its canonical incident and by the partition of its origin."""
        taken = [key for key, incident in self._incidents.items() if is_owners(incident.canonical_id)]
        changes = [self._incidents.pop(key).change(key) for key in taken]
        if not self._incidents:
            self._judged_in.clear()
        dead = [letter for letter in self._dead if is_origins(letter.partition)]
        self._dead = [letter for letter in self._dead if not is_origins(letter.partition)]
        return changes, dead


def with_leftovers(changes: Iterable[Change], standing: Standing) -> list[Change]:
    """Each whole change with what stands of its incident and is no more: rows to be emptied, alarms to be cleared."""
    return [_with_leftovers(change, standing) if change.whole else change for change in changes]


def _with_leftovers(change: Change, standing: Standing) -> Change:
    incident = (change.status, change.incident_id)
    shown = {row.unit for row in change.updates}
    raised = {(alarm.kind, alarm.subject) for alarm in change.alarms}
    rows = [
        UnitUpdate(status=change.status, incident_id=change.incident_id, unit=unit, figures={})
        for unit in sorted(standing.rows.get(incident, set()) - shown)
    ]
    alarms = [
        cleared(alarm)
        for subject, alarm in sorted(standing.raised.get(incident, {}).items())
        if subject not in raised
    ]
    # Emptied first: the row that says what the incident is now remains the last.
    return Change(
        change.status,
        change.incident_id,
        change.canonical_id,
        updates=(*rows, *change.updates),
        outcomes=change.outcomes,
        alarms=(*alarms, *change.alarms),
        whole=True,
    )


def cleared(alarm: Alarm) -> Alarm:
    """The alarm stands no more."""
    return msgspec.structs.replace(alarm, state="cleared", detail="", version=0)
