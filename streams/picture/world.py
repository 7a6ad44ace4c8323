"""All records of one status: who has which id, which incidents are one, and the fold of each (records.md 1, R14)."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Iterator

from schemas.outputs import Disposition
from schemas.records import Correction, IncidentMerge
from streams.picture.incident import IncidentFold
from streams.picture.merges import AliasGraph
from streams.picture.stamped import Order, Stamped


class StatusWorld:
    """The records of one status, by incident, in canonical order. `settle` answers which folds have moved."""

    def __init__(self) -> None:
        self._records: dict[str, Stamped] = {}
        self._by_incident: dict[str, list[Stamped]] = {}
        self._graph = AliasGraph()
        self._folds: dict[str, IncidentFold] = {}
        self._onward: dict[str, list[Stamped]] = {}
        """Records that can simply take the next turn of their fold, by canonical incident."""
        self._anew: set[str] = set()
        """Canonical incidents that must be folded anew."""
        self._links_changed = False

    # What the folds may ask: streams.picture.state.World.

    def find(self, record_id: str) -> Stamped | None:
        """A record by its id."""
        return self._records.get(record_id)

    def canonical(self, incident_id: str) -> str:
        """The canonical incident (R14)."""
        return self._graph.canonical(incident_id)

    def merge_disposition(self, record_id: str) -> Disposition:
        """How a merge is judged (R14)."""
        return self._graph.dispositions[record_id]

    def moved_before(self, stamped: Stamped) -> bool:
        """Whether its incident was merged away before its turn."""
        return self._graph.moved_before(stamped)

    # What the picture does.

    def add(self, stamped: Stamped) -> None:
        """A record new to this world."""
        self._records[stamped.record_id] = stamped
        insort(self._by_incident.setdefault(stamped.record.incident_id, []), stamped, key=_order)
        self._note(stamped)
        self._onward.setdefault(self.canonical(stamped.record.incident_id), []).append(stamped)

    def remove(self, stamped: Stamped) -> None:
        """Another content, or an earlier stamp, takes the place of this one."""
        del self._records[stamped.record_id]
        self._by_incident[stamped.record.incident_id].remove(stamped)
        self._note(stamped)
        self._anew.add(self.canonical(stamped.record.incident_id))

    def fold(self, incident_id: str) -> IncidentFold | None:
        """The fold of a canonical incident; None for one that has no record."""
        return self._folds.get(incident_id)

    def aliases(self, incident_id: str) -> tuple[str, ...]:
        """The incidents merged away into this canonical one, sorted."""
        return tuple(sorted(alias for alias in self._graph.in_force if self.canonical(alias) == incident_id))

    def settle(self) -> tuple[set[str], set[str]]:
        """Judge what was added; answers (incidents folded anew, incidents folded onward), both canonical ids."""
        if self._links_changed:
            self._read_merges()
        onward: dict[str, list[Stamped]] = {}
        for records in self._onward.values():
            for stamped in records:
                if self._records.get(stamped.record_id) is stamped:
                    onward.setdefault(self.canonical(stamped.record.incident_id), []).append(stamped)
        self._onward = {}
        for incident_id, records in onward.items():
            fold = self._folds.get(incident_id)
            if fold is None or any(stamped.order <= fold.last for stamped in records):
                self._anew.add(incident_id)
        anew, self._anew = self._anew, set()
        for incident_id in anew:
            self._fold_anew(incident_id)
        advanced = onward.keys() - anew
        for incident_id in advanced:
            _advance(self._folds[incident_id], sorted(onward[incident_id], key=_order))
        return anew, set(advanced)

    def _note(self, stamped: Stamped) -> None:
        """Other incidents' folds may have looked for this record, and merges may hang on it."""
        for incident_id, fold in self._folds.items():
            if stamped.record_id in fold.state.foreign:
                self._anew.add(incident_id)
        if isinstance(stamped.record, IncidentMerge) or (
            isinstance(stamped.record, Correction) and self._leads_to_merge(stamped.record)
        ):
            self._links_changed = True

    def _leads_to_merge(self, correction: Correction) -> bool:
        seen: set[str] = set()
        base_id = correction.supersedes
        while base_id not in seen:
            seen.add(base_id)
            base = self._records.get(base_id)
            if base is None or not isinstance(base.record, Correction):
                return base is not None and isinstance(base.record, IncidentMerge)
            base_id = base.record.supersedes
        return False

    def _read_merges(self) -> None:
        """Read the alias graph from the whole set, and fold anew whatever a merge names."""
        self._links_changed = False
        merges = [stamped for stamped in self._records.values() if isinstance(stamped.record, IncidentMerge)]
        corrections: dict[str, list[Stamped]] = {}
        for stamped in self._records.values():
            if isinstance(stamped.record, Correction):
                corrections.setdefault(stamped.record.supersedes, []).append(stamped)
        before, self._graph = self._graph, AliasGraph(merges, corrections)
        if self._graph.same_as(before):
            return
        for incident_id in {*_named(merges), *before.in_force}:
            self._anew.add(incident_id)
            self._anew.add(before.canonical(incident_id))
            self._anew.add(self._graph.canonical(incident_id))

    def _fold_anew(self, incident_id: str) -> None:
        self._folds.pop(incident_id, None)
        if self.canonical(incident_id) != incident_id:
            return
        records = [
            stamped
            for filed_under in (incident_id, *self.aliases(incident_id))
            for stamped in self._by_incident.get(filed_under, ())
        ]
        if not records:
            return
        fold = self._folds[incident_id] = IncidentFold(incident_id, self)
        _advance(fold, sorted(records, key=_order))


class UnjudgeableError(Exception):
    """A rule stumbled over a record: a fault of ours, not of the record's shape. `stamped` is the record."""

    def __init__(self, stamped: Stamped) -> None:
        super().__init__(f"record {stamped.record_id} cannot be judged")
        self.stamped = stamped


def _advance(fold: IncidentFold, records: Iterable[Stamped]) -> None:
    stamped = None
    try:
        for stamped in records:
            fold.take(stamped)
        fold.finish()
    except Exception as error:
        if stamped is None:
            raise
        raise UnjudgeableError(stamped) from error


def _order(stamped: Stamped) -> Order:
    return stamped.order


def _named(merges: list[Stamped]) -> Iterator[str]:
    for stamped in merges:
        assert isinstance(stamped.record, IncidentMerge)
        yield stamped.record.from_
        yield stamped.record.into
