"""The fold of one canonical incident: every record takes its turn in canonical order (records.md 4).

The turns are steps (`steps.py`): what comes late is judged in its place, and then only what that reaches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from schemas.outputs import Figure, Flag, IncidentHead, Outcome
from schemas.records import Clue as ClueRecord
from schemas.records import (
    Correction,
    Dispatch,
    EvacuationCount,
    IncidentClose,
    IncidentMerge,
    IncidentOpen,
    LossReport,
    Record,
    Review,
    SupplyMovement,
    Verification,
    ZeroReport,
)
from streams.picture.attention import Attention
from streams.picture.corrections import apply_correction, judge_correction
from streams.picture.documents import apply_cancel, document_key, is_cancel, judge_delta, recount
from streams.picture.figures import figure
from streams.picture.judged import Judged
from streams.picture.merges import clock_is_ahead
from streams.picture.moments import turn_of
from streams.picture.reports import judge_clue, judge_report
from streams.picture.reviews import apply_review, judge_review
from streams.picture.stamped import Order, Stamped
from streams.picture.standing import standing_of
from streams.picture.state import IncidentState, Verdict, World, content_of
from streams.picture.steps import Step, ended, replace
from streams.picture.totals import Totals
from streams.picture.units import NATION
from streams.picture.verification import judge_verification

NO_FLAGS: frozenset[Flag] = frozenset()

_FLAGS: dict[frozenset[Flag], frozenset[Flag]] = {}
"""Each set of flags once: there are few."""

LATE_ARRIVAL = 30 * 60 * 1_000_000
"""R13: more than 30 minutes under way; µs."""

RECORDED = Verdict("recorded")


class IncidentFold:
    """All steps of one incident. `add` and `remove` records in any order, then `settle`, then read."""

    def __init__(self, incident_id: str, world: World) -> None:
        self.state = IncidentState(incident_id, world)
        self.totals = Totals()
        self.attention = Attention(self.state, self.totals)
        self._newest: int | None = None
        self.head = IncidentHead()

    def __len__(self) -> int:
        """The number of records."""
        return len(self.state.judged)

    @property
    def newest_stamp(self) -> int:
        """The stamp of the newest record, µs since 1970; 0 without any."""
        if self._newest is None:
            self._newest = max((judged.stamped.stamp for judged in self.state.judged.values()), default=0)
        return self._newest

    def add(self, stamped: Stamped) -> None:
        """A record is to take its turn, wherever in the order that is."""
        files = isinstance(stamped.record, LossReport | ZeroReport | Correction)
        judged = Judged(stamped, clock_is_ahead(stamped), content_of(stamped) if files else None)
        judged.turn = Step(turn_of(stamped.order), judged)
        self.state.judged[stamped.record_id] = judged
        self.attention.add(stamped)
        if self._newest is not None:
            self._newest = max(self._newest, stamped.stamp)
        if files:
            self.state.contents.add(judged)
        self.state.agenda.push(judged.turn)
        self.stir_readers(stamped.record_id)

    def remove(self, stamped: Stamped) -> None:
        """A record is not in this incident, or not with this stamp, after all."""
        judged = self.state.judged.pop(stamped.record_id)
        self.attention.remove(judged)
        if self._newest == stamped.stamp:
            self._newest = None
        assert judged.turn is not None
        self.state.drop(judged.turn)
        self.state.contents.stir(judged, judged.turn.moment)
        judged.turn = None
        if judged.content is not None:
            self.state.contents.remove(judged)
        self.state.restated.add(judged)
        self.stir_readers(stamped.record_id)

    def has(self, stamped: Stamped) -> bool:
        """Whether this very delivery takes its turn here."""
        judged = self.state.judged.get(stamped.record_id)
        return judged is not None and judged.stamped is stamped

    def judge_again(self, record_id: str) -> None:
        """Something about this record has changed that lies outside of its incident (R14)."""
        turn = self.state.judged[record_id].turn
        assert turn is not None
        self.state.agenda.push(turn)

    def stir_readers(self, record_id: str) -> None:
        """A record has come, gone or changed: whoever has looked for it is judged again."""
        self.state.agenda.stir_all(("record", record_id))

    def settle(self) -> None:
        """Judge what is to be judged, earliest first, and bring the totals up to date. Raises UnjudgeableError."""
        step = None
        try:
            while (step_to_take := self.state.agenda.pop()) is not None:
                step = step_to_take
                self._take(step)
            self._finish()
        except Exception as error:
            if step is None:
                raise
            raise UnjudgeableError(step.judged.stamped) from error

    def _take(self, step: Step) -> None:
        """One step: judge, then let its effects lie in the lanes, which stirs later steps where they differ."""
        state, judged = self.state, step.judged
        before, step.effects = step.effects, []
        state.stop_waiting(step)
        verdict = self._retry(step) if step.is_retry else self._turn(step)
        if replace(step, before):
            state.cells.settle()
            state.shelters.headcounts.settle()
        if not step.is_retry and (judged.disposition, judged.flags) != verdict:
            flags_before = judged.flags
            judged.disposition = verdict.disposition
            judged.flags = _FLAGS.setdefault(verdict.flags, verdict.flags)
            self.attention.note_flags(judged, flags_before)
            state.restated.add(judged)
            state.agenda.stir(("record", judged.record_id), step.moment)
            state.contents.stir(judged, step.moment)
        state.begin_waiting(step)
        if step.awaits is not None or step.child is not None:
            state.await_again(step)

    def _turn(self, step: Step) -> Verdict:
        judged = step.judged
        stamped = judged.stamped
        first = _first_flags(stamped, self.state.world)
        if judged.clock_ahead:
            return Verdict("held", first | {"future_time"})
        rule = RULES.get(type(stamped.record))
        verdict = rule(self.state, self.totals, step, judged) if rule else RECORDED
        if "awaiting_base" in verdict.flags:
            step.does(self.state.facts, (judged, "attempt"), "waiting")
        if isinstance(stamped.record, IncidentOpen | IncidentClose):
            step.does(self.state.namings, judged.order, stamped)
        return Verdict(verdict.disposition, first | verdict.flags) if first else verdict

    def _retry(self, step: Step) -> Verdict:
        """A waiting record is tried: its outcome stays; if it fails, nothing of it waits any longer."""
        judged = step.judged
        if isinstance(judged.stamped.record, Correction):
            verdict = apply_correction(self.state, step, judged)
        elif isinstance(judged.stamped.record, Review):
            verdict = apply_review(self.state, self.totals, step, judged, place=None)
        else:
            assert is_cancel(judged)
            verdict = apply_cancel(self.state, step, judged)
        succeeded = verdict.disposition not in ("rejected", "refused", "held")
        ending = ended("awaiting_base" in verdict.flags, succeeded)
        step.does(self.state.facts, (judged, "attempt"), ending)
        return verdict

    def _finish(self) -> None:
        """What is only looked at now: what counts (R6), what stands beside (R2), the name, the totals (R5)."""
        state = self.state
        for judged in state.facts.deltas:
            recount(state, judged)
            state.documents.disputes.note(document_key(judged))
        for judged in state.facts.reports:
            state.beside.touch(judged)
            self.attention.note_review(judged)
            state.cells.changed.update((said.key.unit, said.key.key) for said in judged.statements)
        state.facts.deltas.clear()
        state.facts.reports.clear()
        if state.namings.have_changed:
            self.head = head_of(state.namings.in_order, state.incident_id)
            state.namings.have_changed = False
        self.totals.refresh(state)

    def take_touched(self) -> tuple[dict[str, set[str]], set[str]]:
        """(unit → keys, record ids) that may show something else since this was last asked."""
        state = self.state
        keys: dict[str, set[str]] = {NATION: set()}
        for unit, key in self.totals.changed | state.beside.changed:
            keys.setdefault(unit, set()).add(key)
        records = {judged.record_id for judged in state.restated}
        for touched in (self.totals.changed, state.beside.changed):
            touched.clear()
        state.restated.clear()
        return keys, records

    def outcome(self, record_id: str) -> Outcome | None:
        """A record's outcome, with its standing now; None if it is not judged here."""
        judged = self.state.judged.get(record_id)
        if judged is None or judged.disposition is None:
            return None
        return Outcome(
            record_id=record_id,
            status=judged.stamped.record.status,
            incident_id=self.state.incident_id,
            type=judged.stamped.type,
            disposition=judged.disposition,
            flags=tuple(sorted(judged.flags)),
            standing=standing_of(self.state, judged),
        )

    def figures(self, unit: str) -> dict[str, Figure]:
        """A unit's complete figures."""
        found = (
            (key, figure(self.state, self.totals, (unit, key))) for key in sorted(self.totals.keys(unit))
        )
        return {key: shown for key, shown in found if shown is not None}


