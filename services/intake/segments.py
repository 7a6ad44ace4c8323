"""Files of the spool: one segment each, written by appending, read back whole."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from fenghuo.platform.logs import get_logger
from services.intake.domain import StampedRecord
from services.intake.frames import HEAD_BYTES, MAGIC, ForeignFileError, frames, payload_at
from services.intake.ports import SpoolBrokenError

SUFFIX = ".spool"

encode = msgspec.msgpack.Encoder().encode
_decoder = msgspec.msgpack.Decoder(StampedRecord)

log = get_logger(__name__)


class Segment:
    """One file. `size` in bytes, up to the last acknowledged frame; `index` = record_id → offset of its frame."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = len(MAGIC)
        self.count = 0
        self.index: dict[str, int] = {}

    def note(self, record_id: str, frame_bytes: int) -> None:
        """One more frame stands at the end."""
        self.index[record_id] = self.size
        self.size += frame_bytes
        self.count += 1

    def read(self) -> list[StampedRecord]:
        """Its records in the order of their acceptance. Raises SpoolBrokenError when the disk lost some."""
        data = self.path.read_bytes()[: self.size]
        records = [_decoder.decode(payload) for _, payload in frames(data)]
        if len(records) != self.count:
            raise SpoolBrokenError(f"{self.path} has {len(records)} readable records of {self.count}")
        return records

    def find(self, record_id: str) -> bytes | None:
        """One record's JSON."""
        offset = self.index.get(record_id)
        if offset is None:
            return None
        with self.path.open("rb") as file:
            file.seek(offset)
            head = file.read(HEAD_BYTES)
            payload = payload_at(head + file.read(int.from_bytes(head[:4], "little")), 0)
        return None if payload is None else _decoder.decode(payload).value


def create(path: Path) -> int:
    """Begin an empty segment; answers its descriptor. Raises OSError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
    try:
        write_all(descriptor, MAGIC)
        _sync_folder(path.parent)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def write_durably(descriptor: int, data: bytes) -> None:
    """Append and fsync. Raises OSError; then the end of the file is unknown."""
    write_all(descriptor, data)
    os.fsync(descriptor)


def write_all(descriptor: int, data: bytes) -> None:
    """Write every byte."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def recover(path: Path) -> Segment | None:
    """A segment that an earlier process left; None (and no file) when no record of it can be read.

    What does not check is set aside as `.torn`: a crash tore it before it was acknowledged, or the disk did later.
    """
    segment, data = Segment(path), path.read_bytes()
    end = 0
    try:
        for offset, payload in frames(data):
            end = offset + HEAD_BYTES + len(payload)
            segment.note(_decoder.decode(payload).record_id, HEAD_BYTES + len(payload))
    except ForeignFileError:
        end = 0
    rest = data[end:]
    if rest.strip(b"\0") and not MAGIC.startswith(rest):
        torn = path.with_suffix(".torn")
        torn.write_bytes(rest)
        log.warning("spool segment has a torn tail", file=str(torn), size_bytes=len(rest))
    if not segment.count:
        delete(path)
        return None
    return segment


def delete(path: Path) -> None:
    """Remove a segment for good."""
    path.unlink(missing_ok=True)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Make the creation or removal of a file in `folder` durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
