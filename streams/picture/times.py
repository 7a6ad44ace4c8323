"""Moments as they are published."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from streams.picture.stamped import EPOCH

BEIJING = timezone(timedelta(hours=8))


def moment(micros: int) -> datetime:
    """µs since 1970 as a moment in Beijing time."""
    return (EPOCH + timedelta(microseconds=micros)).astimezone(BEIJING)
