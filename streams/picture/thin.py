"""A record as an index entry: what must be known of it in every picture, packed (about 90 bytes instead of some KB).

It says enough for "one id, one record" (records.md 2), for what a fold looks for in another incident (R4, R18: that it
is there, and where in the order), and for reading the delivery again.
"""

from __future__ import annotations

from collections.abc import Iterable
from struct import Struct
from typing import Protocol

from schemas.topics import RECORD_TOPICS
from streams.picture.stamped import Origin

_HEAD = Struct(">qI32s")
"""Stamp in µs, number of the docket, SHA-256 of the content."""

_ORIGIN = Struct(">BIq")
"""Number of the topic, partition, offset."""

_TOPICS = tuple(topic.name for topic in RECORD_TOPICS)
_TOPIC_NUMBERS = {name: number for number, name in enumerate(_TOPICS)}
_DIGEST = slice(12, 44)

SUM_BITS = 256
"""Width of a content sum."""


class Thin(bytes):
    """One record of which only this much is kept. Its id is its key in the register."""

    __slots__ = ()

    @property
    def stamp(self) -> int:
        """µs since 1970."""
        return int.from_bytes(self[:8], "big", signed=True)

    @property
    def docket(self) -> int:
        """The number of the docket that it is filed in."""
        return int.from_bytes(self[8:12], "big")

    @property
    def digest(self) -> bytes:
        """SHA-256 of the content (records.md 2)."""
        return self[_DIGEST]

    @property
    def origins(self) -> tuple[Origin, ...]:
        """Where deliveries of this content lie; the first is the one with this stamp."""
        return tuple(
            (_TOPICS[topic], partition, offset)
            for topic, partition, offset in _ORIGIN.iter_unpack(self[_HEAD.size :])
        )

    def lies_also_at(self, origins: Iterable[Origin]) -> Thin:
        """The same content, delivered there, too."""
        return Thin(self + _packed(origins))


class Known(Protocol):
    """A record, in full or not."""

    @property
    def stamp(self) -> int:
        """µs since 1970."""

    @property
    def digest(self) -> bytes:
        """SHA-256 of the content."""


def content_mark(record: Known) -> int:
    """What a record adds to the content sum of a set, which is the same for the same set in any order."""
    return int.from_bytes(record.digest, "big") * (2 * record.stamp + 1)


def thin(stamp: int, docket: int, digest: bytes, origins: Iterable[Origin]) -> Thin:
    """The entry of a record. Raises KeyError for a topic that is no record topic."""
    return Thin(_HEAD.pack(stamp, docket, digest) + _packed(origins))


def _packed(origins: Iterable[Origin]) -> bytes:
    return b"".join(
        _ORIGIN.pack(_TOPIC_NUMBERS[topic], partition, offset) for topic, partition, offset in origins
    )
