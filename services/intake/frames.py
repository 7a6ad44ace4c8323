"""The spool's file format: a magic line, then frames of length, CRC-32 and payload, little endian.

A crash can leave the last write torn: reading stops at the first frame that does not check, which was never
acknowledged.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

MAGIC = b"fenghuo-spool-1\n"
_HEAD = struct.Struct("<II")
HEAD_BYTES = _HEAD.size


class ForeignFileError(ValueError):
    """The file does not begin as a spool segment."""


def frame(payload: bytes) -> bytes:
    """One frame around a payload of at least one byte (a run of zeros must not look like a frame)."""
    if not payload:
        raise ValueError("an empty payload cannot be told from a hole in the file")
    length = len(payload).to_bytes(4, "little")
    return _HEAD.pack(len(payload), zlib.crc32(payload, zlib.crc32(length))) + payload


def frames(data: bytes) -> Iterator[tuple[int, bytes]]:
    """(offset, payload) of every whole frame from the beginning of a segment; stops at the first that is not.

    Raises ForeignFileError when a segment with anything in it does not begin with the magic line.
    """
    if not data.startswith(MAGIC):
        if MAGIC.startswith(data):
            return
        raise ForeignFileError("no spool segment")
    offset = len(MAGIC)
    while (payload := payload_at(data, offset)) is not None:
        yield offset, payload
        offset += HEAD_BYTES + len(payload)


def payload_at(data: bytes, offset: int) -> bytes | None:
    """The payload of the frame at `offset`, None where no whole frame stands."""
    if offset + HEAD_BYTES > len(data):
        return None
    length, crc = _HEAD.unpack_from(data, offset)
    start = offset + HEAD_BYTES
    payload = data[start : start + length]
    if not length or len(payload) < length:
        return None
    if zlib.crc32(payload, zlib.crc32(data[offset : offset + 4])) != crc:
        return None
    return payload
