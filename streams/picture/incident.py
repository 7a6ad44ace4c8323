"""The fold of one canonical incident: every record takes its turn, once, in canonical order (records.md 4)."""

from __future__ import annotations

import heapq
from collections.abc import Callable

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
from streams.picture.alarms import Raised, Subject, alarms_of
from streams.picture.corrections import apply_correction, judge_correction
from streams.picture.documents import document_taken, is_cancel, judge_delta, retry_cancel
from streams.picture.figures import figure
from streams.picture.judged import Judged
from streams.picture.merges import clock_is_ahead
from streams.picture.reports import judge_clue, judge_report
from streams.picture.reviews import apply_review, conclude_wait, judge_review
from streams.picture.stamped import Order, Stamped
from streams.picture.standing import standing_of
from streams.picture.state import IncidentState, Verdict, World
from streams.picture.totals import Totals
from streams.picture.units import NATION
from streams.picture.verification import judge_verification

LATE_ARRIVAL = 30 * 60 * 1_000_000
"""R13: more than 30 minutes under way; µs."""

RECORDED = Verdict("recorded")


class IncidentFold:
    """The state after the records so far. `take` records in canonical order, then `finish`, then read."""

    def __init__(self, incident_id: str, world: World) -> None:
        self.state = IncidentState(incident_id, world)
        self.totals = Totals()
        self._elsewhere: list[tuple[Order, str]] = []
        self.last: Order = (-1, "")
        """Everything up to here has had its turn; a record before it needs a new fold."""
        self.head = IncidentHead()
        self._named_by_own = False

    def take(self, stamped: Stamped) -> None:
        """One record's turn."""
        self._wake_before(stamped.order)
        self.state.now = self.last = stamped.order
        judged = Judged(stamped)
        verdict = self._judge(judged)
        judged.disposition = judged.stands_as = verdict.disposition
        judged.flags |= verdict.flags
        self.state.judged[judged.record_id] = judged
        self.state.cells.restated.add(judged)
        if isinstance(stamped.record, LossReport | ZeroReport | Correction) and judged.is_filed:
            self.state.file_content(judged)
        if verdict.disposition == "recorded":
            self._read_head(stamped.record)
        self._wake(stamped.record_id, document_taken(self.state, judged))
        self._watch_elsewhere()

    def finish(self) -> None:
        """Wake what waits for records of other incidents, and bring the totals up to date."""
        self._wake_before(None)
        self.totals.refresh(self.state)

    def take_touched(self) -> tuple[dict[str, set[str]], set[str]]:
        """(unit → keys, record ids) that may show something else since this was last asked."""
        state = self.state
        keys: dict[str, set[str]] = {NATION: set()}
        for unit, key in self.totals.changed | state.beside.changed:
            keys.setdefault(unit, set()).add(key)
        records = {judged.record_id for judged in state.cells.restated | state.shelters.restated}
        for touched in (self.totals.changed, state.beside.changed):
            touched.clear()
        for restated in (state.cells.restated, state.shelters.restated):
            restated.clear()
        return keys, records

    def outcome(self, record_id: str) -> Outcome | None:
        """A record's outcome, with its standing now; None if it is not judged here."""
        judged = self.state.judged.get(record_id)
        if judged is None:
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

    def alarms(self, unit: str) -> dict[Subject, Raised]:
        """The alarms that stand for a unit."""
        return dict(alarms_of(self.state, self.totals, unit))

    def _judge(self, judged: Judged) -> Verdict:
        stamped = judged.stamped
        judged.flags = _first_flags(stamped, self.state.world)
        if clock_is_ahead(stamped):
            judged.clock_held = True
            return Verdict("held", frozenset({"future_time"}))
        rule = RULES.get(type(stamped.record))
        return rule(self.state, self.totals, judged) if rule else RECORDED

    def _wake(self, record_id: str, doc_no: str | None = None) -> None:
        """Try what waited for this record, or the document it brought, right after it."""
        for waiter in self.state.waiting.take(record_id, doc_no):
            conclude_wait(self.state, waiter, self._retry(waiter))

    def _retry(self, waiter: Judged) -> Verdict:
        if isinstance(waiter.stamped.record, Correction):
            return apply_correction(self.state, waiter)
        if isinstance(waiter.stamped.record, Review):
            return apply_review(self.state, self.totals, waiter, place=None)
        assert is_cancel(waiter)
        return retry_cancel(self.state, waiter)

    def _watch_elsewhere(self) -> None:
        """Note where in the order the awaited records of other incidents lie."""
        known = {record_id for _, record_id in self._elsewhere}
        for record_id in self.state.waiting.awaited_records() & self.state.foreign:
            stamped = self.state.world.find(record_id)
            if stamped is not None and stamped.order > self.state.now and record_id not in known:
                heapq.heappush(self._elsewhere, (stamped.order, record_id))

    def _wake_before(self, order: Order | None) -> None:
        """Turns of other incidents' records that come before `order` (None: all of them)."""
        while self._elsewhere and (order is None or self._elsewhere[0][0] < order):
            # Its own turn is already counted as past, so that the woken ones find it before them.
            at, record_id = heapq.heappop(self._elsewhere)
            self.state.now = (at[0], at[1] + "\0")
            self.last = max(self.last, at)
            self._wake(record_id)
            self._watch_elsewhere()

    def _read_head(self, record: Record) -> None:
        if isinstance(record, IncidentClose):
            self.head = _with(self.head, closed=True)
        if not isinstance(record, IncidentOpen):
            return
        own = record.incident_id == self.state.incident_id
        if own or not self._named_by_own:
            self._named_by_own = own
            self.head = _with(
                self.head,
                name=record.name,
                hazard=record.hazard,
                occurred_at=record.occurred_at,
                origin_unit=record.origin_unit,
                closed=False,
            )


def _with(head: IncidentHead, **changes: object) -> IncidentHead:
    fields = {name: getattr(head, name) for name in head.__struct_fields__}
    return IncidentHead(**(fields | changes))


def _first_flags(stamped: Stamped, world: World) -> set[Flag]:
    flags: set[Flag] = set()
    if stamped.stamp - stamped.sent_at > LATE_ARRIVAL:
        flags.add("late_arrival")
    if world.moved_before(stamped):
        flags.add("incident_alias")
    return flags


Rule = Callable[[IncidentState, Totals, Judged], Verdict]


def _merge(state: IncidentState, _: Totals, judged: Judged) -> Verdict:
    """R14: read from the whole set before any turn."""
    return Verdict(state.world.merge_disposition(judged.record_id))


RULES: dict[type[Record], Rule] = {
    LossReport: judge_report,
    ZeroReport: judge_report,
    ClueRecord: judge_clue,
    Correction: judge_correction,
    Review: judge_review,
    Verification: lambda state, _, judged: judge_verification(state, judged),
    IncidentMerge: _merge,
    Dispatch: lambda state, _, judged: judge_delta(state, judged),
    EvacuationCount: lambda state, _, judged: judge_delta(state, judged),
    SupplyMovement: lambda state, _, judged: judge_delta(state, judged),
}
"""Who judges what; every other type is recorded (R2)."""
