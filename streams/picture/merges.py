"""R14: which incidents are one. Merges are read from the whole set first, in canonical order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from schemas.outputs import Disposition
from schemas.records import Correction, IncidentMerge
from streams.picture.stamped import Stamped
from streams.picture.thin import SUM_BITS, content_mark

CLOCK_TOLERANCE = 10 * 60 * 1_000_000
"""R17: ten minutes in µs."""


def clock_is_ahead(stamped: Stamped) -> bool:
    """R17: as_of or sent_at more than ten minutes after received_at."""
    return max(stamped.as_of, stamped.sent_at) > stamped.stamp + CLOCK_TOLERANCE


def is_official(stamped: Stamped) -> bool:
    """R2: from a reporting office."""
    return stamped.record.source.class_ == "official_stat"


def undoes(correction: Stamped, merge: IncidentMerge) -> bool:
    """Whether a correction that names the merge undoes it: R2 and R17 let it pass and it is filed at either end."""
    return (
        is_official(correction)
        and not correction.village_rows_only
        and not clock_is_ahead(correction)
        and correction.record.incident_id in (merge.from_, merge.into)
    )


class AliasGraph:
    """The merges of one status world: `in_force` maps a merged-away incident to the merge that moved it."""

    def __init__(
        self, merges: Iterable[Stamped] = (), corrections: Mapping[str, list[Stamped]] | None = None
    ) -> None:
        """`corrections` maps a record_id to the corrections that supersede it directly."""
        self.in_force: dict[str, Stamped] = {}
        self.dispositions: dict[str, Disposition] = {}
        merges = sorted(merges, key=lambda merge: merge.order)
        for stamped in merges:
            self.dispositions[stamped.record_id] = self._read(stamped, corrections or {})
        self._near = _Near(merges, corrections or {})
        self._members: dict[str, list[str]] = {}
        for alias in sorted(self.in_force):
            self._members.setdefault(self.canonical(alias), []).append(alias)

    def _read(self, stamped: Stamped, corrections: Mapping[str, list[Stamped]]) -> Disposition:
        merge = stamped.record
        assert isinstance(merge, IncidentMerge)
        if clock_is_ahead(stamped):
            return "held"
        if not is_official(stamped):
            return "refused"
        if any(undoes(correction, merge) for correction in _chain_below(stamped, corrections)):
            return "accepted"
        if merge.from_ in self.in_force or self.canonical(merge.into) == merge.from_:
            return "rejected"
        self.in_force[merge.from_] = stamped
        return "accepted"

    def canonical(self, incident_id: str) -> str:
        """The incident under which a record filed under `incident_id` counts."""
        while (merge := self.in_force.get(incident_id)) is not None:
            assert isinstance(merge.record, IncidentMerge)
            incident_id = merge.record.into
        return incident_id

    def members(self, canonical_id: str) -> tuple[str, ...]:
        """The incidents merged away into this canonical one, sorted."""
        return tuple(self._members.get(canonical_id, ()))

    def links(self, incident_id: str) -> bytes:
        """Differs whenever a record came that has a say in what this incident is merged with."""
        return self._near.content_sum(incident_id)

    def moved_before(self, stamped: Stamped) -> bool:
        """Flag incident_alias: its incident was merged away and its turn comes after that merge's."""
        merge = self.in_force.get(stamped.record.incident_id)
        return merge is not None and merge.order < stamped.order

    def same_as(self, other: AliasGraph) -> bool:
        """Whether both say the same of every merge."""
        return (
            self.dispositions == other.dispositions
            and self.in_force.keys() == other.in_force.keys()
            and all(
                (merge.order, merge.digest) == (other.in_force[key].order, other.in_force[key].digest)
                for key, merge in self.in_force.items()
            )
        )


class _Near:
    """Which incidents any merges, in force or not, connect, and what was said of these merges."""

    def __init__(self, merges: Iterable[Stamped], corrections: Mapping[str, list[Stamped]]) -> None:
        self._next: dict[str, str] = {}
        self._sums: dict[str, int] = {}
        for stamped in merges:
            merge = stamped.record
            assert isinstance(merge, IncidentMerge)
            one, other = self._root(merge.from_), self._root(merge.into)
            said = sum(content_mark(each) for each in (stamped, *_chain_below(stamped, corrections)))
            total = said + self._sums.pop(one, 0) + self._sums.pop(other, 0)
            self._next[one] = other
            self._sums[other] = total % (1 << SUM_BITS)

    def content_sum(self, incident_id: str) -> bytes:
        """The same for the same set of merges and corrections of them; empty where there is none."""
        total = self._sums.get(self._root(incident_id))
        return b"" if total is None else total.to_bytes(SUM_BITS // 8, "big")

    def _root(self, incident_id: str) -> str:
        while (further := self._next.get(incident_id, incident_id)) != incident_id:
            # Halving the way for whoever comes next.
            incident_id = self._next[incident_id] = self._next.get(further, further)
        return incident_id


def _chain_below(base: Stamped, corrections: Mapping[str, list[Stamped]]) -> Iterable[Stamped]:
    """All corrections whose chain leads to `base` (a correction of a correction is one of its root)."""
    seen = {base.record_id}
    pending = list(corrections.get(base.record_id, ()))
    while pending:
        correction = pending.pop()
        if correction.record_id in seen:
            continue
        seen.add(correction.record_id)
        assert isinstance(correction.record, Correction)
        yield correction
        pending += corrections.get(correction.record_id, ())
