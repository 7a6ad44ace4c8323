"""Records and outputs as the ledger's tests publish them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from schemas.outputs import Alarm, AlarmKind, Alternative, Figure, IncidentHead, Outcome, UnitUpdate

MORNING = datetime(2026, 8, 20, 1, 0, tzinfo=UTC)
INCIDENT = "EQ-20260820-510000-01"
COUNTY = "513221000000"
TOWN = "513221100000"
PROVINCE = "510000000000"
NATION = "000000000000"
EPOCH = 1 << 32


def report(number: int, **fields: Any) -> dict[str, Any]:
    """A loss report, received `number` seconds after MORNING."""
    moment = MORNING + timedelta(seconds=number)
    return {
        "record_id": f"r-{number:05}",
        "type": "loss_report",
        "incident_id": INCIDENT,
        "status": "Exercise",
        "source": {"org": "汶川县应急管理局", "class": "official_stat", "level": "county"},
        "as_of": moment.isoformat(),
        "sent_at": moment.isoformat(),
        "rows": [{"unit": COUNTY, "values": {"dead": number}}],
        "received_at": moment.isoformat(),
    } | fields


def figure(total: str | int, own: str | int | None = None) -> Figure:
    return Figure(
        total=Decimal(total),
        own=None if own is None else Decimal(own),
        qualifier="exact",
        newest_as_of=MORNING,
        oldest_as_of=MORNING,
        status="unverified",
        parts=1,
    )


def update(unit: str, number: int, figures: dict[str, Figure], **fields: Any) -> UnitUpdate:
    """The unit's row of publication `number`; the nation's carries a head."""
    head = IncidentHead(name="汶川地震演练", hazard="earthquake") if unit == NATION else None
    given: dict[str, Any] = {"status": "Exercise", "incident_id": INCIDENT, "head": head} | fields
    return UnitUpdate(unit=unit, figures=figures, version=EPOCH + number, **given)


def outcome(record_id: str, number: int, **fields: Any) -> Outcome:
    given: dict[str, Any] = {
        "status": "Exercise",
        "incident_id": INCIDENT,
        "type": "loss_report",
        "disposition": "accepted",
        "flags": (),
        "standing": "effective",
    } | fields
    return Outcome(record_id=record_id, version=EPOCH + number, **given)


def sample_alarm(
    subject: str = "513221000000/威州中学",
    number: int = 1,
    state: Literal["raised", "cleared"] = "raised",
    kind: AlarmKind = "shelter_below_zero",
) -> Alarm:
    return Alarm(
        status="Exercise",
        incident_id=INCIDENT,
        kind=kind,
        subject=subject,
        state=state,
        unit=COUNTY,
        version=EPOCH + number,
    )


def sample_alternative() -> Alternative:
    return Alternative(
        kind="clue",
        unit=COUNTY,
        value=Decimal("2.5"),
        difference=None,
        org="网友",
        class_="public",
        level="village",
        as_of=MORNING,
        record_id="clue-1",
    )
