"""What was last answered of an incident, and how what is to be shown now differs from it."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from schemas.outputs import Alarm, Alternative, Figure, Outcome, UnitUpdate
from schemas.records import Status
from streams.picture.alarms import Subject
from streams.picture.figures import alternatives, figure
from streams.picture.incident import IncidentFold
from streams.picture.units import NATION


class Change(msgspec.Struct, frozen=True):
    """What changed of one incident, to be published as one.

    `canonical_id` = the incident itself, or the one that it was merged into. `updates` follow one another, the last one
    marked. Versions are 0: whoever publishes sets them.
    """

    status: Status
    incident_id: str
    canonical_id: str
    updates: tuple[UnitUpdate, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    alarms: tuple[Alarm, ...] = ()


class ShownIncident:
    """The rows, outcomes and alarms last answered of one incident id."""

    def __init__(self, status: Status, incident_id: str) -> None:
        self.status: Status = status
        self.incident_id = incident_id
        self._fold: IncidentFold | None = None
        self._updates: dict[str, UnitUpdate] = {}
        self._outcomes: dict[str, Outcome] = {}
        self._alarms: dict[Subject, Alarm] = {}

    def show(
        self, fold: IncidentFold | None, merged_into: str | None, aliases: tuple[str, ...] | None
    ) -> Change | None:
        """The change to what the fold says now; None for a fold that went away, or was merged into another incident.

        Only what the fold has touched is compared, which of a new one is everything. `aliases` None: as before.
        """
        keys, records = fold.take_touched() if fold else ({NATION: set[str]()}, set[str]())
        is_same = fold is self._fold
        self._fold = fold
        if not is_same:
            keys = {unit: set[str]() for unit in self._updates} | keys
            records |= self._outcomes.keys()
        updates = [
            self._row(
                fold, unit, keys[unit], self._updates.get(unit) if is_same else None, merged_into, aliases
            )
            for unit in sorted(keys)
        ]
        return self._change(fold, merged_into or self.incident_id, updates, records, set(keys))

    def _row(
        self,
        fold: IncidentFold | None,
        unit: str,
        keys: set[str],
        before: UnitUpdate | None,
        merged_into: str | None,
        aliases: tuple[str, ...] | None,
    ) -> UnitUpdate:
        """A unit's row; figures that were not touched are taken over from the row before."""
        figures = dict(before.figures) if before else {}
        beside = dict(before.beside) if before else {}
        if fold is not None:
            for key in keys:
                _show(fold, (unit, key), figures, beside)
        head = None
        if fold is not None and unit == NATION:
            known = before.head.aliases if before and before.head else ()
            head = msgspec.structs.replace(fold.head, aliases=known if aliases is None else aliases)
        return UnitUpdate(
            status=self.status,
            incident_id=self.incident_id,
            unit=unit,
            figures=figures,
            beside=beside,
            merged_into=merged_into if unit == NATION else None,
            head=head,
        )

    def _change(
        self,
        fold: IncidentFold | None,
        canonical_id: str,
        rows: list[UnitUpdate],
        records: set[str],
        units: set[str],
    ) -> Change | None:
        updates = [row for row in rows if self._differs(row)]
        if updates:
            updates[-1] = msgspec.structs.replace(updates[-1], last=True)
        outcomes = tuple(self._new_outcomes(fold, records))
        alarms = tuple(self._new_alarms(fold, units))
        if not (updates or outcomes or alarms):
            return None
        return Change(self.status, self.incident_id, canonical_id, tuple(updates), outcomes, alarms)

    def _differs(self, row: UnitUpdate) -> bool:
        before = self._updates.get(row.unit)
        if row == before:
            return False
        if row.unit == NATION or row.figures or row.beside:
            self._updates[row.unit] = row
            return True
        # A unit that lost its last figure is told once; one that never had any, never.
        return self._updates.pop(row.unit, None) is not None

    def _new_outcomes(self, fold: IncidentFold | None, records: set[str]) -> Iterator[Outcome]:
        for record_id in sorted(records):
            outcome = fold.outcome(record_id) if fold else None
            if outcome is None:
                # It is judged under another incident now, whose own change tells its outcome.
                self._outcomes.pop(record_id, None)
            elif self._outcomes.get(record_id) != outcome:
                self._outcomes[record_id] = outcome
                yield outcome

    def _new_alarms(self, fold: IncidentFold | None, units: set[str]) -> Iterator[Alarm]:
        for unit in sorted(units):
            raised = fold.alarms(unit) if fold else {}
            standing = {subject for subject, alarm in self._alarms.items() if alarm.unit == unit}
            for subject in sorted(raised.keys() | standing):
                kind, about = subject
                now = raised.get(subject)
                alarm = Alarm(
                    status=self.status,
                    incident_id=self.incident_id,
                    kind=kind,
                    subject=about,
                    state="raised" if now else "cleared",
                    record_ids=now.record_ids if now else self._alarms[subject].record_ids,
                    unit=unit,
                    detail=now.detail if now else "",
                )
                if alarm == self._alarms.get(subject):
                    continue
                if now:
                    self._alarms[subject] = alarm
                else:
                    del self._alarms[subject]
                yield alarm


def _show(
    fold: IncidentFold,
    cell_id: tuple[str, str],
    figures: dict[str, Figure],
    beside: dict[str, tuple[Alternative, ...]],
) -> None:
    """Put a figure, or what stands beside where there is none, into a unit's row."""
    _, key = cell_id
    shown = figure(fold.state, fold.totals, cell_id)
    figures.pop(key, None)
    beside.pop(key, None)
    if shown is not None:
        figures[key] = shown
    elif others := alternatives(fold.state, None, cell_id):
        beside[key] = others
