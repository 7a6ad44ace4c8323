"""A record as it lies on the log: decoded, with its stamp, its place in the canonical order and its content's digest."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from sys import intern
from typing import Any

from msgspec.structs import force_setattr

from schemas.canonical import STAMP, decode_canonical, encode_canonical
from schemas.parsing import ShapeError, parse_record
from schemas.records import Record, Source, rows_of, type_name
from streams.picture.checks import holds
from streams.picture.conversion import Stated
from streams.picture.stored import store_record, stored_record

Order = tuple[int, str]
"""Canonical order: (stamp in µs since 1970, record_id)."""

Origin = tuple[str, int, int]
"""Where a delivery lies: (topic, partition, offset)."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def micros(moment: datetime) -> int:
    """Microseconds since 1970, exact."""
    return (moment - EPOCH) // MICROSECOND


class Stamped:
    """One delivery of a record. Immutable; what is derived from its content alone is computed once.

    `digest` = SHA-256 of the content (records.md 2), `origins` = the deliveries of this content known so far.
    """

    __slots__ = (
        "_holds",
        "_record",
        "_stated",
        "as_of",
        "digest",
        "order",
        "origins",
        "record_id",
        "rows_digest",
        "sent_at",
        "stamp",
        "type",
    )

    def __init__(
        self, record: Record, digest: bytes, rows_digest: bytes, origin: Origin | None = None
    ) -> None:
        if record.received_at is None:
            raise ShapeError(STAMP, "records.md 2", None, "a record on the log must carry its stamp")
        self._record: Record | bytes = record
        self.record_id = record.record_id
        self.type = type_name(record)
        self.digest = digest
        self.rows_digest = rows_digest
        self.origins: tuple[Origin, ...] = (origin,) if origin else ()
        self.stamp = micros(record.received_at)
        self.order: Order = (self.stamp, record.record_id)
        self.as_of = self.stamp if record.as_of == record.received_at else micros(record.as_of)
        self.sent_at = self.stamp if record.sent_at == record.received_at else micros(record.sent_at)
        self._stated: Stated | None = None
        self._holds: bool | None = None

    @property
    def record(self) -> Record:
        """What it says."""
        record = self._record
        if type(record) is bytes:
            record = self._record = stored_record(record)
        return record  # type: ignore[return-value]

    @property
    def stored(self) -> bytes:
        """The record for a snapshot; it is decoded again only when somebody asks for it."""
        return self._record if isinstance(self._record, bytes) else store_record(self._record)

    @property
    def nothing(self) -> None:
        """In a snapshot, for what can be computed again."""
        return

    @property
    def stated(self) -> Stated:
        """Its rows in the units figures are kept in (R11, R12)."""
        if self._stated is None:
            self._stated = Stated(rows_of(self.record))
        return self._stated

    @property
    def holds(self) -> bool:
        """Whether every row passes the hard checks by itself (R10)."""
        if self._holds is None:
            self._holds = all(holds(row.mapped_values()) for row in self.stated.rows)
        return self._holds

    @property
    def village_rows_only(self) -> bool:
        """Rows, all of them on village codes (R2)."""
        return bool(self.stated.villages) and not self.stated.rows


def stamped_from(raw: bytes, origin: Origin | None = None) -> Stamped:
    """A delivery from the bytes on the log. Raises ShapeError for what cannot be a record."""
    record = parse_record(raw)
    content: dict[str, Any] = decode_canonical(raw)
    content.pop(STAMP, None)
    rows = content.get("rows") or []
    if isinstance(rows, list):
        rows = sorted(rows, key=lambda row: row["unit"]) if rows else rows
    _share(record)
    return Stamped(
        record,
        hashlib.sha256(encode_canonical(content)).digest(),
        hashlib.sha256(encode_canonical(rows)).digest() if rows else b"",
        origin,
    )


_sources: dict[Source, Source] = {}
MOST_SOURCES = 100_000


def _share(record: Record) -> None:
    """What many records say alike is one object."""
    if len(_sources) > MOST_SOURCES:
        _sources.clear()
    force_setattr(record, "source", _sources.setdefault(record.source, record.source))
    force_setattr(record, "incident_id", intern(record.incident_id))
    for row in rows_of(record):
        force_setattr(row, "unit", intern(row.unit))
