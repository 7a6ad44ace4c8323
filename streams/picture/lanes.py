"""The plain lanes: facts about records, the contents filed for R1, who took a document number (R6), how it is named."""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable

from schemas.records import Correction, Dispatch, EvacuationCount, LossReport, SupplyMovement, ZeroReport
from streams.picture.disputes import Disputes, DocumentKey
from streams.picture.judged import FactName, Judged
from streams.picture.moments import END, Moment, turn_of
from streams.picture.stamped import Order, Stamped
from streams.picture.steps import Agenda, Step

DELTAS = Dispatch | EvacuationCount | SupplyMovement
REPORTS = LossReport | ZeroReport | Correction


class Contents:
    """R1: content → the records that have it."""

    def __init__(self, agenda: Agenda) -> None:
        self._agenda = agenda
        self._equal: dict[tuple[object, ...], list[Judged]] = {}

    def add(self, judged: Judged) -> None:
        """A report or correction; from its turn on it counts."""
        assert judged.content is not None
        self._equal.setdefault(judged.content, []).append(judged)

    def remove(self, judged: Judged) -> None:
        """It is no more."""
        assert judged.content is not None
        equal = self._equal[judged.content]
        equal.remove(judged)
        if not equal:
            del self._equal[judged.content]

    def repeats(self, step: Step, judged: Judged) -> bool:
        """R1: equal to one before it that was accepted, stored late or held, and is not returned at that turn."""
        assert judged.content is not None
        at = step.moment
        equal = self._equal[judged.content]
        if step.judged is not judged:
            # A review releases it: who changes one of its like must find that step (its own turn they know).
            self._agenda.read(step, ("content", judged.content))
        return len(equal) > 1 and any(
            other is not judged
            and turn_of(other.order) < at
            and other.is_filed(at)
            and not other.is_returned(at)
            for other in equal
        )

    def like(self, judged: Judged) -> list[Judged]:
        """The records of the same content, itself included."""
        return self._equal.get(judged.content, []) if judged.content is not None else []

    def stir(self, judged: Judged, after: Moment) -> None:
        """Whether this record is filed, or returned, differs from here on: its like are judged again."""
        if judged.content is None or after >= self._agenda.last:
            return
        for other in self._equal.get(judged.content, ()):
            if other is not judged and other.turn is not None and after < other.turn.moment:
                self._agenda.push(other.turn)
        self._agenda.stir(("content", judged.content), after)


class Facts:
    """What steps say of records: key (record, name). `deltas` collects those that may count otherwise now."""

    def __init__(self, agenda: Agenda, contents: Contents, restated: set[Judged]) -> None:
        self._agenda, self._contents, self._restated = agenda, contents, restated
        self.deltas: set[Judged] = set()
        self.reports: set[Judged] = set()
        """Reports that were returned, put back or reviewed: what they state is shown otherwise."""

    def put(self, key: tuple[Judged, FactName], value: object, step: Step) -> None:
        """From this step on, this holds of a record."""
        judged, name = key
        judged.learn(name, step.moment, value)
        self._note(judged, name, step.moment)

    def take_back(self, key: tuple[Judged, FactName], value: object, step: Step) -> None:
        """It does not, after all."""
        judged, name = key
        self._note(judged, name, step.moment)
        judged.forget(name, step.moment, value)

    def _note(self, judged: Judged, name: FactName, moment: Moment) -> None:
        self._restated.add(judged)
        if isinstance(judged.stamped.record, DELTAS):
            self.deltas.add(judged)
        elif name in ("returned", "reviewed"):
            self.reports.add(judged)
        self._agenda.stir(("record", judged.record_id), moment)
        if name in ("returned", "stands"):
            self._contents.stir(judged, moment)
        if name == "returned":
            # R6 passes over what is returned.
            for release in judged.history("cancels"):
                self._agenda.stir(("cancels", release.record_id), moment)


class Documents:
    """R6: document number → who claims it, each from a moment on; the first one has taken it."""

    def __init__(self, agenda: Agenda, await_again: Callable[[Step], None]) -> None:
        self._agenda = agenda
        self._await_again = await_again
        self._claims: dict[DocumentKey, list[tuple[Moment, Judged]]] = {}
        self.waiting: dict[str, list[Step]] = {}
        """Supply document number → the steps whose record waits for it."""
        self.disputes = Disputes()

    def put(self, key: DocumentKey, judged: Judged, step: Step) -> None:
        """A delta claims its number."""
        insort(self._claims.setdefault(key, []), (step.moment, judged), key=_moment)
        self._note(key, step)

    def take_back(self, key: DocumentKey, judged: Judged, step: Step) -> None:
        """It does not, after all."""
        self._claims[key].remove((step.moment, judged))
        self._note(key, step)

    def taken_by(self, step: Step, key: DocumentKey) -> Judged | None:
        """Who had taken a number as of a step."""
        self._agenda.read(step, ("document", key))
        claim = self.first_claim(key)
        return claim[1] if claim and claim[0] < step.moment else None

    def first_claim(self, key: DocumentKey) -> tuple[Moment, Judged] | None:
        """When a number was taken, and by whom."""
        claims = self._claims.get(key)
        return claims[0] if claims else None

    def _note(self, key: DocumentKey, step: Step) -> None:
        self._agenda.stir(("document", key), step.moment)
        self.disputes.note(key)
        if key[0] == "supply_movement":
            for waiting in list(self.waiting.get(key[1], ())):
                self._await_again(waiting)


class Cancels:
    """R6: release → the cancels let in, each from a moment on."""

    def __init__(self, agenda: Agenda) -> None:
        self._agenda = agenda
        self._let_in: dict[Judged, list[tuple[Moment, Judged]]] = {}

    def put(self, release: Judged, cancel: Judged, step: Step) -> None:
        """A cancel is let in."""
        insort(self._let_in.setdefault(release, []), (step.moment, cancel), key=_moment)
        self._agenda.stir(("cancels", release.record_id), step.moment)

    def take_back(self, release: Judged, cancel: Judged, step: Step) -> None:
        """It is not, after all."""
        self._let_in[release].remove((step.moment, cancel))
        self._agenda.stir(("cancels", release.record_id), step.moment)

    def of(self, release: Judged, at: Moment = END) -> list[Judged]:
        """The cancels of a release let in before a moment."""
        return [cancel for moment, cancel in self._let_in.get(release, ()) if moment < at]

    def others(self, step: Step, release: Judged) -> list[Judged]:
        """Those in force as of a step."""
        self._agenda.read(step, ("cancels", release.record_id))
        return [cancel for cancel in self.of(release, step.moment) if not cancel.is_returned(step.moment)]


class Namings:
    """incident_open and incident_close in the order of their turns: what the incident is called."""

    def __init__(self) -> None:
        self.in_order: list[tuple[Order, Stamped]] = []
        self.have_changed = False

    def put(self, order: Order, stamped: Stamped, _: Step) -> None:
        """An opening or closing."""
        insort(self.in_order, (order, stamped), key=_order)
        self.have_changed = True

    def take_back(self, order: Order, stamped: Stamped, _: Step) -> None:
        """It is no more."""
        self.in_order.remove((order, stamped))
        self.have_changed = True


def _moment(laid: tuple[Moment, Judged]) -> Moment:
    return laid[0]


def _order(named: tuple[Order, Stamped]) -> Order:
    return named[0]
