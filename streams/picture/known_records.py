"""The records of one status as every picture knows them: who merges with whom, and what a snapshot depends on."""

from __future__ import annotations

from collections.abc import Iterable

from schemas.outputs import Disposition
from schemas.records import Correction, IncidentMerge, Status
from streams.picture.incident import IncidentFold
from streams.picture.marks import Mark, identity
from streams.picture.merges import AliasGraph
from streams.picture.register import Entry, Register
from streams.picture.stamped import Stamped
from streams.picture.state import Elsewhere


class KnownRecords:
    """The register, the merges and corrections of one status, and the alias graph that they make (R14)."""

    def __init__(self, status: Status, register: Register) -> None:
        self.status = status
        self._register = register
        self._dockets = register.dockets(status)
        self._merges: dict[str, Stamped] = {}
        self._corrections: dict[str, dict[str, Stamped]] = {}
        """record_id → the corrections that supersede it directly."""
        self._graph = AliasGraph()

    # What the folds may ask: streams.picture.state.World.

    def find(self, record_id: str) -> Elsewhere | None:
        """A record by its id."""
        entry = self._register.entries.get(record_id)
        if entry is None or self._register.docket_of(entry).status != self.status:
            return None
        record = entry.record if isinstance(entry, Stamped) else None
        links = record if isinstance(record, Correction | IncidentMerge) else None
        return Elsewhere(record_id, (entry.stamp, record_id), links)

    def merge_disposition(self, record_id: str) -> Disposition:
        """How a merge is judged (R14)."""
        return self._graph.dispositions[record_id]

    def moved_before(self, stamped: Stamped) -> bool:
        """Whether its incident was merged away before its turn."""
        return self._graph.moved_before(stamped)

    def canonical(self, incident_id: str) -> str:
        """The canonical incident (R14)."""
        return self._graph.canonical(incident_id)

    def aliases(self, incident_id: str) -> tuple[str, ...]:
        """The incidents merged away into this canonical one, sorted."""
        return self._graph.members(incident_id)

    def _all_ids(self, canonical_id: str) -> tuple[str, ...]:
        return canonical_id, *self._graph.members(canonical_id)

    def _link(self, stamped: Stamped) -> None:
        record = stamped.record
        if isinstance(record, IncidentMerge):
            self._merges[record.record_id] = stamped
        if isinstance(record, Correction):
            self._corrections.setdefault(record.supersedes, {})[record.record_id] = stamped

    def _leads_to_merge(self, correction: Correction) -> bool:
        seen: set[str] = set()
        base_id = correction.supersedes
        while base_id not in seen:
            seen.add(base_id)
            base = self.find(base_id)
            if base is None or not isinstance(base.record, Correction):
                return base is not None and isinstance(base.record, IncidentMerge)
            base_id = base.record.supersedes
        return False

    # What a snapshot depends on (marks.py).

    def _mark_of(self, fold: IncidentFold) -> Mark:
        """Where a settled fold is now."""
        incident_id = fold.state.incident_id
        judged, elsewhere = fold.state.judged, fold.state.elsewhere - fold.state.judged.keys()
        merges = {
            record_id: self._graph.dispositions[record_id]
            for record_id in self._merges
            if record_id in judged or record_id in elsewhere
        }
        return Mark(
            status=self.status,
            incident_id=incident_id,
            filed=self._filed(incident_id),
            merged_by=self._merged_by(incident_id),
            merges=merges,
            links=self._links(incident_id, merges),
            elsewhere={record_id: self._found(record_id) for record_id in elsewhere},
            records=len(fold),
            newest=fold.newest_stamp,
            closed=fold.head.closed,
            next_due=fold.attention.next_due(),
        )

    def _fits(self, mark: Mark) -> bool:
        """Whether everything that a snapshot depends on is as it was."""
        incident_id = mark.incident_id
        return (
            self.canonical(incident_id) == incident_id
            and mark.filed == self._filed(incident_id)
            and mark.merged_by == self._merged_by(incident_id)
            and mark.links == self._links(incident_id, mark.merges)
            and all(self._found(one) == found for one, found in mark.elsewhere.items())
        )

    def _links(self, incident_id: str, merges: Iterable[str]) -> list[bytes]:
        near = (self._merges.get(record_id) for record_id in sorted(merges))
        return [
            self._graph.links(incident_id),
            *(self._graph.links(merge.record.incident_id) if merge else b"" for merge in near),
        ]

    def _filed(self, incident_id: str) -> dict[str, bytes]:
        dockets = (
            (filed_under, self._dockets.get(filed_under)) for filed_under in self._all_ids(incident_id)
        )
        return {filed_under: docket.sum_bytes if docket else b"" for filed_under, docket in dockets}

    def _merged_by(self, incident_id: str) -> dict[str, bytes]:
        found = ((alias, identity(self._graph.in_force[alias])) for alias in self._graph.members(incident_id))
        return {alias: merge for alias, merge in found if merge is not None}

    def _found(self, record_id: str) -> bytes | None:
        entry = self._register.entries.get(record_id)
        here = entry is not None and self._register.docket_of(entry).status == self.status
        return identity(entry) if here else None

    def _counts_in(self, entry: Entry, incident_id: str) -> bool:
        docket = self._register.docket_of(entry)
        return docket.status == self.status and self.canonical(docket.incident_id) == incident_id
