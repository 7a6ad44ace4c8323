"""In-memory adapters of intake's ports, and records to post."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from prometheus_client import CollectorRegistry

from services.intake.domain import StampedRecord
from services.intake.frames import frame
from services.intake.metrics import IntakeMetrics
from services.intake.openapi import DISPATCH, REPORT
from services.intake.ports import LogUnavailableError, SpoolFullError
from services.intake.segments import encode

MORNING = datetime(2026, 8, 20, 1, 0, tzinfo=UTC)


def report(record_id: str = "r1", **fields: Any) -> bytes:
    """A report of the right shape."""
    return json.dumps({**REPORT, "record_id": record_id, **fields}, ensure_ascii=False).encode()


def dispatch(record_id: str = "d1", **fields: Any) -> bytes:
    """A dispatch of the right shape."""
    return json.dumps({**DISPATCH, "record_id": record_id, **fields}, ensure_ascii=False).encode()


def metrics() -> IntakeMetrics:
    """Metrics of a registry of their own."""
    return IntakeMetrics(CollectorRegistry())


def stamped(number: int, size: int = 10) -> StampedRecord:
    """A stamped record whose value has at least `size` bytes."""
    return StampedRecord(
        record_id=f"r{number}",
        type="loss_report",
        incident_id="i",
        stamp=MORNING + timedelta(seconds=number),
        digest=bytes(32),
        value=b'{"n":%d,"pad":"%b"}' % (number, b"x" * size),
    )


def ticking(start: datetime = MORNING) -> Iterator[datetime]:
    """A second between two looks."""
    while True:
        start += timedelta(seconds=1)
        yield start


class MemoryLog:
    """A `RemoteLog` in memory. `fail` makes appends raise, `hold` makes them wait for `release`."""

    def __init__(self) -> None:
        self.records: list[StampedRecord] = []
        self.reason: str | None = None
        self.fail = False
        self.suspected: list[str] = []
        self._open = asyncio.Event()
        self._open.set()

    def hold(self) -> None:
        self._open.clear()

    def release(self) -> None:
        self._open.set()

    def away(self) -> str | None:
        return self.reason

    def suspect(self, reason: str) -> None:
        self.suspected.append(reason)

    async def append(self, records: Sequence[StampedRecord]) -> None:
        await self._open.wait()
        if self.fail or self.reason:
            raise LogUnavailableError(self.reason or "no acknowledgement")
        self.records.extend(records)

    @property
    def ids(self) -> list[str]:
        return [record.record_id for record in self.records]


class MemorySegment:
    """A closed part of a `MemorySpool`."""

    def __init__(self) -> None:
        self.records: list[StampedRecord] = []
        self.closed = False

    def read(self) -> Sequence[StampedRecord]:
        return list(self.records)


class MemorySpool:
    """A `RecordSpool` in memory, `max_bytes` counted as the file spool counts frames."""

    def __init__(self, max_bytes: int = 1 << 20) -> None:
        self.max_bytes = max_bytes
        self.segments: list[MemorySegment] = []

    @property
    def record_count(self) -> int:
        return sum(len(segment.records) for segment in self.segments)

    @property
    def byte_count(self) -> int:
        return sum(len(frame(encode(record))) for segment in self.segments for record in segment.records)

    async def append(self, records: Sequence[StampedRecord]) -> None:
        if self.byte_count + sum(len(frame(encode(record))) for record in records) > self.max_bytes:
            raise SpoolFullError("full")
        if not self.segments or self.segments[-1].closed:
            self.segments.append(MemorySegment())
        self.segments[-1].records.extend(records)

    async def oldest(self) -> MemorySegment | None:
        if not self.segments:
            return None
        self.segments[0].closed = True
        return self.segments[0]

    async def drop(self, segment: MemorySegment) -> None:
        self.segments.remove(segment)

    def find(self, record_id: str) -> bytes | None:
        for segment in self.segments:
            for record in segment.records:
                if record.record_id == record_id:
                    return record.value
        return None
