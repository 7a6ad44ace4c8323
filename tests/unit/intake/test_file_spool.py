"""The spool on disk: crashes, torn tails, full disks, two owners."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.intake import file_spool, segments
from services.intake.domain import StampedRecord
from services.intake.file_spool import FileRecordSpool, SpoolLockedError
from services.intake.frames import frame
from services.intake.ports import SpoolBrokenError, SpoolFullError
from tests.unit.intake.fakes import metrics, stamped


async def opened(folder: Path, max_bytes: int = 1 << 20) -> FileRecordSpool:
    spool = FileRecordSpool(folder, max_bytes, metrics())
    await spool.open()
    return spool


@pytest.fixture
async def spool(tmp_path: Path) -> AsyncIterator[FileRecordSpool]:
    spool = await opened(tmp_path)
    yield spool
    await spool.close()


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.spool"))


def torn(folder: Path) -> list[bytes]:
    """What was set aside."""
    return [path.read_bytes() for path in sorted(folder.glob("*.torn"))]


async def crash(spool: FileRecordSpool) -> None:
    """Let go of the folder as the kernel does for a killed process: nothing is finished."""
    assert spool._owned is not None
    os.close(spool._owned)
    spool._owned = None


async def drained(spool: FileRecordSpool) -> list[StampedRecord]:
    found: list[StampedRecord] = []
    while (segment := await spool.oldest()) is not None:
        found.extend(segment.read())
        await spool.drop(segment)
    return found


async def test_what_was_acknowledged_outlives_a_crash(spool: FileRecordSpool, tmp_path: Path) -> None:
    await spool.append([stamped(1), stamped(2)])
    await spool.append([stamped(3)])
    await crash(spool)
    again = await opened(tmp_path)
    assert again.record_count == 3
    assert again.find("r2") == stamped(2).value
    assert again.find("r9") is None
    await again.append([stamped(4)])
    assert [record.record_id for record in again.read_all()] == ["r1", "r2", "r3", "r4"]
    assert await drained(again) == [stamped(number) for number in (1, 2, 3, 4)]
    assert files(tmp_path) == []
    await again.close()


@pytest.mark.parametrize("kept", [0, 1, 7, 8, 20])
async def test_a_write_that_a_crash_cut_is_dropped_and_kept_aside(
    spool: FileRecordSpool, tmp_path: Path, kept: int
) -> None:
    await spool.append([stamped(1)])
    (file,) = files(tmp_path)
    with file.open("ab") as tail:
        tail.write(frame(segments.encode(stamped(2)))[:kept])
    await crash(spool)
    again = await opened(tmp_path)
    assert [record.record_id for record in again.read_all()] == ["r1"]
    assert [len(rest) for rest in torn(tmp_path)] == ([kept] if kept else [])
    await again.append([stamped(3)])
    assert [record.record_id for record in await drained(again)] == ["r1", "r3"]
    await again.close()


async def test_an_empty_or_foreign_segment_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / f"{1:016d}.spool").write_bytes(b"")
    (tmp_path / f"{2:016d}.spool").write_bytes(segments.MAGIC)
    (tmp_path / f"{3:016d}.spool").write_bytes(b"not ours")
    spool = await opened(tmp_path)
    assert spool.record_count == 0
    assert torn(tmp_path) == [b"not ours"]
    await spool.append([stamped(1)])
    assert len(files(tmp_path)) == 1
    await spool.close()


async def test_concurrent_appends_share_a_sync(
    spool: FileRecordSpool, monkeypatch: pytest.MonkeyPatch
) -> None:
    writes: list[int] = []
    write = segments.write_durably

    def counted(descriptor: int, data: bytes) -> None:
        writes.append(len(data))
        write(descriptor, data)

    monkeypatch.setattr(segments, "write_durably", counted)
    await asyncio.gather(*(spool.append([stamped(number)]) for number in range(50)))
    assert len(writes) < 10
    assert [record.record_id for record in await drained(spool)] == [f"r{number}" for number in range(50)]


async def test_a_segment_is_closed_when_it_is_large(
    spool: FileRecordSpool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_spool, "SEGMENT_BYTES", 1_000)
    for number in range(10):
        await spool.append([stamped(number, size=300)])
    assert len(files(tmp_path)) > 2
    assert [record.record_id for record in await drained(spool)] == [f"r{number}" for number in range(10)]


async def test_a_segment_that_is_being_moved_takes_no_more(spool: FileRecordSpool) -> None:
    await spool.append([stamped(1)])
    segment = await spool.oldest()
    assert segment is not None
    await spool.append([stamped(2)])
    assert [record.record_id for record in segment.read()] == ["r1"]
    await spool.drop(segment)
    assert spool.record_count == 1
    assert spool.find("r1") is None
    assert spool.find("r2") == stamped(2).value


async def test_a_full_spool_keeps_nothing_of_the_request(tmp_path: Path) -> None:
    spool = await opened(tmp_path, max_bytes=1_500)
    await spool.append([stamped(1, size=500)])
    with pytest.raises(SpoolFullError):
        await spool.append([stamped(2, size=500), stamped(3, size=500)])
    assert spool.record_count == 1
    assert await drained(spool) == [stamped(1, size=500)]
    await spool.append([stamped(4, size=500), stamped(5, size=500)])
    await spool.close()


@pytest.mark.parametrize(
    ("code", "expected"), [(errno.ENOSPC, SpoolFullError), (errno.EIO, SpoolBrokenError)]
)
async def test_a_disk_that_refuses_acknowledges_nothing(
    spool: FileRecordSpool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    code: int,
    expected: type[Exception],
) -> None:
    await spool.append([stamped(1)])

    def half(descriptor: int, data: bytes) -> None:
        segments.write_all(descriptor, data[: len(data) // 2])
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patch:
        patch.setattr(segments, "write_durably", half)
        with pytest.raises(expected):
            await spool.append([stamped(2)])
    assert spool.record_count == 1
    await spool.append([stamped(3)])
    assert [record.record_id for record in await drained(spool)] == ["r1", "r3"]


async def test_a_segment_that_lost_records_on_disk_is_not_taken_for_whole(
    spool: FileRecordSpool, tmp_path: Path
) -> None:
    await spool.append([stamped(1), stamped(2)])
    (file,) = files(tmp_path)
    data = bytearray(file.read_bytes())
    data[-5] ^= 1
    file.write_bytes(data)
    segment = await spool.oldest()
    assert segment is not None
    with pytest.raises(SpoolBrokenError):
        segment.read()


async def test_one_process_owns_a_spool(spool: FileRecordSpool, tmp_path: Path) -> None:
    with pytest.raises(SpoolLockedError):
        await opened(tmp_path)
