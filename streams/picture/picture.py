"""The picture: a pure function of the set of stamped records (records.md 1).

`Picture.apply(deliveries)` takes deliveries in any order, repeated or not, and answers what has changed in what is
shown: the changes that, applied to the picture before, make the fold of all records so far. No clock, no I/O.

Several pictures can share the work (design.md 6): each is given every delivery, and `owns` says which canonical
incidents are its own. It answers the changes of these, and of the ids merged into them (their pointer rows), and of no
others. An incident that was merged into one that is not its own it forgets: all it still answers of it is that its
alarms are cleared. Once that merge is undone, or it comes to own an incident by `assign`, it answers all that is shown
of it, with `whole` set. Losers (records.md 2) every picture answers.

What a picture does not fold it keeps as thin entries. Whoever feeds it reads again what it is missing:

    for mark in picture.missing_snapshots():      # where snapshots were offered
        picture.load(mark, stored(mark))
    while origins := picture.missing():
        picture.fill(read(origins))
    changes = picture.settle()
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import msgspec

from schemas.outputs import Alarm, Outcome, UnitUpdate
from schemas.records import Status
from streams.picture import index
from streams.picture.due_times import DueTimes
from streams.picture.marks import Mark
from streams.picture.register import Register
from streams.picture.shown import Change, ShownIncident
from streams.picture.snapshots import Content, Snapshot, read, written
from streams.picture.stamped import Origin, Stamped
from streams.picture.thin import Thin
from streams.picture.world import MissingRecordsError, StatusWorld

STATUSES: tuple[Status, ...] = ("Actual", "Exercise", "Test")


class Loser(msgspec.Struct, frozen=True):
    """A delivery whose id belongs to another content (records.md 2): it goes to the dead letters."""

    record_id: str
    origin: Origin


class Changes(msgspec.Struct, frozen=True):
    """What a batch of deliveries changed."""

    incidents: tuple[Change, ...] = ()
    losers: tuple[Loser, ...] = ()


class Closed(NamedTuple):
    """A closed incident that could leave memory; `newest` = the stamp of its newest record, µs since 1970."""

    status: Status
    incident_id: str
    newest: int


class Picture:
    """All records known so far and what is shown of those incidents that `owns` says are this picture's own.

    `owns` is asked for canonical incidents, of all statuses alike; it must answer the same until the next `assign`.
    """

    def __init__(self, owns: Callable[[str], bool] = lambda _: True, known: Register | None = None) -> None:
        self._register = Register() if known is None else known
        self._worlds: dict[Status, StatusWorld] = {
            status: StatusWorld(status, self._register, owns) for status in STATUSES
        }
        self._shown: dict[tuple[Status, str], ShownIncident] = {}
        self._now: int | None = None
        self._due = DueTimes()

    @classmethod
    def of_index(cls, raw: bytes) -> Picture | None:
        """A picture that knows what another one's `index` knew, and owns nothing; None where that is of no use here."""
        found = index.restored(raw)
        if found is None:
            return None
        register, whole = found
        picture = cls(lambda _: False, register)
        for stamped in whole:
            picture._worlds[stamped.record.status].restore(stamped)
        return picture

    def index(self) -> bytes:
        """What must be known of all records admitted so far, whoever owns them. Raises OriginUnknownError."""
        return index.written(self._register)

    def __len__(self) -> int:
        """The number of records, thin ones included; deliveries of one id count once."""
        return len(self._register.entries)

    def records(self) -> Iterator[Stamped]:
        """The records that are known in full, each with its earliest stamp."""
        return (entry for entry in self._register.entries.values() if isinstance(entry, Stamped))

    def world(self, status: Status) -> StatusWorld:
        """All records of one status and the folds of its incidents."""
        return self._worlds[status]

    def answers_for(self, status: Status, incident_id: str) -> bool:
        """Whether this picture answers the changes of an incident id: it owns the canonical incident."""
        world = self._worlds[status]
        return world.is_ours(world.canonical(incident_id))

    def incident_of(self, record_id: str) -> tuple[Status, str] | None:
        """(status, canonical incident) in which a record is judged; None for one that nobody has delivered."""
        entry = self._register.entries.get(record_id)
        if entry is None:
            return None
        docket = self._register.docket_of(entry)
        return docket.status, self._worlds[docket.status].canonical(docket.incident_id)

    def apply(self, deliveries: Iterable[Stamped], now: int | None = None) -> Changes:
        """Take deliveries, in any order; answers every change of what is shown. `now` as in `settle`.

        Raises UnjudgeableError, and MissingRecordsError where something must be filled in first.
        """
        losers = self.admit(deliveries)
        return Changes(tuple(self.settle(now)), tuple(losers))

    def admit(self, deliveries: Iterable[Stamped]) -> list[Loser]:
        """Take deliveries without judging them yet; answers those whose id belongs to another content."""
        losers = [loser for stamped in deliveries for loser in self._admit(stamped)]
        for world in self._worlds.values():
            world.sort_out()
        return losers

    def missing(self) -> list[Origin]:
        """Where the deliveries lie, in the order of the log, that must be filled in before `settle`."""
        return sorted(origin for world in self._worlds.values() for origin in world.missing())

    def fill(self, deliveries: Iterable[Stamped]) -> None:
        """Deliveries read again. Repeated ones, and those that nothing misses (any more), are ignored."""
        for stamped in deliveries:
            self._worlds[stamped.record.status].fill(stamped)

    def settle(self, now: int | None = None) -> list[Change]:
        """Judge what was admitted; answers every change of what is shown.

        `now` = the moment, µs since 1970, up to which all that was said is known (the watermark): from then on a unit
        whose next report was due before it is silent (`missing_report`). It never goes back; None: as before, at first
        unknown. That is of status Actual: in an exercise and in a test the newest stamp of the incident is its clock.

        Raises UnjudgeableError; go on with `set_aside` and settle again. Raises MissingRecordsError while `missing`.
        """
        if self.missing_snapshots() or self.missing():
            raise MissingRecordsError
        if now is not None:
            self._now = now if self._now is None else max(self._now, now)
        return [change for status in STATUSES for change in self._settle(status)]

    def set_aside(self, stamped: Stamped) -> None:
        """Go on without a record that cannot be judged, as if it had never been admitted."""
        self._worlds[stamped.record.status].set_aside(stamped)

    def assign(self, owns: Callable[[str], bool]) -> None:
        """Other incidents are this picture's own from now on.

        Those that are lost are thinned and what was shown of them is forgotten; no change is answered for them. Those
        that are gained are missing; then everything shown of them is answered, `whole`. But one whose snapshot was
        offered, and of which nothing differs from what it knows, stays at rest: what is published of it stands. So first
        admit all that was on the log when the incidents were given to this picture.
        """
        for status, world in self._worlds.items():
            resting = world.assign(owns)
            if status == "Actual":
                for mark in resting:
                    self._due.plan(mark.incident_id, mark.next_due)
        for status, incident_id in list(self._shown):
            if not self.answers_for(status, incident_id):
                del self._shown[status, incident_id]

    def snapshot(self, status: Status, incident_id: str) -> Snapshot | None:
        """The fold of a canonical incident; None where it is not in memory or something is to be settled.

        Take one only after what `settle` answered has been published: it knows all of it as shown.
        """
        world = self._worlds[status]
        mark, fold = world.mark(incident_id), world.fold(incident_id)
        if mark is None or fold is None:
            return None
        shown = {one: found for one in mark.filed if (found := self._shown.get((status, one)))}
        return Snapshot(mark, written(Content(fold, shown), world))

    def offer(self, marks: Iterable[Mark]) -> None:
        """Snapshots that can be had of incidents that this picture is about to gain, or has; the newest of each."""
        for mark in marks:
            world = self._worlds[mark.status]
            if not world.is_at_rest(mark.incident_id):
                world.offer(mark)

    def missing_snapshots(self) -> list[Mark]:
        """Those that must be loaded before `settle`; until then their records are not missing."""
        return [mark for world in self._worlds.values() for mark in world.wanted_snapshots()]

    def load(self, mark: Mark, content: bytes | None) -> bool:
        """A snapshot that is missing; None, or one that is of no use: then its records are missing. Whether it was used."""
        world = self._worlds[mark.status]
        found = read(content, world)
        unsure = world.take_unsure(mark.incident_id)
        if not world.adopt(mark, found.fold if found else None) or found is None:
            return False
        for incident_id, shown in found.shown.items():
            self._shown[mark.status, incident_id] = shown
            if unsure:
                shown.say_again()
        return True

    def row(self, status: Status, incident_id: str, unit: str) -> UnitUpdate | None:
        """The row last answered of a unit of an incident id; None where none is shown."""
        shown = self._shown.get((status, incident_id))
        return shown.row(unit) if shown else None

    def alarm(self, alarm: Alarm) -> Alarm | None:
        """The alarm of the same key as it stands; None where none is raised."""
        shown = self._shown.get((alarm.status, alarm.incident_id))
        return shown.alarm((alarm.kind, alarm.subject)) if shown else None

    def outcome(self, record_id: str) -> Outcome | None:
        """A record's outcome; None where this picture does not judge it, or not yet."""
        entry = self._register.entries.get(record_id)
        if entry is None:
            return None
        docket = self._register.docket_of(entry)
        world = self._worlds[docket.status]
        fold = world.fold(world.canonical(docket.incident_id))
        return fold.outcome(record_id) if fold else None

    def closed_incidents(self) -> Iterator[Closed]:
        """The closed incidents in memory; do not release any while iterating."""
        for status, world in self._worlds.items():
            for incident_id, fold in world.folds():
                if fold.head.closed:
                    yield Closed(status, incident_id, fold.newest_stamp)

    def release(self, status: Status, incident_id: str) -> bool:
        """A closed incident, or one whose snapshot was offered and fits, leaves memory until something reaches it.

        Nothing shown changes. False where it cannot: it is open and has no snapshot, it is not settled or not this
        picture's own, or a delivery of it has no origin.
        """
        world = self._worlds[status]
        released = world.release(incident_id)
        if released == "rests":
            self._shown[status, incident_id].rest()
        if released == "has a snapshot":
            for one in (incident_id, *world.aliases(incident_id)):
                self._shown.pop((status, one), None)
        return released != "no"

    def _admit(self, stamped: Stamped) -> Iterator[Loser]:
        """One id, one record: the earliest stamp, then the smaller digest wins. The winner's own origin comes first."""
        known = self._register.entries.get(stamped.record_id)
        if known is None:
            self._worlds[stamped.record.status].add(stamped)
        elif (stamped.stamp, stamped.digest) < (known.stamp, known.digest):
            if known.digest == stamped.digest:
                stamped.origins += tuple(other for other in known.origins if other not in stamped.origins)
            else:
                yield from _losers(stamped.record_id, known.origins)
            self._worlds[self._register.docket_of(known).status].remove(stamped.record_id)
            self._worlds[stamped.record.status].add(stamped)
        elif stamped.digest != known.digest:
            yield from _losers(stamped.record_id, stamped.origins)
        elif news := tuple(origin for origin in stamped.origins if origin not in known.origins):
            if isinstance(known, Thin):
                self._register.entries[stamped.record_id] = known.lies_also_at(news)
            else:
                known.origins += news

    def _settle(self, status: Status) -> Iterator[Change]:
        world = self._worlds[status]
        remade, moved = world.settle()
        if status == "Actual" and self._now is not None:
            for one in self._due.take(self._now):
                if world.fold(one) is None:
                    world.wake(one)
                else:
                    moved.add(one)
        for incident_id in sorted(remade | moved):
            into = world.canonical(incident_id)
            if world.is_at_rest(into):
                # It was gained, and its snapshot knows all of this.
                continue
            if not world.is_ours(into):
                forgotten = self._shown.pop((status, incident_id), None)
                change = forgotten.end(into) if forgotten else None
            else:
                shown = self._shown.setdefault((status, incident_id), ShownIncident(status, incident_id))
                fold = world.fold(incident_id)
                change = shown.show(
                    fold,
                    into if into != incident_id else None,
                    world.aliases(incident_id) if incident_id in remade else None,
                    self._now if status == "Actual" or fold is None else fold.newest_stamp,
                )
                if status == "Actual" and fold is not None:
                    self._due.plan(incident_id, fold.attention.next_due())
            if change is not None:
                yield change


def _losers(record_id: str, origins: Iterable[Origin]) -> Iterator[Loser]:
    for origin in origins:
        yield Loser(record_id, origin)
