"""Log messages decoded into what the ledger keeps. Pure; what cannot be decoded becomes a dead letter, never an error."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from schemas.canonical import content_digest
from schemas.outputs import Alarm, DeadLetter, IncidentHead, Outcome, Progress, UnitUpdate, alarm_key
from schemas.parsing import ShapeError, parse_record
from schemas.records import Envelope, rows_of, type_name
from schemas.topics import (
    DEAD_LETTERS,
    RECORD_OUTCOMES,
    RECORD_TOPICS,
    SITUATION_ALARMS,
    SITUATION_PROGRESS,
    SITUATION_UPDATES,
)
from services.ledger.domain import scopes_of
from services.ledger.points import CapturedPoint, captured_point
from services.ledger.storable import utc

# What decoding alien bytes can raise: wrong shape, no JSON, absurd numbers and moments, bottomless nesting.
POISON = (ShapeError, msgspec.MsgspecError, ValueError, ArithmeticError, RecursionError)


class LogMessage(msgspec.Struct, frozen=True):
    """One entry of a Kafka partition. `appended_at` is the broker's append time."""

    topic: str
    partition: int
    offset: int
    value: bytes | None
    appended_at: datetime
    key: bytes | None = None


class JournalEntry(msgspec.Struct, frozen=True):
    """A record as it stands on the log."""

    message: LogMessage
    record_id: str
    status: str
    incident_id: str
    type: str
    source_org: str
    source_class: str
    source_level: str
    as_of: datetime
    sent_at: datetime
    received_at: datetime
    units: list[str]
    scopes: list[str]
    content: bytes
    digest: bytes
    point: CapturedPoint | None = None


class UpdateEntry(msgspec.Struct, frozen=True):
    """A unit's complete figures: indicator key → the figure's JSON as published."""

    message: LogMessage
    status: str
    incident_id: str
    unit: str
    version: int
    figures: dict[str, bytes]
    beside: bytes | None
    head: IncidentHead | None
    merged_into: str | None
    last: bool

    @property
    def key(self) -> tuple[str, str, str]:
        """What it is the newest version of."""
        return self.status, self.incident_id, self.unit


class OutcomeEntry(msgspec.Struct, frozen=True):
    """How a record was judged."""

    message: LogMessage
    outcome: Outcome


class AlarmEntry(msgspec.Struct, frozen=True):
    """An alarm raised or cleared; `content` as published."""

    message: LogMessage
    alarm_key: str
    alarm: Alarm
    content: bytes


class ProgressEntry(msgspec.Struct, frozen=True):
    """How far an input partition is folded."""

    message: LogMessage
    progress: Progress


class DeadLetterEntry(msgspec.Struct, frozen=True):
    """A message that cannot be decoded or judged. `message` is where the ledger heard of it."""

    message: LogMessage
    letter: DeadLetter


Entry = JournalEntry | UpdateEntry | OutcomeEntry | AlarmEntry | ProgressEntry | DeadLetterEntry


class _RawUpdate(msgspec.Struct):
    figures: dict[str, msgspec.Raw]
    beside: msgspec.Raw = msgspec.Raw(b"{}")


class _Places(msgspec.Struct):
    """Every field of any type that names a unit; the free types may carry them too."""

    unit: Any = None
    to_unit: Any = None
    origin_unit: Any = None
    counties: Any = None


_places = msgspec.json.Decoder(_Places)
_raw_update = msgspec.json.Decoder(_RawUpdate)
_update = msgspec.json.Decoder(UnitUpdate)
_outcome = msgspec.json.Decoder(Outcome)
_alarm = msgspec.json.Decoder(Alarm)
_progress = msgspec.json.Decoder(Progress)
_dead_letter = msgspec.json.Decoder(DeadLetter)


def decode(message: LogMessage) -> Entry | None:
    """What the ledger keeps of a message; None for a tombstone on an output topic, which states nothing."""
    if message.value is None:
        return _dead(message, "the message has no value") if message.topic in _RECORD_NAMES else None
    try:
        return _DECODERS[message.topic](message, message.value)
    except POISON as error:
        return _dead(message, str(error) or type(error).__name__)


