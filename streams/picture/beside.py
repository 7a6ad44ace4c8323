"""R2: what is shown beside the figures and never summed: clues, other classes' reports, village components."""

from __future__ import annotations

from bisect import bisect_left, insort
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
"""root → what it and its corrections said, oldest first; see `latest`."""


def latest(said: list[tuple[Moment, SideEntry]]) -> SideEntry:
    """What a root says now: the last of its words that no review returned (R18), the last of all where each was."""
    return next((entry for _, entry in reversed(said) if not entry.by.is_returned()), said[-1][1])


class Speaker:
    """What one organisation, or of components one village, has said beside a cell."""

    __slots__ = ("_by_as_of", "words")

    def __init__(self) -> None:
        self.words: Words = {}
        self._by_as_of: list[Judged] = []

    def put(self, moment: Moment, entry: SideEntry) -> None:
        """A word begins to lie here."""
        said = self.words.get(entry.root)
        if said is None:
            said = self.words[entry.root] = []
            insort(self._by_as_of, entry.root, key=_as_of)
        insort(said, (moment, entry), key=_moment)

    def take_back(self, moment: Moment, entry: SideEntry) -> None:
        """It does not, after all."""
        said = self.words[entry.root]
        said.remove((moment, entry))
        if not said:
            del self.words[entry.root]
            place = bisect_left(self._by_as_of, entry.root.stamped.as_of, key=_as_of)
            while self._by_as_of[place] is not entry.root:
                place += 1
            del self._by_as_of[place]

    def newest(self) -> SideEntry | None:
        """The newest word that is shown: greatest as_of, then last in the order. Older ones are not looked at."""
        best: SideEntry | None = None
        for root in reversed(self._by_as_of):
            if best is not None and root.stamped.as_of < best.root.stamped.as_of:
                break
            entry = latest(self.words[root])
            if entry.is_shown and (best is None or root.place() > best.root.place()):
                best = entry
        return best


Speakers = dict[CellId, dict[str, Speaker]]


class SideTable:
    """A lane of alternatives by cell. `changed` collects the cells whose alternatives may have changed."""

    def __init__(self) -> None:
        self._clues: Speakers = {}
        """By organisation."""
        self._components: Speakers = {}
        """By village."""
        self._keys: dict[str, dict[str, int]] = {}
        self.changed: set[CellId] = set()

    def put(self, place: Place, entry: SideEntry, step: Step) -> None:
        """An entry begins to lie here."""
        cell_id, village = place
        table, who = self._speaker(village, entry)
        speakers = table.setdefault(cell_id, {})
        if who not in speakers:
            speakers[who] = Speaker()
        speakers[who].put(step.moment, entry)
        keys = self._keys.setdefault(cell_id[0], {})
        keys[cell_id[1]] = keys.get(cell_id[1], 0) + 1
        self.changed.add(cell_id)

    def take_back(self, place: Place, entry: SideEntry, step: Step) -> None:
        """It does not, after all."""
        cell_id, village = place
        table, who = self._speaker(village, entry)
        speakers = table[cell_id]
        speakers[who].take_back(step.moment, entry)
        if not speakers[who].words:
            del speakers[who]
            if not speakers:
                del table[cell_id]
        keys = self._keys[cell_id[0]]
        keys[cell_id[1]] -= 1
        if not keys[cell_id[1]]:
            del keys[cell_id[1]]
        self.changed.add(cell_id)

    def _speaker(self, village: str | None, entry: SideEntry) -> tuple[Speakers, str]:
        if village is None:
            return self._clues, entry.root.stamped.record.source.org
        return self._components, village

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

    def words(self, cell_id: CellId, village: str | None) -> Words:
        """All that was ever said beside a cell, or (of its components) by one village."""
        if village is None:
            said: Words = {}
            for speaker in self._clues.get(cell_id, {}).values():
                said |= speaker.words
            return said
        speaker_or_none = self._components.get(cell_id, {}).get(village)
        return speaker_or_none.words if speaker_or_none else {}

    def has_clues(self, cell_id: CellId) -> bool:
        """Whether anybody has ever said something of a cell beside the figures."""
        return cell_id in self._clues

    def clues(self, cell_id: CellId) -> Iterator[SideEntry]:
        """The newest word of each organisation on a cell."""
        for speaker in self._clues.get(cell_id, {}).values():
            entry = speaker.newest()
            if entry is not None:
                yield entry

    def components(self, cell_id: CellId) -> Iterator[tuple[str, SideEntry]]:
        """(village, its newest word) for a township's cell."""
        for village, speaker in self._components.get(cell_id, {}).items():
            entry = speaker.newest()
            if entry is not None:
                yield village, entry


def _as_of(root: Judged) -> int:
    return root.stamped.as_of


def _moment(said: tuple[Moment, SideEntry]) -> Moment:
    return said[0]
