"""Who was in force in a cell, and when (R3): the events of one cell in order, each with the statement in force after it.

A late event is put in its place and the events behind it are gone through once more, only until nothing changes.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, NamedTuple

from streams.picture.moments import END, Moment, just_after
from streams.picture.offices import Offices
from streams.picture.stamped import Order

if TYPE_CHECKING:
    from streams.picture.cells import Cells
    from streams.picture.judged import Judged
    from streams.picture.steps import Step

Rank = tuple[int, int, int]
"""(as_of in µs, stage, level): R3."""

Strength = tuple[Rank, bool, Order]
"""What decides who is in force: rank, not equal-rank history, the root's place."""


class Statement(NamedTuple):
    """What one record says in its root's entry of a cell; `value` None withdraws."""

    root: Judged
    by: Judged
    rank: Rank
    place: Order
    value: Decimal | None
    qualifier: str
    state: Literal["accepted", "held", "equal_rank"] = "accepted"
    muted: bool = False
    """It was returned before it was stated (a waiting correction)."""

    @property
    def strength(self) -> Strength:
        """Its claim to be in force, if it states a value and is not held."""
        return self.rank, self.state != "equal_rank", self.place


class Touch(NamedTuple):
    """A review returned, put back, released or approved what `by` states in entries of `roots`.

    `said` = what it says of which record, so that a review that says something else is another touch.
    """

    said: tuple[tuple[str, str, object], ...]
    by: tuple[Judged, ...]
    roots: tuple[Judged, ...]


class Event:
    """A statement or touch of a step in a cell. `seen` = who was in force before it, `after` = who is after it."""

    __slots__ = ("after", "is_new", "key", "lane", "moment", "seen", "step", "value")

    def __init__(self, lane: Cells, cell: Cell, step: Step, value: Statement | Touch) -> None:
        self.lane, self.key, self.step, self.value = lane, cell, step, value
        self.moment = step.moment
        self.seen: Statement | None = None
        self.after: Statement | None = None
        self.is_new = True

    def put(self, _: Step) -> None:
        """As an effect (steps.py): it begins to lie in its cell."""
        self.lane.put(self)

    def take_back(self, _: Step) -> None:
        """As an effect: it does not, after all."""
        self.lane.take_back(self)

    @property
    def is_plain(self) -> bool:
        """A root's own statement: it can only add to what there is."""
        return isinstance(self.value, Statement) and self.value.by is self.value.root

    @property
    def is_correction(self) -> bool:
        """Stated in the root's entry by a correction."""
        return isinstance(self.value, Statement) and self.value.by is not self.value.root

    @property
    def roots(self) -> tuple[Judged, ...]:
        """Whose entries it touches."""
        return (self.value.root,) if isinstance(self.value, Statement) else self.value.roots


class Said(Event):
    """An event that is a statement."""

    __slots__ = ()
    value: Statement

    def is_held(self, at: Moment = END) -> bool:
        """Held by R3, R7 or R9, and not released since (R18)."""
        return self.value.state == "held" and not self.value.by.happened("released", self.moment, at)


Entry = list[Said]
"""One root record's entry in a cell: what it and its corrections state there, oldest first (R3, R4)."""


def current(entry: Entry, at: Moment = END) -> Said | None:
    """What an entry states as of a moment: its last statement that no review has returned."""
    for said in reversed(entry):
        if said.moment < at and not said.value.by.is_returned(at):
            return said
    return None


def claim_of(entry: Entry, at: Moment = END) -> Statement | None:
    """What an entry puts up to be in force; None if it states nothing that counts."""
    said = current(entry, at)
    if said is None or said.value.value is None or said.is_held(at):
        return None
    return said.value


class Moved(NamedTuple):
    """What a walk found: who was in force differs after `first`, up to and including `until`."""

    first: Moment
    until: Moment
    presence: bool
    """Somewhere there is somebody in force where nobody was, or the other way round."""


