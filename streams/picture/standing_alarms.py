"""The alarms last answered of one incident id, and how those that stand now differ from them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from schemas.outputs import Alarm
from schemas.records import Status
from streams.picture.alarms import Raised, Subject
from streams.picture.attention import Group
from streams.picture.incident import IncidentFold


class StandingAlarms:
    """Group → the alarms of it that were raised and are not cleared yet."""

    def __init__(self, status: Status, incident_id: str) -> None:
        self._status: Status = status
        self._incident_id = incident_id
        self.by_group: dict[Group, dict[Subject, Alarm]] = {}

    def compare(self, fold: IncidentFold | None, groups: Iterable[Group]) -> Iterator[Alarm]:
        """What is raised, raised otherwise, or cleared in these groups; without a fold all of them are cleared."""
        for group in sorted(groups):
            raised = fold.attention.alarms(group) if fold else {}
            standing = self.by_group.pop(group, {})
            if raised:
                self.by_group[group] = {subject: self._alarm(subject, now) for subject, now in raised.items()}
            for subject in sorted(raised.keys() | standing.keys()):
                alarm = self.by_group[group][subject] if subject in raised else None
                before = standing.get(subject)
                if alarm is None:
                    assert before is not None
                    yield _cleared(before)
                elif alarm != before:
                    yield alarm

    def _alarm(self, subject: Subject, raised: Raised) -> Alarm:
        kind, about = subject
        return Alarm(
            status=self._status,
            incident_id=self._incident_id,
            kind=kind,
            subject=about,
            state="raised",
            record_ids=raised.record_ids,
            unit=raised.unit,
            detail=raised.detail,
        )


def _cleared(alarm: Alarm) -> Alarm:
    return Alarm(
        status=alarm.status,
        incident_id=alarm.incident_id,
        kind=alarm.kind,
        subject=alarm.subject,
        state="cleared",
        record_ids=alarm.record_ids,
        unit=alarm.unit,
    )
