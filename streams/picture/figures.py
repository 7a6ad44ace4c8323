"""Figures as they are published: totals with their marks and alternatives (records.md 4, Marks)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Literal, NamedTuple

from schemas.numbers import shown
from schemas.outputs import Alternative, Figure
from streams.picture.beside import SideEntry
from streams.picture.judged import CellId, Judged
from streams.picture.reigns import Statement, current
from streams.picture.stamped import EPOCH
from streams.picture.state import IncidentState
from streams.picture.totals import MOST_RECORDS, Total, Totals, as_qualifier

BEIJING = timezone(timedelta(hours=8))
MOST_ALTERNATIVES = 50
"""Newest first."""


def moment(micros: int) -> datetime:
    """µs since 1970 as a moment in Beijing time."""
    return (EPOCH + timedelta(microseconds=micros)).astimezone(BEIJING)


def figure(state: IncidentState, totals: Totals, cell_id: CellId) -> Figure | None:
    """The figure of one unit and key; None where it shows none."""
    total = totals.total(*cell_id)
    if total is None:
        return None
    own = totals.own.get(cell_id)
    value = shown(total.value)
    assert value is not None
    records = sorted(own.records, key=Judged.place, reverse=True)[:MOST_RECORDS] if own else []
    return Figure(
        total=value,
        own=shown(own.value) if own else None,
        qualifier=total.qualifier,
        newest_as_of=moment(total.newest),
        oldest_as_of=moment(total.oldest),
        status=total.status,
        parts=total.parts,
        own_sources=tuple(dict.fromkeys(judged.stamped.record.source.org for judged in records)),
        own_record_ids=tuple(judged.record_id for judged in records),
        alternatives=alternatives(state, total, cell_id),
    )


def alternatives(state: IncidentState, total: Total | None, cell_id: CellId) -> tuple[Alternative, ...]:
    """Clues, village components and held values of a unit's own cell, newest first."""
    words = list(_words(state, cell_id))
    if not words:
        return ()
    words.sort(key=lambda word: word[:3], reverse=True)
    return tuple(_alternative(word, total) for word in words[:MOST_ALTERNATIVES])


class Word(NamedTuple):
    """What stands beside a figure; as_of in µs."""

    as_of: int
    record_id: str
    unit: str
    kind: Literal["clue", "component", "held"]
    root: Judged
    value: Decimal
    qualifier: str


def _words(state: IncidentState, cell_id: CellId) -> Iterator[Word]:
    unit, key = cell_id
    for entry in state.beside.clues(cell_id):
        yield _word("clue", unit, entry)
    for village, entry in state.beside.components(cell_id):
        yield _word("component", village, entry)
    cell = state.cells.get(unit, key)
    for stated in cell.held.values() if cell else ():
        said = current(stated)
        if said is not None and said.is_held():
            yield _word("held", unit, said.value)


def _word(kind: Literal["clue", "component", "held"], unit: str, said: SideEntry | Statement) -> Word:
    assert said.value is not None
    return Word(said.root.stamped.as_of, said.by.record_id, unit, kind, said.root, said.value, said.qualifier)


def _alternative(word: Word, total: Total | None) -> Alternative:
    source = word.root.stamped.record.source
    rounded = shown(word.value)
    assert rounded is not None
    is_part = word.kind == "component"
    return Alternative(
        kind=word.kind,
        unit=word.unit,
        value=rounded,
        difference=None if total is None or is_part else shown(word.value - total.value),
        org=source.org,
        class_=source.class_,
        level=source.level,
        as_of=moment(word.as_of),
        record_id=word.record_id,
        qualifier=as_qualifier(word.qualifier),
    )
