"""Pure decisions of intake: what a posted object is, what its stored bytes are, whether it is a repeat."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from enum import Enum
from typing import Any, Literal

import msgspec

from schemas.canonical import STAMP, content_digest
from schemas.parsing import ShapeError, check_moment, parse_record
from schemas.records import Moment, type_name
from services.intake.refusals import MAX_ECHO, Refusal, beyond_reach, misshapen, stamp_not_allowed, too_large

MAX_RECORDS = 2_000
MAX_BODY_BYTES = 8 << 20
MAX_RECORD_BYTES = 256 << 10

CHINA = timezone(timedelta(hours=8))
STAMPED_BY_CLIENT = ("Exercise", "Test")

_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])
_moment = msgspec.json.Decoder(Moment)
_text = msgspec.json.Decoder(str)
_encode = msgspec.json.Encoder().encode


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A posted record of the right shape, not yet stamped.

    `content` is the client's object without its stamp: top-level members byte for byte, so numbers keep their digits
    and unknown fields stay. `stamp` and `raw_stamp` are the client's, None where this server has to stamp.
    """

    record_id: str
    type: str
    incident_id: str
    digest: bytes
    content: bytes
    stamp: datetime | None
    raw_stamp: bytes | None


class StampedRecord(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """A record as it is stored and travels; `value` is its JSON with `received_at`, `stamp` the same moment."""

    record_id: str
    type: str
    incident_id: str
    stamp: datetime
    digest: bytes
    value: bytes


class KnownRecord(msgspec.Struct, frozen=True):
    """What intake remembers of an acknowledged record: its content's SHA-256 and its earliest stamp."""

    record_id: str
    digest: bytes
    stamp: datetime


class Accepted(msgspec.Struct, frozen=True):
    """A record that is durable: stored now, or known before."""

    record_id: str
    result: Literal["stored", "already_stored"]


Verdict = Accepted | Refusal


class Delivery(Enum):
    """What a candidate is beside what is known of its id (records.md 2, "One id, one record")."""

    NEW = "new"
    REPEATED = "repeated"
    EARLIER = "earlier"
    CONFLICTING = "conflicting"


def read_candidate(raw: bytes | msgspec.Raw) -> Candidate | Refusal:
    """One posted JSON value as a candidate, or why it is refused. Never raises for bad input."""
    try:
        fields = _fields.decode(raw)
    except (msgspec.DecodeError, RecursionError) as error:
        return misshapen(None, ShapeError("", "records.md 2", None, f"must be a JSON object: {error}"))
    record_id = _readable_id(fields)
    if memoryview(raw).nbytes > MAX_RECORD_BYTES:
        return too_large(record_id, memoryview(raw).nbytes, MAX_RECORD_BYTES)
    raw_stamp = fields.pop(STAMP, None)
    # What was checked is what is stored: a repeated member name counts once, its last value, in both.
    content = _encode(fields)
    try:
        record = parse_record(content)
        digest = content_digest(content)
        stamp = _client_stamp(raw_stamp)
    except ShapeError as error:
        return misshapen(record_id, error)
    except (ValueError, ArithmeticError, RecursionError) as error:
        # Free fields are decoded here first: bad UTF-8, numbers beyond any arithmetic, a hundred brackets.
        return beyond_reach(record_id, error)
    if stamp is not None and record.status not in STAMPED_BY_CLIENT:
        return stamp_not_allowed(record_id, record.status, stamp)
    return Candidate(
        record_id=record.record_id,
        type=type_name(record),
        incident_id=record.incident_id,
        digest=digest,
        content=content,
        stamp=stamp,
        raw_stamp=None if raw_stamp is None else bytes(raw_stamp),
    )


def stamp_record(candidate: Candidate, stamp: datetime) -> StampedRecord:
    """The stored record: the client's own stamp where it has one, else `stamp`, written in Beijing time."""
    if candidate.stamp is not None and candidate.raw_stamp is not None:
        stamp, text = candidate.stamp, candidate.raw_stamp
    else:
        text = f'"{stamp.astimezone(CHINA).isoformat(timespec="microseconds")}"'.encode()
    return StampedRecord(
        record_id=candidate.record_id,
        type=candidate.type,
        incident_id=candidate.incident_id,
        stamp=stamp,
        digest=candidate.digest,
        value=b'%b,"%b":%b}' % (candidate.content[:-1], STAMP.encode(), text),
    )


def compare(candidate: Candidate, known: KnownRecord | None) -> Delivery:
    """Whether the candidate is new, a repeat, a repeat that brings an earlier stamp, or a conflict."""
    if known is None:
        return Delivery.NEW
    if known.digest != candidate.digest:
        return Delivery.CONFLICTING
    if candidate.stamp is not None and candidate.stamp < known.stamp:
        return Delivery.EARLIER
    return Delivery.REPEATED


def _readable_id(fields: dict[str, msgspec.Raw]) -> str | None:
    """The record id for the answer, even where the record is refused; None where there is no such text."""
    try:
        record_id = _text.decode(fields["record_id"])
    except (KeyError, ValueError):
        return None
    return record_id if len(record_id) <= MAX_ECHO else None


def _client_stamp(raw: msgspec.Raw | None) -> datetime | None:
    if raw is None or bytes(raw) == b"null":
        return None
    try:
        stamp = _moment.decode(raw)
    except ValueError as error:
        raise ShapeError(STAMP, "records.md 2", _readable(raw), f"is not right: {error}") from error
    check_moment(STAMP, stamp)
    return stamp


def _readable(raw: msgspec.Raw) -> Any:
    try:
        return msgspec.json.decode(raw)
    except ValueError:
        return bytes(raw)[:100].decode(errors="replace")
