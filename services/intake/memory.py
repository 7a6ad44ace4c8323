"""What intake remembers: ids already acknowledged, and the newest accepted records themselves."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime

from services.intake.domain import KnownRecord, StampedRecord


class KnownIds:
    """record_id → content digest and earliest stamp, the `capacity` most recently seen ones.

    What was forgotten is appended again, which the fold drops (records.md 5).
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._known: OrderedDict[str, KnownRecord] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def find(self, record_id: str) -> KnownRecord | None:
        """What is known of an id; asking keeps it in memory longer."""
        known = self._known.get(record_id)
        if known is not None:
            self._known.move_to_end(record_id)
        return known

    def remember(self, record: StampedRecord) -> None:
        """Note an acknowledged record; of two with one content the earliest stamp counts."""
        known = self._known.get(record.record_id)
        if known is None or (known.digest == record.digest and record.stamp < known.stamp):
            self._known[record.record_id] = KnownRecord(record.record_id, record.digest, record.stamp)
        self._known.move_to_end(record.record_id)
        if len(self._known) > self._capacity:
            self._known.popitem(last=False)

    def recall(self, records: Iterable[tuple[str, bytes, datetime]]) -> None:
        """Note (record_id, digest, stamp) of earlier processes, newest first: as older than all that is known."""
        for record_id, digest, stamp in records:
            if len(self._known) >= self._capacity:
                return
            if record_id not in self._known:
                self._known[record_id] = KnownRecord(record_id, digest, stamp)
                self._known.move_to_end(record_id, last=False)


class RecentRecords:
    """The newest accepted records, at most `max_bytes` of JSON, so that they are found before the journal has them."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._records: OrderedDict[str, bytes] = OrderedDict()

    def add(self, record: StampedRecord) -> None:
        """Note an accepted record."""
        self._bytes += len(record.value) - len(self._records.pop(record.record_id, b""))
        self._records[record.record_id] = record.value
        while self._bytes > self._max_bytes:
            _, value = self._records.popitem(last=False)
            self._bytes -= len(value)

    def find(self, record_id: str) -> bytes | None:
        """The record's JSON, if it is among the newest."""
        return self._records.get(record_id)
