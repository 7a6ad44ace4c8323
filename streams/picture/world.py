"""All records of one status: who has which id, which incidents are one, and the fold of each (records.md 1, R14)."""

from __future__ import annotations

from schemas.outputs import Disposition
from schemas.records import Correction, IncidentMerge
from streams.picture.incident import IncidentFold
from streams.picture.merges import AliasGraph
from streams.picture.stamped import Stamped


class StatusWorld:
    """The records of one status by incident. `settle` answers of which incidents something else may be shown."""

    def __init__(self) -> None:
        self._records: dict[str, Stamped] = {}
        self._by_incident: dict[str, dict[str, Stamped]] = {}
        self._merges: dict[str, Stamped] = {}
        self._corrections: dict[str, dict[str, Stamped]] = {}
        """record_id → the corrections that supersede it directly."""
        self._graph = AliasGraph()
        self._folds: dict[str, IncidentFold] = {}
        self._new: list[Stamped] = []
        """Records that no fold has yet."""
        self._watchers: dict[str, set[str]] = {}
        """record_id → the incidents whose folds have looked for it elsewhere."""
        self._touched: set[str] = set()
        """Incidents whose folds are to be settled."""
        self._remade: set[str] = set()
        """Incidents whose fold came or went, or whose aliases changed."""
        self._links_changed = False

    # What the folds may ask: streams.picture.state.World.

    def find(self, record_id: str) -> Stamped | None:
        """A record by its id."""
        return self._records.get(record_id)

    def merge_disposition(self, record_id: str) -> Disposition:
        """How a merge is judged (R14)."""
        return self._graph.dispositions[record_id]

    def moved_before(self, stamped: Stamped) -> bool:
        """Whether its incident was merged away before its turn."""
        return self._graph.moved_before(stamped)

    def watch(self, record_id: str, incident_id: str) -> None:
        """A fold has looked for a record that is none of its own."""
        self._watchers.setdefault(record_id, set()).add(incident_id)

    # What the picture does.

    def canonical(self, incident_id: str) -> str:
        """The canonical incident (R14)."""
        return self._graph.canonical(incident_id)

    def add(self, stamped: Stamped) -> None:
        """A record new to this world."""
        record, record_id = stamped.record, stamped.record_id
        self._records[record_id] = stamped
        self._by_incident.setdefault(record.incident_id, {})[record_id] = stamped
        if isinstance(record, IncidentMerge):
            self._merges[record_id] = stamped
        if isinstance(record, Correction):
            self._corrections.setdefault(record.supersedes, {})[record_id] = stamped
        self._new.append(stamped)
        self._note(stamped)

    def remove(self, stamped: Stamped) -> None:
        """Another content, or an earlier stamp, takes the place of this one."""
        record, record_id = stamped.record, stamped.record_id
        self._note(stamped)
        del self._records[record_id]
        del self._by_incident[record.incident_id][record_id]
        self._merges.pop(record_id, None)
        if isinstance(record, Correction):
            del self._corrections[record.supersedes][record_id]
        self._take_from_fold(stamped, self.canonical(record.incident_id))

    def fold(self, incident_id: str) -> IncidentFold | None:
        """The fold of a canonical incident; None for one that has no record."""
        return self._folds.get(incident_id)

    def aliases(self, incident_id: str) -> tuple[str, ...]:
        """The incidents merged away into this canonical one, sorted."""
        return tuple(sorted(alias for alias in self._graph.in_force if self.canonical(alias) == incident_id))

    def settle(self) -> tuple[set[str], set[str]]:
        """Judge what was added; answers (incidents to be compared wholly, incidents of which only a part moved)."""
        if self._links_changed:
            self._read_merges()
        for stamped in self._new:
            if self._records.get(stamped.record_id) is stamped:
                self._put_into_fold(stamped)
        self._new = []
        for incident_id in self._touched:
            fold = self._folds.get(incident_id)
            if fold is not None and len(fold) == 0:
                del self._folds[incident_id]
                self._remade.add(incident_id)
            elif fold is not None:
                fold.settle()
        remade, moved = self._remade, self._touched - self._remade
        self._touched, self._remade = set(), set()
        return remade, moved

    def _put_into_fold(self, stamped: Stamped) -> None:
        incident_id = self.canonical(stamped.record.incident_id)
        fold = self._folds.get(incident_id)
        if fold is None:
            fold = self._folds[incident_id] = IncidentFold(incident_id, self)
            self._remade.add(incident_id)
        fold.add(stamped)
        self._touched.add(incident_id)

    def _take_from_fold(self, stamped: Stamped, incident_id: str) -> None:
        fold = self._folds.get(incident_id)
        if fold is not None and fold.has(stamped):
            fold.remove(stamped)
            self._touched.add(incident_id)

    def _note(self, stamped: Stamped) -> None:
        """A record comes or goes: other incidents' folds may have looked for it, and merges may hang on it."""
        self._stir_elsewhere(stamped.record_id)
        if isinstance(stamped.record, IncidentMerge) or (
            isinstance(stamped.record, Correction) and self._leads_to_merge(stamped.record)
        ):
            self._links_changed = True

    def _stir_elsewhere(self, record_id: str) -> None:
        for incident_id in self._watchers.get(record_id, ()):
            fold = self._folds.get(incident_id)
            if fold is not None:
                fold.stir_readers(record_id)
                self._touched.add(incident_id)

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
        """Read the alias graph from the whole set; the records of incidents that moved go to another fold."""
        self._links_changed = False
        before = self._graph
        self._graph = AliasGraph(
            self._merges.values(), {base: list(by.values()) for base, by in self._corrections.items()}
        )
        if self._graph.same_as(before):
            return
        for incident_id in {*before.in_force, *self._graph.in_force}:
            self._move(incident_id, before)
        for record_id, merge in self._merges.items():
            if self._graph.dispositions[record_id] != before.dispositions.get(record_id):
                self._judge_again(merge)

    def _move(self, incident_id: str, before: AliasGraph) -> None:
        """An incident whose merge came, went or changed: its records change folds, or only the flag incident_alias."""
        old, new = before.canonical(incident_id), self._graph.canonical(incident_id)
        records = self._by_incident.get(incident_id, {}).values()
        if old == new:
            if self._graph.in_force[incident_id] is not before.in_force[incident_id]:
                for stamped in records:
                    self._judge_again(stamped)
            return
        self._remade |= {incident_id, old, new}
        self._touched |= {old, new}
        for stamped in records:
            fold = self._folds.get(old)
            if fold is not None and fold.has(stamped):
                fold.remove(stamped)
                self._new.append(stamped)
                self._stir_elsewhere(stamped.record_id)

    def _judge_again(self, stamped: Stamped) -> None:
        """Something outside of its incident has changed for a record, and for those that look at it."""
        incident_id = self.canonical(stamped.record.incident_id)
        fold = self._folds.get(incident_id)
        if fold is not None and fold.has(stamped):
            fold.judge_again(stamped.record_id)
            fold.stir_readers(stamped.record_id)
            self._touched.add(incident_id)
        self._stir_elsewhere(stamped.record_id)
