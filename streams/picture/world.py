"""All records of one status: which incidents are one, and the fold of each that is ours (records.md 1, R14).

An incident is ours while `owns` says so of its canonical id. Of ours the records are known in full and folded, of all
others only thin entries are kept, but merges and corrections: each picture knows the whole alias graph. One of ours may
be *at rest*: its records are thin, too, and its fold is gone, until something reaches it; then its records are *wanted*.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Literal

from schemas.records import Correction, IncidentMerge, Status
from streams.picture.incident import IncidentFold
from streams.picture.known_records import KnownRecords
from streams.picture.marks import Mark, identity
from streams.picture.merges import AliasGraph
from streams.picture.register import Entry, Register
from streams.picture.stamped import Origin, Stamped

Owns = Callable[[str], bool]
"""Whether a canonical incident is ours."""


class MissingRecordsError(Exception):
    """The picture cannot be settled before what `missing` names has been filled in."""


class StatusWorld(KnownRecords):
    """The records of one status by incident. `settle` answers of which incidents something else may be shown."""

    def __init__(self, status: Status, register: Register, owns: Owns) -> None:
        super().__init__(status, register)
        self._owns = owns
        self._ours: dict[str, bool] = {}
        """What `owns` has said so far."""
        self._folds: dict[str, IncidentFold] = {}
        self._arrived: list[Stamped] = []
        """Records that nobody has looked at yet."""
        self._new: list[Stamped] = []
        """Records of ours that no fold has yet."""
        self._at_rest: set[str] = set()
        """Canonical incidents of ours that are not in memory."""
        self._wanted: set[str] = set()
        """Incident ids all of whose records must be in a fold before anything is shown."""
        self._offered: dict[str, Mark] = {}
        """Canonical incident → its snapshot that could be had."""
        self._loading: dict[str, Mark] = {}
        """Of those that are wanted: the snapshot that is asked for."""
        self._unsure: set[str] = set()
        """Incidents that were gained and have changed since their snapshot: what others showed of them is not known."""
        self._watchers: dict[str, set[str]] = {}
        """record_id → the incidents whose folds have looked for it elsewhere."""
        self._touched: set[str] = set()
        """Incidents whose folds are to be settled."""
        self._remade: set[str] = set()
        """Incidents whose fold came or went, or whose aliases changed."""
        self._links_changed = False

    def watch(self, record_id: str, incident_id: str) -> None:
        """A fold has looked for a record that is none of its own."""
        self._watchers.setdefault(record_id, set()).add(incident_id)

    # What the picture does.

    def is_ours(self, canonical_id: str) -> bool:
        """Whether this picture folds a canonical incident."""
        ours = self._ours.get(canonical_id)
        if ours is None:
            ours = self._ours[canonical_id] = self._owns(canonical_id)
        return ours

    def add(self, stamped: Stamped) -> None:
        """A record new to this world."""
        record_id = stamped.record_id
        self._register.put(stamped)
        self._link(stamped)
        self._arrived.append(stamped)
        self._note(record_id, stamped)

    def restore(self, stamped: Stamped) -> None:
        """A merge or correction that is in the register already."""
        self._link(stamped)
        self._links_changed = True

    def remove(self, record_id: str) -> None:
        """Another content, or an earlier stamp, takes the place of this one."""
        entry = self._register.entries[record_id]
        self._note(record_id, entry)
        docket = self._register.remove(record_id)
        incident_id = self.canonical(docket.incident_id)
        if isinstance(entry, Stamped):
            self._merges.pop(record_id, None)
            if isinstance(entry.record, Correction):
                del self._corrections[entry.record.supersedes][record_id]
            self._take_from_fold(entry, incident_id)
        self._reach(incident_id)

    def fold(self, incident_id: str) -> IncidentFold | None:
        """The fold of a canonical incident; None for one that has no record, is not ours or is at rest."""
        return self._folds.get(incident_id)

    def folds(self) -> Iterable[tuple[str, IncidentFold]]:
        """(canonical incident, fold) of those in memory."""
        return self._folds.items()

    def sort_out(self) -> None:
        """Read the merges, and keep of what arrived as much as must be kept."""
        if self._links_changed:
            self._read_merges()
        arrived, self._arrived = self._arrived, []
        for stamped in arrived:
            if self._register.entries.get(stamped.record_id) is not stamped:
                continue
            incident_id = self.canonical(stamped.record.incident_id)
            if self.is_ours(incident_id):
                self._reach(incident_id)
                self._new.append(stamped)
            else:
                self._register.thin(stamped)

    def missing(self) -> Iterator[Origin]:
        """Where the deliveries lie that are needed in full before anything can be shown."""
        self.sort_out()
        for incident_id in self._wanted:
            if self.canonical(incident_id) in self._loading:
                continue
            for entry in self._register.missing(self._dockets.get(incident_id)):
                yield entry.origins[0]

    def fill(self, stamped: Stamped) -> None:
        """A delivery that is wanted in full; another one is ignored."""
        if stamped.record.incident_id in self._wanted:
            self._register.fill(stamped)

    def settle(self) -> tuple[set[str], set[str]]:
        """Judge what was added; answers (incidents to be compared wholly, incidents of which only a part moved)."""
        if any(True for _ in self.missing()) or self._loading:
            raise MissingRecordsError
        for incident_id in self._wanted:
            for stamped in self._register.full(self._dockets.get(incident_id)):
                self._put_into_fold(stamped)
        self._wanted.clear()
        for stamped in self._new:
            if self._register.entries.get(stamped.record_id) is stamped:
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

    # Who folds what.

    def assign(self, owns: Owns) -> list[Mark]:
        """Other incidents are ours now: those lost are thinned, those gained are wanted.

        But one whose snapshot was offered and fits is left at rest; answers these.
        """
        self.sort_out()
        canonical = {self.canonical(filed_under) for filed_under in self._dockets}
        before = {incident_id for incident_id in canonical if self.is_ours(incident_id)}
        self._owns, self._ours = owns, {}
        now = {incident_id for incident_id in canonical if self.is_ours(incident_id)}
        for incident_id in before - now:
            self._lose(incident_id)
        self._watchers = {
            record_id: ours
            for record_id, watching in self._watchers.items()
            if (ours := {incident_id for incident_id in watching if self.is_ours(incident_id)})
        }
        resting = []
        for incident_id in now - before:
            self._at_rest.add(incident_id)
            if self._has_fitting(incident_id):
                resting.append(self._offered[incident_id])
                for record_id in self._offered[incident_id].elsewhere:
                    self.watch(record_id, incident_id)
            else:
                if incident_id in self._offered:
                    self._unsure.add(incident_id)
                self._reach(incident_id)
        return resting

    def wake(self, incident_id: str) -> None:
        """Load an incident that is at rest."""
        self._reach(incident_id)

    def is_at_rest(self, incident_id: str) -> bool:
        """Whether a canonical incident is ours but not in memory."""
        return incident_id in self._at_rest

    def take_unsure(self, incident_id: str) -> bool:
        """Whether others may have shown something of an incident that its snapshot does not know of; asked once."""
        was = incident_id in self._unsure
        self._unsure.discard(incident_id)
        return was

    def release(self, incident_id: str) -> Literal["no", "rests", "has a snapshot"]:
        """An incident leaves memory if it is closed, or if its snapshot was offered and fits."""
        fold = self._folds.get(incident_id)
        if fold is None or self._is_unsettled() or not (fold.head.closed or self._has_fitting(incident_id)):
            return "no"
        dockets = [self._dockets.get(filed_under) for filed_under in self._all_ids(incident_id)]
        if not all(stamped.origins for docket in dockets for stamped in self._register.full(docket)):
            return "no"
        for docket in dockets:
            self._register.make_thin(docket)
        del self._folds[incident_id]
        self._at_rest.add(incident_id)
        if self._has_fitting(incident_id):
            return "has a snapshot"
        self._offered.pop(incident_id, None)
        return "rests"

    # Snapshots (marks.py).

    def mark(self, incident_id: str) -> Mark | None:
        """Where a canonical incident's fold is now; None where it is not in memory or something is to be settled."""
        fold = self._folds.get(incident_id)
        return None if fold is None or self._is_unsettled() else self._mark_of(fold)

    def offer(self, mark: Mark) -> None:
        """A snapshot of this incident could be had."""
        self._offered[mark.incident_id] = mark

    def wanted_snapshots(self) -> Iterable[Mark]:
        """Those that are asked for."""
        self.sort_out()
        return self._loading.values()

    def adopt(self, mark: Mark, fold: IncidentFold | None) -> bool:
        """A snapshot that was asked for, brought up to what is known now; without one, the records are missing."""
        incident_id = mark.incident_id
        if self._loading.get(incident_id) != mark:
            return False
        del self._loading[incident_id]
        if fold is None:
            return False
        for record_id, judged in list(fold.state.judged.items()):
            entry = self._register.entries.get(record_id)
            stamped = judged.stamped
            if (
                entry is None
                or identity(entry) != identity(stamped)
                or not self._counts_in(entry, incident_id)
            ):
                fold.remove(stamped)
            elif isinstance(entry, Stamped):
                judged.stamped = entry
            else:
                self._register.fill(stamped)
        self._stir(mark, fold)
        self._folds[incident_id] = fold
        self._touched.add(incident_id)
        return True

    def _has_fitting(self, incident_id: str) -> bool:
        mark = self._offered.get(incident_id)
        return mark is not None and self._fits(mark)

    def _stir(self, mark: Mark, fold: IncidentFold) -> None:
        """What lies outside of the incident may differ from what the snapshot saw."""
        for record_id in fold.state.elsewhere:
            self.watch(record_id, mark.incident_id)
            if record_id in self._merges or self._found(record_id) != mark.elsewhere.get(record_id):
                fold.stir_readers(record_id)
        merged_by = self._merged_by(mark.incident_id)
        moved = {one for one in mark.filed if merged_by.get(one) != mark.merged_by.get(one)}
        for record_id, judged in fold.state.judged.items():
            if (
                record_id in self._merges
                and mark.merges.get(record_id) != self._graph.dispositions.get(record_id)
            ) or (moved and judged.stamped.record.incident_id in moved):
                fold.judge_again(record_id)
                fold.stir_readers(record_id)

    def set_aside(self, stamped: Stamped) -> None:
        """A record that no rule can judge is none of this world's any more; the fold that it broke is made anew."""
        incident_id = self.canonical(stamped.record.incident_id)
        self._folds.pop(incident_id, None)
        self.remove(stamped.record_id)
        self._wanted.update(self._all_ids(incident_id))
        self._remade.add(incident_id)

    def _is_unsettled(self) -> bool:
        return bool(
            self._arrived or self._new or self._wanted or self._touched or self._remade or self._links_changed
        )

    def _reach(self, incident_id: str) -> IncidentFold | None:
        """Something reaches a canonical incident: one at rest is wanted. Answers its fold, if it has one."""
        if incident_id in self._at_rest:
            self._at_rest.discard(incident_id)
            if incident_id in self._offered:
                self._loading[incident_id] = self._offered.pop(incident_id)
            self._wanted.update(self._all_ids(incident_id))
            self._remade.update(self._all_ids(incident_id))
        return self._folds.get(incident_id)

    def _lose(self, incident_id: str) -> None:
        self._folds.pop(incident_id, None)
        for known in (self._offered, self._loading):
            known.pop(incident_id, None)
        for marked in (self._at_rest, self._unsure):
            marked.discard(incident_id)
        for filed_under in self._all_ids(incident_id):
            self._let_go(filed_under)
            self._touched.discard(filed_under)
            self._remade.discard(filed_under)

    def _let_go(self, filed_under: str) -> None:
        self._wanted.discard(filed_under)
        self._register.make_thin(self._dockets.get(filed_under))

    def _put_into_fold(self, stamped: Stamped) -> None:
        incident_id = self.canonical(stamped.record.incident_id)
        fold = self._folds.get(incident_id)
        if fold is None:
            if not self.is_ours(incident_id):
                return
            fold = self._folds[incident_id] = IncidentFold(incident_id, self)
            self._remade.add(incident_id)
        if not fold.has(stamped):
            fold.add(stamped)
            self._touched.add(incident_id)

    def _take_from_fold(self, stamped: Stamped, incident_id: str) -> bool:
        fold = self._folds.get(incident_id)
        if fold is None or not fold.has(stamped):
            return False
        fold.remove(stamped)
        self._touched.add(incident_id)
        return True

    def _note(self, record_id: str, entry: Entry) -> None:
        """A record comes or goes: other incidents' folds may have looked for it, and merges may hang on it."""
        self._stir_elsewhere(record_id)
        record = entry.record if isinstance(entry, Stamped) else None
        if isinstance(record, IncidentMerge) or (
            isinstance(record, Correction) and self._leads_to_merge(record)
        ):
            self._links_changed = True

    def _stir_elsewhere(self, record_id: str) -> None:
        for incident_id in self._watchers.get(record_id, ()):
            fold = self._reach(incident_id)
            if fold is not None:
                fold.stir_readers(record_id)
                self._touched.add(incident_id)

    def _read_merges(self) -> None:
        """Read the alias graph from the whole set; the records of incidents that moved go to another fold."""
        self._links_changed = False
        before = self._graph
        self._graph = AliasGraph(
            self._merges.values(), {base: list(by.values()) for base, by in self._corrections.items()}
        )
        if self._graph.same_as(before):
            return
        for filed_under in {*before.in_force, *self._graph.in_force}:
            self._move(filed_under, before)
        for record_id, merge in self._merges.items():
            if self._graph.dispositions[record_id] != before.dispositions.get(record_id):
                self._judge_again(merge)

    def _move(self, filed_under: str, before: AliasGraph) -> None:
        """An incident whose merge came, went or changed: its records change folds, or only the flag incident_alias."""
        old, new = before.canonical(filed_under), self._graph.canonical(filed_under)
        docket = self._dockets.get(filed_under)
        if old == new:
            if self._graph.in_force[filed_under] is not before.in_force[filed_under]:
                for _, entry in self._register.filed(docket):
                    self._judge_again(entry)
            return
        self._remade |= {filed_under, old, new}
        self._touched |= {old, new}
        self._reach(old)
        if old == filed_under:
            self._loading.pop(old, None)
            self._offered.pop(old, None)
        for stamped in self._register.full(docket):
            if self._take_from_fold(stamped, old):
                self._stir_elsewhere(stamped.record_id)
        if self.is_ours(new):
            self._reach(new)
            self._wanted.add(filed_under)
        else:
            self._let_go(filed_under)

    def _judge_again(self, entry: Entry) -> None:
        """Something outside of its incident has changed for a record, and for those that look at it."""
        incident_id = self.canonical(self._register.docket_of(entry).incident_id)
        fold = self._reach(incident_id)
        if isinstance(entry, Stamped):
            if fold is not None and fold.has(entry):
                fold.judge_again(entry.record_id)
                fold.stir_readers(entry.record_id)
                self._touched.add(incident_id)
            self._stir_elsewhere(entry.record_id)
