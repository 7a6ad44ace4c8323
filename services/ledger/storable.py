"""What PostgreSQL cannot hold, made storable: a record that is legal on the log must never stop the ledger.

The exact bytes are kept beside; a filter goes through the same door as what it is compared with.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any


def text(value: str) -> str:
    """U+0000, which no text of PostgreSQL holds, is shown as ␀."""
    return value.replace("\x00", "␀")


def parameter(value: Any) -> Any:
    """The same for whatever a statement takes: rows and arrays too."""
    if isinstance(value, str):
        return text(value)
    if isinstance(value, tuple | list):
        return [parameter(item) for item in value]
    return value


def utc(moment: datetime) -> datetime:
    """The moment in UTC; one beyond the calendar's ends (year 1 at +08:00) as the end itself."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return (datetime.max if moment.year > 5000 else datetime.min).replace(tzinfo=UTC)  # noqa: DTZ901
