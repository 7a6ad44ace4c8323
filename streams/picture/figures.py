"""Figures as they are published: totals with their marks and alternatives (records.md 4, Marks)."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal, NamedTuple

from schemas.numbers import shown
from schemas.outputs import Alternative, Figure
from streams.picture.beside import SideEntry
from streams.picture.judged import CellId, Judged
from streams.picture.ranges import SourceWord, components_of, range_of, total_by
from streams.picture.reigns import Statement, current
from streams.picture.state import IncidentState
from streams.picture.times import moment
from streams.picture.totals import MOST_RECORDS, Own, Total, Totals, as_qualifier

MOST_ALTERNATIVES = 50
"""Newest first."""


def figure(state: IncidentState, totals: Totals, cell_id: CellId) -> Figure | None:
    """The figure of one unit and key; None where it shows none."""
    total = totals.total(*cell_id)
    if total is None:
        return None
    own = totals.own.get(cell_id)
    value = shown(total.value)
    assert value is not None
    records = sorted(own.records, key=Judged.place, reverse=True)[:MOST_RECORDS] if own else []
    clues, villages, held = _beside(state, cell_id)
    others = [_of_clue(entry) for entry in clues] + [_of_held(said, total, own) for said in held]
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
        alternatives=_alternatives(cell_id[0], total, clues, villages, held),
        range=range_of(state, cell_id, total, own, others),
        components=components_of([entry for _, entry in villages]),
    )


def alternatives(state: IncidentState, total: Total | None, cell_id: CellId) -> tuple[Alternative, ...]:
    """Clues, village components and held values of a unit's own cell, newest first."""
    return _alternatives(cell_id[0], total, *_beside(state, cell_id))


class Word(NamedTuple):
    """What stands beside a figure; as_of in µs."""

    as_of: int
    record_id: str
    unit: str
    kind: Literal["clue", "component", "held"]
    root: Judged
    value: Decimal
    qualifier: str


Clues = list[SideEntry]
Villages = list[tuple[str, SideEntry]]
Held = list[Statement]


def _beside(state: IncidentState, cell_id: CellId) -> tuple[Clues, Villages, Held]:
    """What is said of a cell beside what is in force."""
    held: Held = []
    if cell_id in state.cells.with_held:
        said = [current(entry) for entry in state.cells.cell(*cell_id).held.values()]
        held = [one.value for one in said if one is not None and one.is_held()]
    return list(state.beside.clues(cell_id)), list(state.beside.components(cell_id)), held


def _alternatives(
    unit: str, total: Total | None, clues: Clues, villages: Villages, held: Held
) -> tuple[Alternative, ...]:
    if not (clues or villages or held):
        return ()
    words = [_word("clue", unit, entry) for entry in clues]
    words += [_word("component", village, entry) for village, entry in villages]
    words += [_word("held", unit, statement) for statement in held]
    words.sort(key=lambda word: word[:3], reverse=True)
    return tuple(_alternative(word, total) for word in words[:MOST_ALTERNATIVES])


def _of_clue(entry: SideEntry) -> SourceWord:
    """R2: a clue states the total itself."""
    assert entry.value is not None
    return SourceWord(entry.value, entry.root.stamped.as_of, entry.by.record_id, entry.root)


def _of_held(said: Statement, total: Total, own: Own | None) -> SourceWord:
    assert said.value is not None
    stated = total_by(said.value, total, own)
    return SourceWord(stated, said.rank[0], said.by.record_id, said.root)


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
