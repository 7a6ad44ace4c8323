"""Entries as table rows, columns in the order of `statements`."""

from __future__ import annotations

from typing import Any

from schemas.outputs import IncidentHead
from services.ledger.entries import (
    AlarmEntry,
    DeadLetterEntry,
    JournalEntry,
    OutcomeEntry,
    ProgressEntry,
    UpdateEntry,
)
from services.ledger.history import joined, place
from services.ledger.points import CapturedPoint
from services.ledger.storable import utc

Row = tuple[Any, ...]


def journal_row(entry: JournalEntry) -> Row:
    """A row of ledger.journal."""
    return (
        entry.message.topic,
        entry.message.partition,
        entry.message.offset,
        entry.record_id,
        entry.status,
        entry.incident_id,
        entry.type,
        entry.source_org,
        entry.source_class,
        entry.source_level,
        entry.as_of,
        entry.sent_at,
        entry.received_at,
        entry.message.appended_at,
        entry.units,
        entry.scopes,
        entry.content,
        entry.digest,
    )


def captured_point_row(point: CapturedPoint) -> Row:
    """A row of ledger.captured_points."""
    return (
        point.status,
        point.unit,
        point.record_id,
        point.digest,
        point.lon,
        point.lat,
        point.accuracy_m,
        point.captured_at,
    )


def dead_letter_row(entry: DeadLetterEntry) -> Row:
    """A row of ledger.dead_letters."""
    letter = entry.letter
    return (
        letter.topic,
        letter.partition,
        letter.offset,
        letter.error,
        letter.record_id,
        letter.key,
        letter.value,
        letter.version,
        entry.message.appended_at,
    )


def situation_row(entry: UpdateEntry) -> Row:
    """A row of ledger.situation."""
    shown = bool(entry.figures) or entry.beside is not None
    return *entry.key, entry.version, joined(entry.figures), entry.beside, shown, *place(entry.message)


def incident_row(entry: UpdateEntry) -> Row:
    """A row of ledger.incidents."""
    head = entry.head or IncidentHead()
    return (
        entry.status,
        entry.incident_id,
        head.name,
        head.hazard,
        utc(head.occurred_at) if head.occurred_at else None,
        head.origin_unit,
        head.closed,
        list(head.aliases),
        entry.merged_into,
        entry.version,
        *place(entry.message),
    )


def outcome_row(entry: OutcomeEntry) -> Row:
    """A row of ledger.outcomes."""
    outcome = entry.outcome
    return (
        outcome.record_id,
        outcome.status,
        outcome.incident_id,
        outcome.type,
        outcome.disposition,
        list(outcome.flags),
        outcome.standing,
        outcome.version,
        *place(entry.message),
    )


def outcome_history_row(entry: OutcomeEntry) -> Row:
    """A row of ledger.outcome_history."""
    outcome = entry.outcome
    return (
        outcome.record_id,
        outcome.version,
        outcome.incident_id,
        outcome.disposition,
        list(outcome.flags),
        outcome.standing,
        entry.message.appended_at,
    )


def alarm_row(entry: AlarmEntry) -> Row:
    """A row of ledger.alarms."""
    alarm = entry.alarm
    return (
        entry.alarm_key,
        alarm.status,
        alarm.incident_id,
        alarm.state,
        entry.content,
        alarm.version,
        *place(entry.message),
    )


def progress_row(entry: ProgressEntry) -> Row:
    """A row of ledger.progress."""
    progress = entry.progress
    return (
        progress.partition,
        utc(progress.folded_until),
        progress.version,
        entry.message.partition,
        entry.message.offset,
    )
