"""What was last answered of an incident, and how what is to be shown now differs from it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import msgspec

from schemas.outputs import (
    Alarm,
    Alternative,
    Disposition,
    Figure,
    Flag,
    Outcome,
    Standing,
    UnitUpdate,
    encoder,
)
from schemas.records import Status
from streams.picture.figures import alternatives, figure
from streams.picture.incident import IncidentFold
from streams.picture.standing_alarms import StandingAlarms
from streams.picture.units import NATION


class Change(msgspec.Struct, frozen=True):
    """What changed of one incident, to be published as one.

    `canonical_id` = the incident itself, or the one that it was merged into. `updates` follow one another, the last one
    marked. Versions are 0: whoever publishes sets them. `whole`: nothing is known of what was shown before (by another
    owner, perhaps); this is everything, and what it does not name is not shown.
    """

    status: Status
    incident_id: str
    canonical_id: str
    updates: tuple[UnitUpdate, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    whole: bool = False


Told = tuple[str, Disposition, tuple[Flag, ...], Standing]
"""What was told of a record of this incident: type, disposition, flags, standing."""


class ShownIncident:
    """The rows, outcomes and alarms last answered of one incident id.

    At rest, while its incident is not in memory, it knows the digests of the rows only.
    """

    def __init__(self, status: Status, incident_id: str) -> None:
        self.status: Status = status
        self.incident_id = incident_id
        self._is_first = True
        """Nothing is known of what was shown before, or all of it is to be said again."""
        self._fold: IncidentFold | None = None
        self._updates: dict[str, UnitUpdate] = {}
        self._rested: dict[str, bytes] = {}
        """Unit → digest of its row."""
        self._told: dict[str, Told] = {}
        self._alarms = StandingAlarms(status, incident_id)

    def show(
        self,
        fold: IncidentFold | None,
        merged_into: str | None,
        aliases: tuple[str, ...] | None,
        now: int | None,
    ) -> Change | None:
        """The change to what the fold says now; None for a fold that went away, or was merged into another incident.

        Only what the fold has touched is compared, which of a new one is everything. `aliases` None: as before. `now`:
        the moment, µs since 1970, up to which all that was said is known; None: unknown.
        """
        keys, records = fold.take_touched() if fold else ({NATION: set[str]()}, set[str]())
        is_same = fold is self._fold and not self._rested
        self._fold = fold
        if not is_same:
            keys = {unit: set[str]() for unit in (*self._updates, *self._rested)} | keys
            records |= self._told.keys()
        if self._is_first:
            records |= self._told.keys()
            self._told = {}
        updates = [
            self._row(
                fold, unit, keys[unit], self._updates.get(unit) if is_same else None, merged_into, aliases
            )
            for unit in sorted(keys)
        ]
        standing = self._alarms.by_group
        groups = fold.attention.take_changed(keys, standing, fold.head, now) if fold else set()
        if not is_same:
            groups |= standing.keys()
        alarms = tuple(self._alarms.compare(fold, groups))
        if self._is_first:
            still = (alarm for raised in self._alarms.by_group.values() for alarm in raised.values())
            alarms = (*(alarm for alarm in alarms if alarm.state == "cleared"), *still)
        return self._change(fold, merged_into or self.incident_id, updates, records, alarms)

    def row(self, unit: str) -> UnitUpdate | None:
        """A unit's row as last answered; None where none is shown, or while at rest."""
        return self._updates.get(unit)

    def alarm(self, subject: tuple[str, str]) -> Alarm | None:
        """An alarm (kind, subject) as last answered; None where it is not raised."""
        return next((raised[subject] for raised in self._alarms.by_group.values() if subject in raised), None)

    def say_again(self) -> None:
        """Answer everything once more, whole: somebody else may have shown something else."""
        self._is_first = True

    def rest(self) -> None:
        """Its incident leaves memory; `show` compares with the digests when it is back."""
        self._rested |= {unit: _digest(row) for unit, row in self._updates.items()}
        self._updates = {}
        self._fold = None

    def end(self, canonical_id: str) -> Change | None:
        """It was merged into an incident that somebody else shows: what is left is to clear its alarms."""
        alarms = tuple(self._alarms.compare(None, set(self._alarms.by_group)))
        return Change(self.status, self.incident_id, canonical_id, alarms=alarms) if alarms else None

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
        alarms: tuple[Alarm, ...],
    ) -> Change | None:
        updates = [row for row in rows if self._differs(row)]
        if self._is_first:
            updates = sorted(self._updates.values(), key=lambda row: row.unit)
        if updates:
            updates[-1] = msgspec.structs.replace(updates[-1], last=True)
        outcomes = tuple(self._new_outcomes(fold, records))
        whole, self._is_first = self._is_first, False
        if not (updates or outcomes or alarms):
            return None
        return Change(self.status, self.incident_id, canonical_id, tuple(updates), outcomes, alarms, whole)

    def _differs(self, row: UnitUpdate) -> bool:
        before, rested = self._updates.get(row.unit), self._rested.pop(row.unit, None)
        if row == before:
            return False
        if row.unit == NATION or row.figures or row.beside:
            self._updates[row.unit] = row
            return rested is None or rested != _digest(row)
        # A unit that lost its last figure is told once; one that never had any, never.
        return self._updates.pop(row.unit, None) is not None or rested is not None

    def _new_outcomes(self, fold: IncidentFold | None, records: set[str]) -> Iterator[Outcome]:
        for record_id in sorted(records):
            outcome = fold.outcome(record_id) if fold else None
            if outcome is None:
                # It is judged under another incident now, whose own change tells its outcome.
                self._told.pop(record_id, None)
                continue
            told = (outcome.type, outcome.disposition, outcome.flags, outcome.standing)
            if self._told.get(record_id) != told:
                self._told[record_id] = _TOLD.setdefault(told, told)
                yield outcome


_TOLD: dict[Told, Told] = {}
"""Each that was ever told, once: there are few."""


def _digest(row: UnitUpdate) -> bytes:
    """Of what a row says; 8 bytes."""
    return hashlib.blake2b(encoder.encode(msgspec.structs.replace(row, last=False)), digest_size=8).digest()


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
