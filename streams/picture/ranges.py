"""How far the sources of one figure lie apart, and what its villages say beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

from msgspec import UNSET, UnsetType

from schemas.numbers import shown
from schemas.outputs import Components, FigureRange, SourceValue
from streams.picture.beside import SideEntry
from streams.picture.judged import CellId, Judged
from streams.picture.state import IncidentState
from streams.picture.times import moment
from streams.picture.totals import Own, Total


class SourceWord(NamedTuple):
    """One source's word: the unit's total by it; as_of in µs. `root` None: a sum that nobody states."""

    value: Decimal
    as_of: int
    record_id: str
    root: Judged | None


def total_by(stated: Decimal, total: Total, own: Own | None) -> Decimal:
    """The unit's total if this were its own value (R5)."""
    return total.value - (own.value if own else Decimal(0)) + stated


def range_of(
    state: IncidentState, cell_id: CellId, total: Total, own: Own | None, others: Iterable[SourceWord]
) -> FigureRange | UnsetType:
    """Of the figure as shown, the newest word kept of each other organisation, and `others`: clues and held values.

    Not set where nobody but those whose value is shown says anything.
    """
    words = [*others, *_kept(state, cell_id, total, own)]
    if not words:
        return UNSET
    words.append(_as_shown(total, own))
    return FigureRange(
        least=_end(min(words, key=lambda word: (word.value, -word.as_of, word.record_id))),
        greatest=_end(max(words, key=lambda word: (word.value, word.as_of, word.record_id))),
        sources=len(words),
    )


def _kept(state: IncidentState, cell_id: CellId, total: Total, own: Own | None) -> Iterator[SourceWord]:
    """What other organisations have said that was accepted and is not in force (R3)."""
    cell = state.cells.get(*cell_id)
    if cell is None or own is None or cell.offices.is_only(own.records[0].stamped.record.source.org):
        return
    orgs = {judged.stamped.record.source.org for judged in own.records}
    in_force = cell.statement
    if in_force is not None and in_force.by in own.records:
        orgs.add(in_force.root.stamped.record.source.org)
    for org in cell.offices.others(orgs):
        said = cell.newest_of(org)
        if said is not None and said.value is not None:
            yield SourceWord(total_by(said.value, total, own), said.rank[0], said.by.record_id, said.root)


def _as_shown(total: Total, own: Own | None) -> SourceWord:
    if own is None or total.parts > 1:
        return SourceWord(total.value, total.newest, "", None)
    newest = max(own.records, key=Judged.place)
    return SourceWord(total.value, total.newest, newest.record_id, newest)


def _end(word: SourceWord) -> SourceValue:
    value = shown(word.value)
    assert value is not None
    source = word.root.stamped.record.source if word.root else None
    return SourceValue(
        value=value,
        org=source.org if source else None,
        class_=source.class_ if source else None,
        as_of=moment(word.as_of),
        record_id=word.record_id or None,
    )


def components_of(villages: Sequence[SideEntry]) -> Components | UnsetType:
    """The sum of the newest word of each village; not set without any."""
    if not villages:
        return UNSET
    total = shown(sum((entry.value for entry in villages if entry.value is not None), Decimal(0)))
    assert total is not None
    times = [entry.root.stamped.as_of for entry in villages]
    return Components(
        total=total,
        villages=len(villages),
        newest_as_of=moment(max(times)),
        oldest_as_of=moment(min(times)),
    )
