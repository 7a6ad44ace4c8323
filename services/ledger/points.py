"""Where a unit is, as a point: read from the `location` of its office's reports. Pure.

There is no register of townships' coordinates (domain.md names none), so an installation gathers them: an operator's
file (`points_file`) where there is one, else what offices attach to their reports. A point moves nothing but a mark on
a map.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from schemas.records import Envelope, Location, LossReport, ZeroReport
from services.ledger.storable import utc

WEST, SOUTH, EAST, NORTH = 73.0, 3.0, 136.0, 54.0
"""Division codes are China's; what lies outside is a mistake: degrees swapped, or a device's 0, 0."""

_LEVELS = ("nation", "province", "prefecture", "county", "township", "village")
_DIGITS = (0, 2, 4, 6, 9, 12)
_OFFICES = ("official_stat", "grid")


class CapturedPoint(msgspec.Struct, frozen=True, kw_only=True):
    """A position that a record states of a unit's office. `captured_at` is never later than the record's stamp."""

    status: str
    unit: str
    record_id: str
    digest: bytes
    lon: float
    lat: float
    accuracy_m: float | None
    captured_at: datetime


class _Carrier(msgspec.Struct):
    location: msgspec.Raw = msgspec.Raw(b"null")


_carrier = msgspec.json.Decoder(_Carrier)
_location = msgspec.json.Decoder(Location)


def level_of(unit: str) -> str:
    """The level that a 12-digit code has by its zeros."""
    return next(level for level, digits in zip(_LEVELS, _DIGITS, strict=True) if not unit[digits:].strip("0"))


def in_china(lon: float, lat: float) -> bool:
    """Whether a position lies in the box around China."""
    return WEST <= lon <= EAST and SOUTH <= lat <= NORTH


def captured_point(record: Envelope, units: list[str], digest: bytes, value: bytes) -> CapturedPoint | None:
    """The point that a record on the log (`value`: its bytes, `units`: what it names) states of a unit; mostly None.

    The unit is the one that `location` names, else the only one that the record names. It counts only where the
    source is that unit's own office: a county that reports for a township stands in the county.
    """
    if not isinstance(record, LossReport | ZeroReport) or b'"location"' not in value:
        return None
    location = _read(value)
    if location is None or record.received_at is None or record.source.class_ not in _OFFICES:
        return None
    unit = location.unit or (units[0] if len(units) == 1 else None)
    if unit is None or level_of(unit) != record.source.level or not in_china(location.lon, location.lat):
        return None
    return CapturedPoint(
        status=record.status,
        unit=unit,
        record_id=record.record_id,
        digest=digest,
        lon=location.lon,
        lat=location.lat,
        accuracy_m=location.accuracy_m,
        # A device whose clock is ahead must not hold the place of later ones.
        captured_at=min(utc(location.captured_at or record.as_of), utc(record.received_at)),
    )


def _read(value: bytes) -> Location | None:
    """A record's Location; None for anything else, which is kept and ignored (records.md 2)."""
    try:
        return _location.decode(_carrier.decode(value).location)
    except (msgspec.MsgspecError, ValueError, ArithmeticError, RecursionError):
        return None
