"""A fold as bytes and back. A snapshot is a cache, never the truth: one that does not fit is passed over."""

from __future__ import annotations

import hashlib
from typing import Any, NamedTuple

from streams.picture.fingerprint import fingerprint
from streams.picture.incident import IncidentFold
from streams.picture.marks import Mark
from streams.picture.object_graphs import dumps, loads
from streams.picture.shown import ShownIncident
from streams.picture.state import World

DIGEST_BYTES = 32


class Snapshot(NamedTuple):
    """An incident's fold and what was last answered of it. `content` may be kept anywhere, under any name."""

    mark: Mark
    content: bytes


class Content(NamedTuple):
    """What is in a snapshot: the fold, and incident id → what was last answered, also of those merged into it."""

    fold: IncidentFold
    shown: dict[str, ShownIncident]


def sealed(content: bytes) -> bytes:
    """With what tells whether it is of use: who wrote it, and its digest."""
    return fingerprint() + hashlib.sha256(content).digest() + content


def unsealed(raw: bytes) -> bytes | None:
    """The content; None where another programme wrote it, or it was damaged."""
    head, content = raw[: 2 * DIGEST_BYTES], raw[2 * DIGEST_BYTES :]
    return content if head == fingerprint() + hashlib.sha256(content).digest() else None


def written(content: Content, world: World) -> bytes:
    """The bytes of a snapshot."""
    return sealed(dumps(tuple(content), world))


def read(raw: bytes | None, world: World) -> Content | None:
    """The snapshot in these bytes; None where they are of no use here."""
    content = None if raw is None else unsealed(raw)
    if content is None:
        return None
    found: tuple[Any, ...] = loads(content, world)
    return Content(*found)