class Cell:
    """(unit, key): entries, one of which may be in force (R3). Also (unit, site) with its headcounts (R16)."""

    __slots__ = ("entries", "events", "held", "key", "offices", "special", "unit")

    def __init__(self, unit: str, key: str) -> None:
        self.unit, self.key = unit, key
        self.entries: dict[Judged, Entry] = {}
        self.held: dict[Judged, Entry] = {}
        """Entries that were held at their turn; some may be released or corrected since."""
        self.events: list[Event] = []
        self.special: list[Moment] = []
        """Moments of the events that are not plain: they may take something away."""
        self.offices: Offices[Judged] = Offices()

    def reign(self, at: Moment = END) -> Statement | None:
        """Who was in force as of a moment."""
        events = self.events
        if not events:
            return None
        if events[-1].moment < at:
            return events[-1].after
        place = bisect_left(events, at, key=_moment)
        return events[place - 1].after if place else None

    @property
    def statement(self) -> Statement | None:
        """The statement in force now."""
        return self.events[-1].after if self.events else None

    def value(self, at: Moment) -> Decimal | None:
        """The value in force as of a moment."""
        reign = self.reign(at)
        return reign.value if reign else None

    def succeed(
        self, before: Statement | None, claims: Mapping[Judged, Statement | None], at: Moment
    ) -> Statement | None:
        """Who is in force when the entries of these roots claim anew."""
        if before is not None and before.root in claims:
            claim = claims[before.root]
            if claim is None or claim.strength < before.strength:
                # The one in force left or weakened: the highest that remains, history included.
                others = (claim_of(entry, at) for root, entry in self.entries.items() if root not in claims)
                return strongest((*others, *claims.values()))
            before = None
        return strongest((before, *claims.values()))

    def newest_of(self, org: str) -> Statement | None:
        """The strongest word of an organisation that counts as accepted, in force or not."""
        best: Statement | None = None
        for rank, root in self.offices.ranked(org, self._ranked()):
            if best is not None and rank < best.rank:
                break
            best = strongest((best, claim_of(self.entries[root])))
        return best

    def enter(self, root: Judged, rank: Rank) -> Entry:
        """A root's entry, new and empty."""
        org = root.stamped.record.source.org
        if not self.offices.is_only(org):
            self.offices.enter(org, rank, root, self._ranked())
        entry = self.entries[root] = []
        return entry

    def leave(self, root: Judged, rank: Rank) -> None:
        """A root has no entry any more."""
        del self.entries[root]
        self.offices.leave(root.stamped.record.source.org, rank, root)

    def _ranked(self) -> Iterator[tuple[Rank, Judged]]:
        return ((entry[0].value.rank, root) for root, entry in self.entries.items())

    def put(self, event: Event) -> bool:
        """An event takes its place; `walk` from there settles who is in force. Answers whether it is the last one."""
        if not event.is_plain:
            insort(self.special, event.moment)
        if not self.events or self.events[-1].moment < event.moment:
            self.events.append(event)
            return True
        insort(self.events, event, key=_moment)
        return False

    def take_back(self, event: Event) -> None:
        """An event did not happen after all."""
        place = bisect_left(self.events, event.moment, key=_moment)
        while self.events[place] is not event:
            place += 1
        del self.events[place]
        if not event.is_plain:
            self.special.remove(event.moment)

    def walk(self, since: Moment, roots: set[Judged], stir: Callable[[Step], None]) -> Moved | None:
        """Settle who is in force after each event from `since` on; `stir` is told whose judging saw another one.

        Goes on only while something differs, and then to the special events that the entries of `roots`, in which
        something has changed, can matter to.
        """
        events = self.events
        place = bisect_left(events, since, key=_moment)
        first: Moment | None = None if place < len(events) else since
        until, presence = END, place == len(events)
        while place < len(events):
            event = events[place]
            before = events[place - 1].after if place else None
            if event.is_new:
                event.seen = before
            elif event.seen != before:
                presence = presence or (event.seen is None) != (before is None)
                first, until = first or since, event.moment
                event.seen = before
                if isinstance(event.value, Statement):
                    stir(event.step)
            after = self._after(event, before)
            differs = event.is_new or after != event.after
            if differs:
                if event.is_correction and not event.is_new:
                    # R4: a correction's outcome looks at who is in force after it, too.
                    stir(event.step)
                presence = presence or (event.after is None) != (after is None)
                first = first or event.moment
                until = END if place + 1 == len(events) else events[place + 1].moment
            event.after, event.is_new = after, False
            place = place + 1 if differs else self._next_special(event.moment, roots)
        return None if first is None else Moved(first, until, presence)

    def _after(self, event: Event, before: Statement | None) -> Statement | None:
        at = just_after(event.moment)
        claims = {root: claim_of(self.entries.get(root, []), at) for root in event.roots}
        return self.succeed(before, claims, at)

    def _next_special(self, moment: Moment, roots: set[Judged]) -> int:
        """The next event behind a moment that may differ though who is in force before it does not."""
        for at in self.special[bisect_left(self.special, just_after(moment)) :]:
            place = bisect_left(self.events, at, key=_moment)
            if self._may_differ(self.events[place], roots):
                return place
        return len(self.events)

    def _may_differ(self, event: Event, roots: set[Judged]) -> bool:
        after, at = event.after, just_after(event.moment)
        if event.is_new or (after is not None and after.root in roots) or not roots.isdisjoint(event.roots):
            return True
        claims = (claim_of(self.entries.get(root, []), at) for root in roots)
        return any(claim and (after is None or claim.strength > after.strength) for claim in claims)


def strongest(claims: Iterable[Statement | None]) -> Statement | None:
    """The claim that wins; None where there is none."""
    best: Statement | None = None
    for claim in claims:
        if claim is not None and (best is None or claim.strength > best.strength):
            best = claim
    return best


def _moment(event: Event) -> Moment:
    return event.moment
