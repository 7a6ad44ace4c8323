"""What was published when: of a batch of versions, the newest of each key and every change on the way. Pure."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

import msgspec

from services.ledger.domain import changed_figures
from services.ledger.entries import LogMessage, OutcomeEntry, UpdateEntry

EntryT = TypeVar("EntryT")
FigureChange = tuple[str, str, str, str, int, bytes | None, object]
"""status, incident_id, unit, key, version, figure or None where it left, published_at"""

_figures = msgspec.json.Decoder(dict[str, msgspec.Raw])


class Published(msgspec.Struct, frozen=True):
    """A unit's newest figures and their version."""

    version: int
    figures: dict[str, bytes]


def figures_of(stored: bytes) -> dict[str, bytes]:
    """The figures of a stored JSON object, each as its bytes."""
    return {key: bytes(figure) for key, figure in _figures.decode(stored).items()}


def joined(figures: dict[str, bytes]) -> bytes:
    """The JSON object of figures; the inverse of `figures_of`."""
    return msgspec.json.encode({key: msgspec.Raw(figure) for key, figure in figures.items()})


def of_updates(
    entries: Iterable[UpdateEntry], known: dict[tuple[str, str, str], Published]
) -> tuple[list[UpdateEntry], list[FigureChange]]:
    """The newest update of each unit and every change of a figure. `known`: what is stored now.

    A version that is not higher than the one before it is a repeat or a stale owner's late message: no change.
    """
    known = dict(known)
    newest: dict[tuple[str, str, str], UpdateEntry] = {}
    changes: list[FigureChange] = []
    for entry in entries:
        before = known.get(entry.key, Published(-1, {}))
        if entry.version <= before.version:
            continue
        changes += [
            (*entry.key, key, entry.version, figure, entry.message.appended_at)
            for key, figure in changed_figures(before.figures, entry.figures)
        ]
        known[entry.key] = Published(entry.version, entry.figures)
        newest[entry.key] = entry
    return [newest[key] for key in sorted(newest)], changes


OutcomeState = tuple[int, str, str, tuple[str, ...], str]
"""version, incident_id, disposition, flags, standing"""


def of_outcomes(
    entries: Iterable[OutcomeEntry], known: dict[str, OutcomeState]
) -> tuple[list[OutcomeEntry], list[OutcomeEntry]]:
    """The newest outcome of each record, and every one that says something else than the one before it."""
    known = dict(known)
    newest: dict[str, OutcomeEntry] = {}
    changes: list[OutcomeEntry] = []
    for entry in entries:
        outcome = entry.outcome
        before = known.get(outcome.record_id)
        if before is not None and outcome.version <= before[0]:
            continue
        state = (
            outcome.version,
            outcome.incident_id,
            outcome.disposition,
            tuple(outcome.flags),
            outcome.standing,
        )
        if before is None or state[1:] != before[1:]:
            changes.append(entry)
        known[outcome.record_id] = state
        newest[outcome.record_id] = entry
    return [newest[record_id] for record_id in sorted(newest)], changes


def newest_of(
    entries: Iterable[EntryT], key: Callable[[EntryT], Hashable], version: Callable[[EntryT], int]
) -> list[EntryT]:
    """The entry of highest version of each key; of equal versions the first."""
    newest: dict[Hashable, EntryT] = {}
    for entry in entries:
        held = newest.get(key(entry))
        if held is None or version(entry) > version(held):
            newest[key(entry)] = entry
    return list(newest.values())


def place(message: LogMessage) -> tuple[object, int, int]:
    """When and where a version was published: append time, partition, offset."""
    return message.appended_at, message.partition, message.offset
