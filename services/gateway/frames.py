"""Frames as bytes. What two subscriptions of equal scope and age are told is encoded once and shared."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

import msgspec

from schemas.feed import Error, Heartbeat, UnitView
from schemas.outputs import Alarm, Outcome, encoder
from schemas.records import Status
from services.gateway.scope import Scope
from services.gateway.view import IncidentState, View, changed_units, changes, whole

Members = frozenset[str] | None
"""Canonical incidents of a scope at one moment; None where it takes them all."""

JUST_NEVER = 0
"""The number before the first change: everything is after it."""

KEPT_BYTES = 32 << 20
"""Bodies kept for others at a time: while nothing changes, many scopes must not fill the memory."""


class FrameFactory:
    """Builds the bodies of frames from the view; each is kept until the view changes again."""

    def __init__(self, view: View) -> None:
        self.view = view
        self._number = -1
        self._bodies: dict[object, msgspec.Raw | None] = {}
        self._kept_bytes = 0
        self._heartbeat: tuple[Heartbeat, bytes] | None = None

    def members(self, scope: Scope) -> Members:
        """The canonical incidents the scope means now."""
        if scope.incidents is None:
            return None
        return frozenset(self.view.canonical(scope.status, incident) for incident in scope.incidents)

    def must_restart(self, scope: Scope, since: int, before: Members, now: Members) -> bool:
        """Whether an incident left the scope without being merged away (a merge was undone), or is no more.

        Such a subscription gets a snapshot again; a delta could not say that the incident still exists, or does not.
        """
        if any(now is None or incident in now for incident in self.view.vanished(scope.status, since)):
            return True
        left = (before or frozenset()) - (now or frozenset())
        states = [self.view.incident(scope.status, incident) for incident in left]
        return any(state is not None and state.merged_into is None for state in states)

    def snapshot(self, scope: Scope, members: Members) -> msgspec.Raw:
        """All units of the scope."""

        def build() -> msgspec.Raw:
            units = [
                view
                for incident in self._incidents(scope.status, members, JUST_NEVER)
                for unit in incident.units.values()
                if scope.covers(unit.unit) and (view := whole(incident, unit)) is not None
            ]
            return _units(units)

        return self._shared(("snapshot", scope, members), build) or _units([])

    def delta(self, scope: Scope, since: int, before: Members, members: Members) -> msgspec.Raw | None:
        """What changed in the scope after `since`, and all of the incidents that came in; None where nothing did."""

        def build() -> msgspec.Raw | None:
            came = (members or frozenset()) - (before or frozenset())
            left = (before or frozenset()) - (members or frozenset())
            stayed = None if members is None else (members - came) | left
            units = [
                changes(incident, unit, since)
                for incident in self._incidents(scope.status, stayed, since)
                for unit in changed_units(incident, since)
                if scope.covers(unit.unit)
            ]
            units += [
                view
                for incident in self._incidents(scope.status, came, JUST_NEVER)
                for unit in incident.units.values()
                if scope.covers(unit.unit) and (view := whole(incident, unit)) is not None
            ]
            return _units(units) if units else None

        return self._shared(("delta", scope, since, before, members), build)

    def outcomes(self, scope: Scope, since: int, before: Members, members: Members) -> msgspec.Raw | None:
        """Judgements of the scope's incidents after `since`, oldest first; None where there are none."""

        def build() -> msgspec.Raw | None:
            came = (members or frozenset()) - (before or frozenset())
            found = [
                outcome
                for number, outcome in self.view.outcomes.changed(JUST_NEVER if came else since)
                if outcome.status == scope.status
                and (members is None or outcome.incident_id in members)
                and (number > since or outcome.incident_id in came)
            ]
            return _list(found)

        return self._shared(("outcomes", scope, since, before, members), build)

    def alarms(self, scope: Scope, since: int, before: Members, members: Members) -> msgspec.Raw | None:
        """Alarms of the scope raised or cleared after `since`, oldest first; None where there are none."""

        def build() -> msgspec.Raw | None:
            came = (members or frozenset()) - (before or frozenset())
            found = [
                alarm
                for number, alarm in self.view.alarms.changed(JUST_NEVER if came else since)
                if _concerns(scope, alarm, members)
                and (number > since or (alarm.incident_id in came and alarm.state == "raised"))
            ]
            return _list(found)

        return self._shared(("alarms", scope, since, before, members), build)

    def raised_alarms(self, scope: Scope, members: Members) -> msgspec.Raw | None:
        """The scope's alarms that are raised now, oldest first."""

        def build() -> msgspec.Raw | None:
            return _list([alarm for alarm in self.view.alarms.raised() if _concerns(scope, alarm, members)])

        return self._shared(("raised", scope, members), build)

    def heartbeat(self, server_time: datetime) -> bytes:
        """The heartbeat of this moment, one for all connections."""
        frame = Heartbeat(watermark=self.view.watermark, server_time=server_time)
        if self._heartbeat is None or self._heartbeat[0] != frame:
            self._heartbeat = frame, encoder.encode(frame)
        return self._heartbeat[1]

    def _incidents(self, status: Status, members: Members, since: int) -> Iterable[IncidentState]:
        if members is None:
            return self.view.changed_incidents(status, since)
        states = (self.view.incident(status, incident) for incident in sorted(members))
        return (state for state in states if state is not None and state.number > since)

    def _shared(self, key: object, build: Callable[[], msgspec.Raw | None]) -> msgspec.Raw | None:
        if self._number != self.view.number:
            self._number = self.view.number
            self._clear()
        if key in self._bodies:
            return self._bodies[key]
        body = build()
        self._kept_bytes += memoryview(body).nbytes if body is not None else 0
        if self._kept_bytes > KEPT_BYTES:
            self._clear()
        self._bodies[key] = body
        return body

    def _clear(self) -> None:
        self._bodies.clear()
        self._kept_bytes = 0


def error_frame(error: Error) -> bytes:
    """An error as a frame."""
    return encoder.encode(error)


def _concerns(scope: Scope, alarm: Alarm, members: Members) -> bool:
    return (
        alarm.status == scope.status
        and (members is None or alarm.incident_id in members)
        and scope.contains(alarm.unit)
    )


def _units(units: list[UnitView]) -> msgspec.Raw:
    units.sort(key=lambda view: (view.incident_id, view.unit))
    return msgspec.Raw(encoder.encode(units))


def _list(newest_first: list[Outcome] | list[Alarm]) -> msgspec.Raw | None:
    return msgspec.Raw(encoder.encode(newest_first[::-1])) if newest_first else None
