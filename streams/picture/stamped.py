"""A record as it lies on the log: decoded, with its stamp, its place in the canonical order and its content's digest."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

import msgspec

from schemas.canonical import STAMP, canonical_json
from schemas.parsing import ShapeError, parse_record
from schemas.records import Record, rows_of, type_name
from streams.picture.checks import holds
from streams.picture.conversion import Stated

Order = tuple[int, str]
"""Canonical order: (stamp in µs since 1970, record_id)."""

Origin = tuple[str, int, int]
"""Where a delivery lies: (topic, partition, offset)."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

_untyped = msgspec.json.Decoder(float_hook=Decimal)


def micros(moment: datetime) -> int:
    """Microseconds since 1970, exact."""
    return (moment - EPOCH) // MICROSECOND


class Stamped:
    """One delivery of a record. Immutable; what is derived from its content alone is computed once.

    `digest` = SHA-256 of the content (records.md 2), `origins` = the deliveries of this content known so far.
    """

    def __init__(
        self, record: Record, digest: bytes, rows_digest: bytes, origin: Origin | None = None
    ) -> None:
        if record.received_at is None:
            raise ShapeError(STAMP, "records.md 2", None, "a record on the log must carry its stamp")
        self.record = record
        self.record_id = record.record_id
        self.type = type_name(record)
        self.digest = digest
        self.rows_digest = rows_digest
        self.origins: tuple[Origin, ...] = (origin,) if origin else ()
        self.stamp = micros(record.received_at)
        self.order: Order = (self.stamp, record.record_id)
        self.as_of = micros(record.as_of)
        self.sent_at = micros(record.sent_at)

    @cached_property
    def stated(self) -> Stated:
        """Its rows in the units figures are kept in (R11, R12)."""
        return Stated(rows_of(self.record))

    @cached_property
    def holds(self) -> bool:
        """Whether every row passes the hard checks by itself (R10)."""
        return all(holds(row.mapped_values()) for row in self.stated.rows)

    @property
    def village_rows_only(self) -> bool:
        """Rows, all of them on village codes (R2)."""
        return bool(self.stated.villages) and not self.stated.rows


def stamped_from(raw: bytes, origin: Origin | None = None) -> Stamped:
    """A delivery from the bytes on the log. Raises ShapeError for what cannot be a record."""
    record = parse_record(raw)
    content: dict[str, Any] = _untyped.decode(raw)
    content.pop(STAMP, None)
    rows = content.get("rows") or []
    if isinstance(rows, list):
        rows = sorted(rows, key=lambda row: row["unit"]) if rows else rows
    return Stamped(
        record,
        hashlib.sha256(canonical_json(content)).digest(),
        hashlib.sha256(canonical_json(rows)).digest() if rows else b"",
        origin,
    )