def _dead(message: LogMessage, error: str) -> DeadLetterEntry:
    """The ledger's own finding, version 0: the worker's word on the same message replaces it."""
    letter = DeadLetter(
        topic=message.topic,
        partition=message.partition,
        offset=message.offset,
        error=error[:2000],
        key=message.key,
        value=message.value or b"",
    )
    return DeadLetterEntry(message, letter)


def _journal(message: LogMessage, value: bytes) -> JournalEntry:
    record = parse_record(value)
    if record.received_at is None:
        raise ShapeError("received_at", "records.md 2", None, "a record on the log must carry its stamp")
    units, digest = units_of(record, value), content_digest(value)
    return JournalEntry(
        message=message,
        record_id=record.record_id,
        status=record.status,
        incident_id=record.incident_id,
        type=type_name(record),
        source_org=record.source.org,
        source_class=record.source.class_,
        source_level=record.source.level,
        as_of=utc(record.as_of),
        sent_at=utc(record.sent_at),
        received_at=utc(record.received_at),
        units=units,
        scopes=scopes_of(units),
        content=value,
        digest=digest,
        point=captured_point(record, units, digest, value),
    )


def units_of(record: Envelope, value: bytes) -> list[str]:
    """The 12-digit codes that a record names, sorted: rows, places, verified counties."""
    places = _places.decode(value)
    named = {row.unit for row in rows_of(record)}
    named.update(code for code in (places.unit, places.to_unit, places.origin_unit) if _is_unit(code))
    if isinstance(places.counties, list):
        named.update(prefix.ljust(12, "0") for prefix in places.counties if _is_unit(prefix, 2, 4, 6))
    return sorted(named)


def _is_unit(code: object, *lengths: int) -> bool:
    return isinstance(code, str) and len(code) in (lengths or (12,)) and code.isascii() and code.isdigit()


def _situation(message: LogMessage, value: bytes) -> UpdateEntry:
    # Decoded twice: once in full, so that nothing malformed is served; once raw, to keep the bytes as published.
    update = _update.decode(value)
    raw = _raw_update.decode(value)
    _check_size(update.version)
    return UpdateEntry(
        message=message,
        status=update.status,
        incident_id=update.incident_id,
        unit=update.unit,
        version=update.version,
        figures={key: bytes(figure) for key, figure in raw.figures.items()},
        beside=bytes(raw.beside) if update.beside else None,
        head=update.head,
        merged_into=update.merged_into,
        last=update.last,
    )


def _judged(message: LogMessage, value: bytes) -> OutcomeEntry:
    outcome = _outcome.decode(value)
    _check_size(outcome.version)
    return OutcomeEntry(message, outcome)


def _alarmed(message: LogMessage, value: bytes) -> AlarmEntry:
    alarm = _alarm.decode(value)
    _check_size(alarm.version)
    return AlarmEntry(message, alarm_key(alarm).decode(), alarm, value)


def _folded(message: LogMessage, value: bytes) -> ProgressEntry:
    progress = _progress.decode(value)
    _check_size(progress.version, progress.partition << 32)
    return ProgressEntry(message, progress)


def _buried(message: LogMessage, value: bytes) -> DeadLetterEntry:
    letter = _dead_letter.decode(value)
    _check_size(letter.version, letter.offset, letter.partition << 32)
    return DeadLetterEntry(message, letter)


def _check_size(*numbers: int) -> None:
    """Raises ValueError for what is no unsigned number of PostgreSQL's bigint."""
    if not all(0 <= number < 1 << 63 for number in numbers):
        raise ValueError(f"a number is out of range: {numbers}")


_RECORD_NAMES = frozenset(topic.name for topic in RECORD_TOPICS)
_DECODERS: dict[str, Callable[[LogMessage, bytes], Entry]] = {
    **dict.fromkeys(_RECORD_NAMES, _journal),
    SITUATION_UPDATES.name: _situation,
    RECORD_OUTCOMES.name: _judged,
    SITUATION_ALARMS.name: _alarmed,
    SITUATION_PROGRESS.name: _folded,
    DEAD_LETTERS.name: _buried,
}
