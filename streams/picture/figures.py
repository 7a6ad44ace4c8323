"""Figures as they are published: totals with their marks and alternatives (records.md 4, Marks)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Literal

from schemas.numbers import shown
from schemas.outputs import Alternative, Figure, Qualifier
from streams.picture.judged import CellId, Judged
from streams.picture.reigns import current
from streams.picture.stamped import EPOCH
from streams.picture.state import IncidentState
from streams.picture.totals import Total, Totals

BEIJING = timezone(timedelta(hours=8))
MOST_ALTERNATIVES = 50
MOST_RECORDS = 200
"""Newest first; a longer list would make a unit's row unreadable, and the journal has them all."""


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
    found = list(_alternatives(state, total, cell_id))
    found.sort(key=lambda item: (item.as_of, item.record_id, item.unit), reverse=True)
    return tuple(found[:MOST_ALTERNATIVES])


def _alternatives(state: IncidentState, total: Total | None, cell_id: CellId) -> Iterator[Alternative]:
    unit, key = cell_id
    for word in state.beside.clues(cell_id):
        assert word.value is not None
        yield _alternative("clue", unit, word.by, word.root, word.value, word.qualifier, total)
    for village, word in state.beside.components(cell_id):
        assert word.value is not None
        yield _alternative("component", village, word.by, word.root, word.value, word.qualifier, None)
    cell = state.cells.get(unit, key)
    for entry in cell.held.values() if cell else ():
        said = current(entry)
        if said is not None and said.is_held():
            held = said.value
            assert held.value is not None
            yield _alternative("held", unit, held.by, held.root, held.value, held.qualifier, total)


def _alternative(
    kind: Literal["clue", "component", "held"],
    unit: str,
    by: Judged,
    root: Judged,
    value: Decimal,
    qualifier: str,
    total: Total | None,
) -> Alternative:
    source = root.stamped.record.source
    exactness: Qualifier = (
        "about" if qualifier == "about" else "at_least" if qualifier == "at_least" else "exact"
    )
    rounded = shown(value)
    assert rounded is not None
    return Alternative(
        kind=kind,
        unit=unit,
        value=rounded,
        difference=None if total is None else shown(value - total.value),
        org=source.org,
        class_=source.class_,
        level=source.level,
        as_of=moment(root.stamped.as_of),
        record_id=by.record_id,
        qualifier=exactness,
    )
