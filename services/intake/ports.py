"""What intake needs from outside, and what it offers to its neighbours in the web process."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol, TypeVar

from services.intake.domain import StampedRecord


class LogUnavailableError(Exception):
    """The log of records did not acknowledge: away, too slow, or it refused. The records may or may not be on it."""


class SpoolFullError(Exception):
    """The spool may not grow further, or its disk is full; nothing of the request was kept in it."""


class SpoolBrokenError(Exception):
    """The spool's disk refuses to write; nothing of the request was acknowledged."""


class Clock(Protocol):
    """The time of arrival."""

    def __call__(self) -> datetime:
        """A moment with an offset, later than every one before it."""
        ...


class RecordLog(Protocol):
    """Appends records durably."""

    async def append(self, records: Sequence[StampedRecord]) -> None:
        """Append in the order given, per incident; returns only when every record is durable.

        Raises LogUnavailableError, SpoolFullError or SpoolBrokenError; after an error any of them may be on the log.
        """
        ...


class RemoteLog(RecordLog, Protocol):
    """The log that consumers read; it can be away."""

    def away(self) -> str | None:
        """Why it is away in one short phrase, None while it answers. A plain read of state."""
        ...

    def suspect(self, reason: str) -> None:
        """It failed to acknowledge in time: connect afresh."""
        ...


class SpoolSegment(Protocol):
    """A closed part of the spool, oldest first."""

    def read(self) -> Sequence[StampedRecord]:
        """Its records in the order of their acceptance, read from disk. Raises SpoolBrokenError."""
        ...


SegmentT = TypeVar("SegmentT", bound=SpoolSegment)


class RecordSpool(Protocol[SegmentT]):
    """Keeps records on this machine's disk while the log is away."""

    @property
    def record_count(self) -> int:
        """Records that wait."""
        ...

    @property
    def byte_count(self) -> int:
        """Bytes that wait."""
        ...

    async def append(self, records: Sequence[StampedRecord]) -> None:
        """Keep records; returns when they are on disk. Raises SpoolFullError or SpoolBrokenError."""
        ...

    async def oldest(self) -> SegmentT | None:
        """The oldest segment, closed to further records; None when nothing waits."""
        ...

    async def drop(self, segment: SegmentT) -> None:
        """Forget a segment whose records the log has acknowledged."""
        ...

    def find(self, record_id: str) -> bytes | None:
        """The JSON of a record that waits here."""
        ...


class KnownRecords(Protocol):
    """Records acknowledged before this process started; the journal offers them."""

    async def newest(self, limit: int) -> Sequence[tuple[str, bytes, datetime]]:
        """At most `limit` of (record_id, SHA-256 of the content, stamp), newest first. Raises when it is away."""
        ...


class PendingRecords(Protocol):
    """Offered to the journal's reader: records accepted but perhaps not in the journal yet."""

    def find(self, record_id: str) -> bytes | None:
        """The record's JSON with its stamp, None when it is not pending."""
        ...