class UnjudgeableError(Exception):
    """A rule stumbled over a record: a fault of ours, not of the record's shape. `stamped` is the record."""

    def __init__(self, stamped: Stamped) -> None:
        super().__init__(f"record {stamped.record_id} cannot be judged")
        self.stamped = stamped


def head_of(namings: Iterable[tuple[Order, Stamped]], incident_id: str) -> IncidentHead:
    """What the incident is called: its own newest opening, else that of one merged into it; whether it is closed."""
    head, named_by_own = IncidentHead(), False
    for _, stamped in namings:
        record = stamped.record
        if isinstance(record, IncidentClose):
            head = _with(head, closed=True)
            continue
        assert isinstance(record, IncidentOpen)
        own = record.incident_id == incident_id
        if own or not named_by_own:
            named_by_own = own
            head = _with(
                head,
                name=record.name,
                hazard=record.hazard,
                occurred_at=record.occurred_at,
                origin_unit=record.origin_unit,
                closed=False,
            )
    return head


def _with(head: IncidentHead, **changes: object) -> IncidentHead:
    fields = {name: getattr(head, name) for name in head.__struct_fields__}
    return IncidentHead(**(fields | changes))


def _first_flags(stamped: Stamped, world: World) -> frozenset[Flag]:
    late = stamped.stamp - stamped.sent_at > LATE_ARRIVAL
    moved = world.moved_before(stamped)
    if not late and not moved:
        return NO_FLAGS
    flags: list[Flag] = ["late_arrival"] if late else []
    return frozenset([*flags, "incident_alias"] if moved else flags)


Rule = Callable[[IncidentState, Totals, Step, Judged], Verdict]


def _merge(state: IncidentState, _totals: Totals, _step: Step, judged: Judged) -> Verdict:
    """R14: read from the whole set before any turn."""
    return Verdict(state.world.merge_disposition(judged.record_id))


RULES: dict[type[Record], Rule] = {
    LossReport: judge_report,
    ZeroReport: judge_report,
    ClueRecord: judge_clue,
    Correction: judge_correction,
    Review: judge_review,
    Verification: lambda state, _, step, judged: judge_verification(state, step, judged),
    IncidentMerge: _merge,
    Dispatch: lambda state, _, step, judged: judge_delta(state, step, judged),
    EvacuationCount: lambda state, _, step, judged: judge_delta(state, step, judged),
    SupplyMovement: lambda state, _, step, judged: judge_delta(state, step, judged),
}
"""Who judges what; every other type is recorded (R2)."""
