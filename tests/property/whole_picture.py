"""All that a picture's changes have said so far: whole rows with marks and alternatives, outcomes, alarms."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec

from streams.picture.picture import Picture
from streams.picture.stamped import Stamped, micros, stamped_from
from tests.property.generators.vocabulary import Json


class WholePicture:
    """Feeds a `Picture` and keeps what a compacted topic would keep of its changes."""

    def __init__(self) -> None:
        self.picture = Picture()
        self.rows: dict[Any, Json] = {}
        self.outcomes: dict[str, Json] = {}
        self.alarms: dict[Any, Json] = {}
        self.changes = 0

    def apply(self, records: Iterable[Json], now: datetime | None = None) -> None:
        """One batch; `now` as in `Picture.settle`."""
        clock = None if now is None else micros(now)
        for change in self.picture.apply([delivery(record) for record in records], clock).incidents:
            self.changes += 1
            marks = [row.last for row in change.updates]
            assert marks == [False] * (len(marks) - 1) + [True] * bool(marks)
            for row in change.updates:
                key = (row.status, row.incident_id, row.unit)
                assert self.rows.get(key) != said(row), "a row is told only where it differs"
                self.rows[key] = said(row)
            for outcome in change.outcomes:
                self.outcomes[outcome.record_id] = said(outcome)
            for alarm in change.alarms:
                subject = (alarm.status, alarm.incident_id, alarm.kind, alarm.subject)
                before = self.alarms.get(subject)
                assert before != said(alarm), "an alarm is told only where it differs"
                assert alarm.state == "raised" or (before and before["state"] == "raised")
                self.alarms[subject] = said(alarm)

    def shown(self) -> dict[str, dict[Any, Json]]:
        """What stands: a row that shows nothing any more and a cleared alarm are as if they had never been."""
        return {
            "rows": {key: row for key, row in self.rows.items() if shows(row)},
            "outcomes": self.outcomes,
            "alarms": {key: alarm for key, alarm in self.alarms.items() if alarm["state"] == "raised"},
        }


def delivery(record: Json) -> Stamped:
    """A record as it lies on the log."""
    return stamped_from(json.dumps(record, ensure_ascii=False).encode(), ("incident.reports", 0, 0))


def said(value: Any) -> Json:
    """Everything in a row, outcome or alarm but the mark of the last row."""
    built: Json = msgspec.to_builtins(value, builtin_types=())
    built.pop("last", None)
    return built


def shows(row: Json) -> bool:
    return any(row[name] for name in ("figures", "beside", "head", "merged_into") if name in row)
