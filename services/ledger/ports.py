"""What the ledger needs from its neighbours, and what it offers them."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple, Protocol


class IntakeAwayError(RuntimeError):
    """Intake did not say whether a record waits there; the text says why. Worth a retry."""


class PendingRecords(Protocol):
    """Records acknowledged by intake that the journal may not have yet: spooled, or just on their way."""

    async def find(self, record_id: str) -> bytes | None:
        """The record's JSON with its stamp; None when intake holds no such record. Raises IntakeAwayError."""
        ...


class KnownRecord(NamedTuple):
    """A record_id, the SHA-256 of its content (schemas.canonical) and its earliest stamp."""

    record_id: str
    digest: bytes
    stamp: datetime


class KnownRecords(Protocol):
    """What the journal knows, offered to intake so that a restart remembers."""

    async def newest(self, limit: int) -> list[KnownRecord]:
        """At most `limit` records, newest first. Raises DatabaseAwayError."""
        ...
