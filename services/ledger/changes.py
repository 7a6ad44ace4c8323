"""What one commit to the database takes: a batch of entries, in which the rows of one change are never split.

Rows of one change follow one another on their partition, the last one marked (records.md 3). A batch may end in the
middle of a change: its rows wait here, and the partition's position stays before the first of them, so that a restart
reads them again. Compaction may have removed a `last` row; its change then ends with the next one's, which is right
too: rows are complete figures, and every key shows its newest.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from services.ledger.entries import (
    AlarmEntry,
    DeadLetterEntry,
    Entry,
    JournalEntry,
    LogMessage,
    OutcomeEntry,
    ProgressEntry,
    UpdateEntry,
    decode,
)

Partition = tuple[str, int]
"""Topic and partition."""


class Advance(msgspec.Struct):
    """A partition's position moves from `before` to `after`; `newest_append_at` of what lies between."""

    before: int
    after: int
    newest_append_at: datetime


class Batch(msgspec.Struct):
    """What is committed in one transaction."""

    journal: list[JournalEntry] = []
    updates: list[UpdateEntry] = []
    outcomes: list[OutcomeEntry] = []
    alarms: list[AlarmEntry] = []
    progress: list[ProgressEntry] = []
    dead_letters: list[DeadLetterEntry] = []
    advances: dict[Partition, Advance] = {}

    def __bool__(self) -> bool:
        return bool(self.advances or self.progress)


class Assembly:
    """Messages in, batches out. `positions`: next offset to commit by partition, as the database has them."""

    def __init__(self, positions: dict[Partition, int]) -> None:
        self._committed = positions
        self._open_changes: dict[Partition, list[UpdateEntry]] = {}

    @property
    def applied(self) -> dict[Partition, int]:
        """Offsets below which everything is in a batch that was taken."""
        return self._committed

    def take(self, messages: Iterable[LogMessage]) -> Batch:
        """The batch of these messages, in the order of each partition, less the change that is still open."""
        batch = Batch()
        for message in messages:
            entry = decode(message)
            if isinstance(entry, UpdateEntry):
                self._extend_change(batch, entry)
            else:
                _file(batch, entry)
            self._advance(batch, message)
        return batch

    def _extend_change(self, batch: Batch, entry: UpdateEntry) -> None:
        partition = (entry.message.topic, entry.message.partition)
        change = self._open_changes.setdefault(partition, [])
        change.append(entry)
        if entry.last:
            batch.updates += change
            del self._open_changes[partition]

    def _advance(self, batch: Batch, message: LogMessage) -> None:
        partition = (message.topic, message.partition)
        if partition in self._open_changes:
            return
        before, after = self._committed[partition], message.offset + 1
        advance = batch.advances.setdefault(partition, Advance(before, after, message.appended_at))
        advance.after = after
        # The open rows' own append times are not counted: they are at most a moment earlier than the last row's.
        advance.newest_append_at = max(advance.newest_append_at, message.appended_at)
        self._committed[partition] = after


def _file(batch: Batch, entry: Entry | None) -> None:
    match entry:
        case JournalEntry():
            batch.journal.append(entry)
        case OutcomeEntry():
            batch.outcomes.append(entry)
        case AlarmEntry():
            batch.alarms.append(entry)
        case ProgressEntry():
            batch.progress.append(entry)
        case DeadLetterEntry():
            batch.dead_letters.append(entry)
        case _:
            return
