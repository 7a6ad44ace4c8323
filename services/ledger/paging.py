"""Keyset pages: a cursor is the sort key of the last item given, opaque to callers."""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime, timedelta

import msgspec

MAX_LIMIT = 500
PAGE_BYTES = 8 << 20

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class CursorError(ValueError):
    """A text is not a cursor of this list."""


def write_cursor(*key: str | int | datetime) -> str:
    """The cursor of a sort key. Moments lose nothing: microseconds are what PostgreSQL keeps."""
    plain = [(part - _EPOCH) // _MICROSECOND if isinstance(part, datetime) else part for part in key]
    return base64.urlsafe_b64encode(msgspec.json.encode(plain)).decode().rstrip("=")


def read_cursor(cursor: str, *kinds: type) -> list[str | int | datetime]:
    """The sort key of a cursor whose parts are of these `kinds`. Raises CursorError."""
    try:
        parts = msgspec.json.decode(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(parts, list) or len(parts) != len(kinds):
            raise CursorError(cursor)
        return [_part(part, kind) for part, kind in zip(parts, kinds, strict=True)]
    except (msgspec.MsgspecError, binascii.Error, ValueError, OverflowError) as error:
        raise CursorError(cursor) from error


def _part(part: object, kind: type) -> str | int | datetime:
    if kind is datetime and type(part) is int:
        return _EPOCH + part * _MICROSECOND
    if kind is int and type(part) is int and abs(part) < 1 << 63:
        return part
    if kind is str and type(part) is str and "\x00" not in part:
        return part
    raise CursorError(str(part))
