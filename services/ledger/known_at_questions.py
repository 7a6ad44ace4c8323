"""What the ledger asks the process that folds past pictures, and what that answers: length-framed MessagePack."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

import msgspec

LENGTH_BYTES = 4


class Fold(msgspec.Struct, frozen=True, tag=True):
    """Fold these records and keep the picture under this number; forget the pictures of `forget`."""

    number: int
    status: str
    contents: list[bytes]
    forget: list[int]


class Extend(msgspec.Struct, frozen=True, tag=True):
    """Give the picture of this number more records: more was known later. Forget the pictures of `forget`."""

    number: int
    contents: list[bytes]
    forget: list[int]


class AskSituation(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """The figures of a unit and `depth` levels below it (−1: all)."""

    number: int
    incident_id: str
    unit: str
    depth: int
    known_at: datetime
    newest_recorded_at: datetime | None
    watermark: datetime | None


class AskExplanation(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """The tree of one figure of a unit; `known_at` None: as of now."""

    number: int
    incident_id: str
    unit: str
    key: str
    depth: int
    limit: int
    known_at: datetime | None
    newest_recorded_at: datetime | None
    watermark: datetime | None


class AskCanonical(msgspec.Struct, frozen=True, tag=True):
    """The incident under which this one counted then (R14)."""

    number: int
    incident_id: str


Question = Fold | Extend | AskSituation | AskExplanation | AskCanonical
Ask = AskSituation | AskExplanation | AskCanonical


class Answer(msgspec.Struct, frozen=True):
    """`body`: the answer's JSON, empty for a fold."""

    body: bytes


class Reader(Protocol):
    """Where frames come from."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; fewer only at the end."""


_questions = msgspec.msgpack.Decoder(Question)
_answers = msgspec.msgpack.Decoder(Answer)
_encode = msgspec.msgpack.Encoder().encode


def frame(message: Question | Answer) -> bytes:
    """A message with its length before it."""
    body = _encode(message)
    return len(body).to_bytes(LENGTH_BYTES, "big") + body


def read_question(source: Reader) -> Question | None:
    """The next question; None when there will be no more."""
    head = source.read(LENGTH_BYTES)
    if len(head) < LENGTH_BYTES:
        return None
    size = int.from_bytes(head, "big")
    body = source.read(size)
    return _questions.decode(body) if len(body) == size else None


def read_answer(body: bytes) -> Answer:
    """An answer from a frame's body."""
    return _answers.decode(body)
