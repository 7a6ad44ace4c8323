"""Records for tests of the fold: short to write, complete on the wire."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from itertools import count
from typing import Any

from schemas.outputs import Alarm, Outcome, UnitUpdate
from streams.picture.picture import Picture
from streams.picture.stamped import Stamped, micros, stamped_from

INCIDENT = "010400-371323-20240709-01"
COUNTY = "371323000000"
TOWN = "371323113000"
OTHER_TOWN = "371323112000"
NATION = "000000000000"
START = datetime(2024, 7, 9, 8, tzinfo=timezone(timedelta(hours=8)))

_ids = count()


def record(minute: int, type_: str = "loss_report", **fields: Any) -> dict[str, Any]:
    """A record received `minute` minutes after 08:00, describing that minute unless `as_of` (minutes) says else."""
    at = START + timedelta(minutes=minute)
    as_of = START + timedelta(minutes=fields.pop("as_of", minute))
    org = fields.pop("org", "院东头镇应急办")
    class_ = fields.pop("class_", "official_stat")
    level = fields.pop("level", "township")
    made = {
        "record_id": f"t{next(_ids)}",
        "type": type_,
        "incident_id": INCIDENT,
        "status": "Exercise",
        "source": {"org": org, "class": class_, "level": level},
        "as_of": as_of.isoformat(),
        "sent_at": at.isoformat(),
        "received_at": at.isoformat(),
    }
    return made | fields


def report(minute: int, unit: str, values: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A loss report of one unit."""
    return record(minute, rows=[{"unit": unit, "values": values}], **fields)


def stamped(content: dict[str, Any], offset: int = 0) -> Stamped:
    """A delivery of a record."""
    return stamped_from(json.dumps(content).encode(), ("incident.reports", 0, offset))


class Viewer:
    """A picture and what its changes have said so far."""

    def __init__(self) -> None:
        self.picture = Picture()
        self.rows: dict[tuple[str, str], UnitUpdate] = {}
        self.outcomes: dict[str, Outcome] = {}
        self.alarms: dict[tuple[str, str], Alarm] = {}
        self.marked = True

    def apply(self, *contents: dict[str, Any]) -> Viewer:
        """Apply deliveries as one batch."""
        return self.apply_stamped(stamped(content) for content in contents)

    def clock(self, minute: int) -> Viewer:
        """All that was said up to this minute after 08:00 is known (status Actual)."""
        return self.apply_stamped((), micros(START + timedelta(minutes=minute)))

    def standing(self, kind: str) -> dict[str, Alarm]:
        """The alarms of a kind that are raised, by subject."""
        return {
            subject: alarm
            for (of, subject), alarm in self.alarms.items()
            if of == kind and alarm.state == "raised"
        }

    def apply_stamped(self, deliveries: Iterable[Stamped], now: int | None = None) -> Viewer:
        """Apply deliveries as one batch."""
        for change in self.picture.apply(deliveries, now).incidents:
            self.marked = self.marked and all(
                row.last == (row is change.updates[-1]) for row in change.updates
            )
            self.rows.update({(row.incident_id, row.unit): row for row in change.updates})
            self.outcomes.update({outcome.record_id: outcome for outcome in change.outcomes})
            self.alarms.update({(alarm.kind, alarm.subject): alarm for alarm in change.alarms})
        return self

    def figure(self, unit: str, key: str, incident_id: str = INCIDENT) -> Any:
        """A figure as shown."""
        return self.rows[incident_id, unit].figures[key]

    def judged(self, content: dict[str, Any]) -> tuple[str, set[str], str]:
        """(disposition, flags, standing) of a record."""
        outcome = self.outcomes[content["record_id"]]
        return outcome.disposition, set(outcome.flags), outcome.standing
