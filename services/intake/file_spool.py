"""The spool on disk: append-only segments, group commit, fsync before any acknowledgement."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from services.intake import segments
from services.intake.domain import StampedRecord
from services.intake.frames import frame
from services.intake.metrics import IntakeMetrics
from services.intake.ports import SpoolBrokenError, SpoolFullError
from services.intake.segments import SUFFIX, Segment

SEGMENT_BYTES = 8 << 20
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class SpoolLockedError(RuntimeError):
    """Another process uses this spool."""


class _Write(msgspec.Struct):
    """Records of one append that wait for a commit."""

    records: Sequence[StampedRecord]
    frames: list[bytes]
    size: int
    done: asyncio.Future[None]


class FileRecordSpool:
    """A `RecordSpool` in a folder that one process owns, from `open` to `close`."""

    def __init__(self, folder: Path, max_bytes: int, metrics: IntakeMetrics) -> None:
        self._folder, self._max_bytes, self._metrics = folder, max_bytes, metrics
        self._segments: dict[int, Segment] = {}
        self._next = 1
        self._active: tuple[Segment, int] | None = None
        self._waiting: list[_Write] = []
        self._uncommitted_records = 0
        self._uncommitted_bytes = 0
        self._committer: asyncio.Task[None] | None = None
        # Guards the files: a commit, the closing of the active segment, a deletion.
        self._files = asyncio.Lock()
        self._owned: int | None = None

    async def open(self) -> None:
        """Own the folder and index what an earlier process left. Raises SpoolLockedError, OSError."""
        self._segments = await asyncio.to_thread(self._recover)
        self._next = max(self._segments, default=0) + 1
        self._measure()

    async def close(self) -> None:
        """Finish the writes under way and let the folder go."""
        if self._committer is not None:
            await self._committer
        async with self._files:
            self._seal()
            if self._owned is not None:
                os.close(self._owned)
                self._owned = None

    @property
    def record_count(self) -> int:
        """Records that wait, those being written included."""
        return self._uncommitted_records + sum(segment.count for segment in self._segments.values())

    @property
    def byte_count(self) -> int:
        """Bytes on disk and being written."""
        return self._uncommitted_bytes + sum(segment.size for segment in self._segments.values())

    async def append(self, records: Sequence[StampedRecord]) -> None:
        """Keep records; returns when they are on disk. Raises SpoolFullError or SpoolBrokenError."""
        framed = [frame(segments.encode(record)) for record in records]
        size = sum(map(len, framed))
        if self.byte_count + size > self._max_bytes:
            raise SpoolFullError(f"the spool holds {self.byte_count} of {self._max_bytes} bytes")
        write = _Write(records, framed, size, asyncio.get_running_loop().create_future())
        self._waiting.append(write)
        self._uncommitted_records += len(records)
        self._uncommitted_bytes += size
        if self._committer is None or self._committer.done():
            self._committer = asyncio.create_task(self._commit())
        await asyncio.shield(write.done)
        self._metrics.spooled.inc(len(records))

    async def oldest(self) -> Segment | None:
        """The oldest segment, closed to further records; None when nothing waits."""
        async with self._files:
            if not self._segments:
                return None
            first = self._segments[min(self._segments)]
            if self._active is not None and self._active[0] is first:
                self._seal()
            return first

    async def drop(self, segment: Segment) -> None:
        """Delete a segment whose records the log has acknowledged."""
        async with self._files:
            await asyncio.to_thread(segments.delete, segment.path)
            self._segments = {number: kept for number, kept in self._segments.items() if kept is not segment}
        self._metrics.drained.inc(segment.count)
        self._measure()

    def find(self, record_id: str) -> bytes | None:
        """The JSON of a record that waits here."""
        for segment in self._segments.values():
            if (value := segment.find(record_id)) is not None:
                return value
        return None

    def read_all(self) -> Iterator[StampedRecord]:
        """Every record that waits, oldest first."""
        for number in sorted(self._segments):
            yield from self._segments[number].read()

    async def _commit(self) -> None:
        """Write and fsync what waits, as one; what comes meanwhile makes the next commit."""
        async with self._files:
            while self._waiting:
                writes, self._waiting = self._waiting, []
                error = await self._write(writes)
                self._uncommitted_records -= sum(len(write.records) for write in writes)
                self._uncommitted_bytes -= sum(write.size for write in writes)
                self._measure()
                for write in writes:
                    if error is None:
                        write.done.set_result(None)
                    else:
                        write.done.set_exception(error)

    async def _write(self, writes: list[_Write]) -> SpoolFullError | SpoolBrokenError | None:
        try:
            segment, descriptor = self._active or await self._begin()
            data = b"".join(part for write in writes for part in write.frames)
            await asyncio.to_thread(segments.write_durably, descriptor, data)
        except OSError as error:
            # The file's end is unknown now: close it; what stands behind its last acknowledged frame is not read.
            self._seal()
            if error.errno in _NO_SPACE:
                return SpoolFullError(f"the disk of {self._folder} is full")
            return SpoolBrokenError(f"{self._folder}: {error}")
        for write in writes:
            for record, framed in zip(write.records, write.frames, strict=True):
                segment.note(record.record_id, len(framed))
        self._segments[int(segment.path.stem)] = segment
        if segment.size >= SEGMENT_BYTES:
            self._seal()
        return None

    async def _begin(self) -> tuple[Segment, int]:
        path = self._folder / f"{self._next:016d}{SUFFIX}"
        self._next += 1
        self._active = Segment(path), await asyncio.to_thread(segments.create, path)
        return self._active

    def _seal(self) -> None:
        if self._active is not None:
            os.close(self._active[1])
            self._active = None

    def _recover(self) -> dict[int, Segment]:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._owned = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._owned, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._owned)
            self._owned = None
            raise SpoolLockedError(
                f"{self._folder} 正被另一进程使用。Another process uses this spool: stop it or set FENGHUO_DATA."
            ) from error
        found = {int(path.stem): segments.recover(path) for path in sorted(self._folder.glob(f"*{SUFFIX}"))}
        return {number: segment for number, segment in found.items() if segment is not None}

    def _measure(self) -> None:
        self._metrics.spool_records.set(self.record_count)
        self._metrics.spool_bytes.set(self.byte_count)
