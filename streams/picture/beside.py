"""R2: what is shown beside the figures and never summed: clues, other classes' reports, village components."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from streams.picture.conversion import Stated
from streams.picture.judged import CellId, Judged
from streams.picture.units import parent


class SideEntry:
    """One root's word on a cell; `by` = the record that states it now."""

    __slots__ = ("by", "qualifier", "root", "value")

    def __init__(self, root: Judged, by: Judged, value: Decimal | None, qualifier: str) -> None:
        self.root, self.by, self.value, self.qualifier = root, by, value, qualifier

    @property
    def is_shown(self) -> bool:
        """It states a value and nobody returned it."""
        return self.value is not None and not self.by.is_returned and not self.root.is_returned


class SideTable:
    """Alternatives by cell. `changed` collects the cells whose alternatives may have changed."""

    def __init__(self) -> None:
        self._clues: dict[CellId, dict[str, SideEntry]] = {}
        self._components: dict[CellId, dict[str, dict[str, SideEntry]]] = {}
        self.changed: set[CellId] = set()

    def put(self, root: Judged, by: Judged, stated: Stated) -> None:
        """Show what `by` states, in place of what its root stated in those cells."""
        for row in stated.rows:
            for key, cell in row.cells.items():
                entry = SideEntry(root, by, cell.value, cell.qualifier)
                self._clues.setdefault((row.unit, key), {})[root.record_id] = entry
                self.changed.add((row.unit, key))
        self.put_components(root, by, stated)

    def put_components(self, root: Judged, by: Judged, stated: Stated) -> None:
        """Keep the village rows only: components of their townships."""
        for row in stated.villages:
            township = parent(row.unit) or row.unit
            for key, cell in row.cells.items():
                villages = self._components.setdefault((township, key), {})
                entry = SideEntry(root, by, cell.value, cell.qualifier)
                villages.setdefault(row.unit, {})[root.record_id] = entry
                self.changed.add((township, key))

    def touch(self, judged: Judged) -> None:
        """A record was returned or put back: its components may come or go."""
        for row in judged.stamped.stated.villages:
            township = parent(row.unit) or row.unit
            self.changed.update((township, key) for key in row.cells)

    def keys(self, unit: str) -> set[str]:
        """The keys for which something stands beside this unit."""
        return {key for cell_unit, key in (*self._clues, *self._components) if cell_unit == unit}

    def clues(self, cell_id: CellId) -> Iterator[SideEntry]:
        """The newest word of each organisation on a cell."""
        newest: dict[str, SideEntry] = {}
        for entry in self._clues.get(cell_id, {}).values():
            org = entry.root.stamped.record.source.org
            if entry.is_shown and (org not in newest or _age(entry) > _age(newest[org])):
                newest[org] = entry
        yield from newest.values()

    def components(self, cell_id: CellId) -> Iterator[tuple[str, SideEntry]]:
        """(village, its newest word) for a township's cell."""
        for village, entries in self._components.get(cell_id, {}).items():
            shown = [entry for entry in entries.values() if entry.is_shown]
            if shown:
                yield village, max(shown, key=_age)


def _age(entry: SideEntry) -> tuple[int, tuple[int, str]]:
    return entry.root.stamped.as_of, entry.root.place
