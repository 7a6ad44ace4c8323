"""R2: what is shown beside the figures and never summed: clues, other classes' reports, village components."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from streams.picture.conversion import Stated
from streams.picture.judged import CellId, Judged
from streams.picture.moments import Moment
from streams.picture.steps import Step
from streams.picture.units import parent


class SideEntry(NamedTuple):
    """One root's word on a cell; `by` = the record that states it now."""

    root: Judged
    by: Judged
    value: Decimal | None
    qualifier: str

    @property
    def is_shown(self) -> bool:
        """It states a value and nobody returned it."""
        return self.value is not None and not self.by.is_returned() and not self.root.is_returned()


Place = tuple[CellId, str | None]
"""A cell and, for a component of a township, its village."""

Words = dict[Judged, list[tuple[Moment, SideEntry]]]
"""root → what it and its corrections said, oldest first; the last counts."""


class SideTable:
    """A lane of alternatives by cell. `changed` collects the cells whose alternatives may have changed."""

    def __init__(self) -> None:
        self._clues: dict[CellId, Words] = {}
        self._components: dict[CellId, dict[str, Words]] = {}
        self._keys: dict[str, dict[str, int]] = {}
        self.changed: set[CellId] = set()

    def put(self, place: Place, entry: SideEntry, step: Step) -> None:
        """An entry begins to lie here."""
        cell_id, village = place
        if village is None:
            words = self._clues.setdefault(cell_id, {})
        else:
            words = self._components.setdefault(cell_id, {}).setdefault(village, {})
        insort(words.setdefault(entry.root, []), (step.moment, entry), key=_moment)
        keys = self._keys.setdefault(cell_id[0], {})
        keys[cell_id[1]] = keys.get(cell_id[1], 0) + 1
        self.changed.add(cell_id)

    def take_back(self, place: Place, entry: SideEntry, step: Step) -> None:
        """It does not, after all."""
        cell_id, village = place
        words = self._clues[cell_id] if village is None else self._components[cell_id][village]
        words[entry.root].remove((step.moment, entry))
        if not words[entry.root]:
            del words[entry.root]
        keys = self._keys[cell_id[0]]
        keys[cell_id[1]] -= 1
        if not keys[cell_id[1]]:
            del keys[cell_id[1]]
        self.changed.add(cell_id)

    def show(self, step: Step, root: Judged, by: Judged, stated: Stated) -> None:
        """The step shows what `by` states, in place of what its root stated in those cells."""
        for row in stated.rows:
            for key, cell in row.cells.items():
                entry = SideEntry(root, by, cell.value, cell.qualifier)
                step.does(self, ((row.unit, key), None), entry)
        self.show_components(step, root, by, stated)

    def show_components(self, step: Step, root: Judged, by: Judged, stated: Stated) -> None:
        """The step shows the village rows only: components of their townships."""
        for row in stated.villages:
            township = parent(row.unit) or row.unit
            for key, cell in row.cells.items():
                entry = SideEntry(root, by, cell.value, cell.qualifier)
                step.does(self, ((township, key), row.unit), entry)

    def touch(self, judged: Judged) -> None:
        """A record was returned or put back: what it says beside the figures may come or go."""
        for row in judged.stamped.stated.rows:
            self.changed.update((row.unit, key) for key in row.cells if (row.unit, key) in self._clues)
        for row in judged.stamped.stated.villages:
            township = parent(row.unit) or row.unit
            self.changed.update((township, key) for key in row.cells)

    def keys(self, unit: str) -> set[str]:
        """The keys for which something stands beside this unit."""
        return set(self._keys.get(unit, ()))

    def clues(self, cell_id: CellId) -> Iterator[SideEntry]:
        """The newest word of each organisation on a cell."""
        newest: dict[str, SideEntry] = {}
        for entry in _last_words(self._clues.get(cell_id, {})):
            org = entry.root.stamped.record.source.org
            if entry.is_shown and (org not in newest or _age(entry) > _age(newest[org])):
                newest[org] = entry
        yield from newest.values()

    def components(self, cell_id: CellId) -> Iterator[tuple[str, SideEntry]]:
        """(village, its newest word) for a township's cell."""
        for village, words in self._components.get(cell_id, {}).items():
            shown = [entry for entry in _last_words(words) if entry.is_shown]
            if shown:
                yield village, max(shown, key=_age)


def _last_words(words: Words) -> Iterator[SideEntry]:
    return (said[-1][1] for said in words.values())


def _age(entry: SideEntry) -> tuple[int, tuple[int, str]]:
    return entry.root.stamped.as_of, entry.root.place()


def _moment(said: tuple[Moment, SideEntry]) -> Moment:
    return said[0]
