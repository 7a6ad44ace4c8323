"""Which alarms of an incident may stand otherwise since they were last asked for.

Alarms come in groups, each of which is found as a whole: of a unit's figures and shelters, of a cell, of a document
number, of a late report, of a unit's duty to report.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Literal

from schemas.outputs import Flag, IncidentHead
from streams.picture.alarms import (
    Raised,
    Subject,
    of_cell,
    of_document,
    of_figures,
    of_late_report,
    of_silence,
)
from streams.picture.duties import Duties, counts, period_of
from streams.picture.judged import Judged
from streams.picture.stamped import Stamped
from streams.picture.state import IncidentState
from streams.picture.totals import Totals

Group = tuple[Literal["figures", "report", "duty"], str] | tuple[Literal["cell", "document"], str, str]
"""(unit), (unit, key), (type, doc_no), (record_id), (unit)."""


class Attention:
    """What alarms look at beside the figures, and what of it has changed."""

    def __init__(self, state: IncidentState, totals: Totals) -> None:
        self._state, self._totals = state, totals
        self._duties = Duties()
        self._late: dict[str, Judged] = {}
        """Reports flagged overdue, by record_id."""
        self._changed: set[Group] = set()
        self._head = IncidentHead()
        self._now: int | None = None
        """The moment as of which duties were last looked at; µs since 1970, None: unknown."""

    # What the fold tells.

    def add(self, stamped: Stamped) -> None:
        """A record is in this incident."""
        if counts(stamped):
            self._duties.add(stamped)

    def remove(self, judged: Judged) -> None:
        """A record is not, after all."""
        if counts(judged.stamped):
            self._duties.remove(judged.stamped)
        if self._late.get(judged.record_id) is judged:
            del self._late[judged.record_id]
            self._changed.add(("report", judged.record_id))

    def note_flags(self, judged: Judged, before: Collection[Flag]) -> None:
        """A record was judged, or judged otherwise."""
        if "overdue" in judged.flags:
            self._late[judged.record_id] = judged
            self._changed.add(("report", judged.record_id))
        elif "overdue" in before:
            self._late.pop(judged.record_id, None)
            self._changed.add(("report", judged.record_id))
        if ("conflict" in judged.flags) != ("conflict" in before):
            self._state.beside.touch(judged)

    def note_review(self, judged: Judged) -> None:
        """A report was returned, put back or reviewed."""
        if judged.record_id in self._late:
            self._changed.add(("report", judged.record_id))

    # What is alarmed.

    def take_changed(
        self, keys: dict[str, set[str]], standing: Collection[Group], head: IncidentHead, now: int | None
    ) -> set[Group]:
        """The groups that may be alarmed otherwise than they were: `standing` are those that are.

        `keys` = unit → keys of which something else may be shown; `now` = the moment up to which everything is known.
        """
        state, groups = self._state, self._changed | self._touched(keys, standing)
        self._changed = set()
        groups |= {("document", *key) for key in state.documents.disputes.changed}
        groups |= {("duty", unit) for unit in self._moved_duties(head, now)}
        if self._head.closed != head.closed:
            groups |= {("report", record_id) for record_id in self._late}
        self._head, self._now = head, now
        state.documents.disputes.changed.clear()
        self._duties.changed.clear()
        state.freezes.owing.clear()
        return groups

    def _touched(self, keys: dict[str, set[str]], standing: Collection[Group]) -> set[Group]:
        """Only where something may be wrong: most figures have one source, and most changes are far below a unit."""
        state, own, found = self._state, self._totals.own, set[Group]()
        with_held = state.cells.with_held
        for unit, touched in keys.items():
            of_unit: Group = ("figures", unit)
            if (
                of_unit in standing
                or state.shelters.sites(unit)
                or any((unit, key) in own for key in touched)
            ):
                found.add(of_unit)
            for key in touched:
                cell: Group = ("cell", unit, key)
                if (unit, key) in with_held or state.beside.has_clues((unit, key)) or cell in standing:
                    found.add(cell)
        return found

    def _moved_duties(self, head: IncidentHead, now: int | None) -> set[str]:
        """The units that may owe a report now and did not, or the other way round."""
        same_rule = self._head.closed == head.closed and period_of(self._head) == period_of(head)
        if not same_rule or (now is None) != (self._now is None):
            return set(self._duties.units()) | self._duties.changed
        units = set(self._duties.changed)
        if now is not None and self._now is not None:
            first, last = sorted((now, self._now))
            units |= set(self._duties.between(first - period_of(head), last - period_of(head)))
        if self._state.freezes.owing:
            prefixes = tuple(self._state.freezes.owing)
            units |= {unit for unit in self._duties.units() if unit.startswith(prefixes)}
        return units

    def next_due(self) -> int | None:
        """The first moment after which a unit is silent past its duty that is not so yet; µs. None: there is none."""
        if self._head.closed:
            return None
        last = self._duties.next_after(None if self._now is None else self._now - period_of(self._head))
        return None if last is None else last + period_of(self._head)

    def alarms(self, group: Group) -> dict[Subject, Raised]:
        """The alarms of a group that stand, as of the last `take_changed`."""
        match group:
            case ("figures", unit):
                return dict(of_figures(self._state, self._totals, unit))
            case ("cell", unit, key):
                return dict(of_cell(self._state, self._totals, (unit, key)))
            case ("document", record_type, doc_no):
                return dict(of_document(self._state, (record_type, doc_no)))
            case ("report", record_id):
                judged = self._late.get(record_id)
                return dict(of_late_report(judged)) if judged and not self._head.closed else {}
            case ("duty", unit):
                return dict(self._silence(unit))
        raise AssertionError(group)

    def _silence(self, unit: str) -> Iterator[tuple[Subject, Raised]]:
        last = self._duties.last(unit)
        if last is None or self._now is None or self._head.closed:
            return
        due_at = last.sent_at + period_of(self._head)
        if self._now > due_at and not any(self._state.freezes.covers(unit[:digits]) for digits in (6, 4, 2)):
            yield of_silence(unit, last, due_at)
