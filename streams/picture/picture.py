"""The picture: a pure function of the set of stamped records (records.md 1).

`Picture.apply(deliveries)` takes deliveries in any order, repeated or not, and answers what has changed in what is
shown: the changes that, applied to the picture before, make the fold of all records so far. No clock, no I/O.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from schemas.records import Status
from streams.picture.shown import Change, ShownIncident
from streams.picture.stamped import Origin, Stamped
from streams.picture.world import StatusWorld

STATUSES: tuple[Status, ...] = ("Actual", "Exercise", "Test")


class Loser(msgspec.Struct, frozen=True):
    """A delivery whose id belongs to another content (records.md 2): it goes to the dead letters."""

    record_id: str
    origin: Origin


class Changes(msgspec.Struct, frozen=True):
    """What a batch of deliveries changed."""

    incidents: tuple[Change, ...] = ()
    losers: tuple[Loser, ...] = ()


class Picture:
    """All records known so far and what is shown of them."""

    def __init__(self) -> None:
        self._winners: dict[str, Stamped] = {}
        self._worlds: dict[Status, StatusWorld] = {status: StatusWorld() for status in STATUSES}
        self._shown: dict[tuple[Status, str], ShownIncident] = {}

    def __len__(self) -> int:
        """The number of records; deliveries of one id count once."""
        return len(self._winners)

    def records(self) -> Iterator[Stamped]:
        """The records, each with its earliest stamp."""
        yield from self._winners.values()

    def world(self, status: Status) -> StatusWorld:
        """All records of one status and the folds of its incidents."""
        return self._worlds[status]

    def apply(self, deliveries: Iterable[Stamped]) -> Changes:
        """Take deliveries, in any order; answers every change of what is shown. Raises UnjudgeableError."""
        losers = self.admit(deliveries)
        return Changes(tuple(self.settle()), tuple(losers))

    def admit(self, deliveries: Iterable[Stamped]) -> list[Loser]:
        """Take deliveries without judging them yet; answers those whose id belongs to another content."""
        return [loser for stamped in deliveries for loser in self._admit(stamped)]

    def settle(self) -> list[Change]:
        """Judge what was admitted; answers every change of what is shown.

        Raises UnjudgeableError; the picture is of no use then, make a new one without that record.
        """
        return [change for status in STATUSES for change in self._settle(status)]

    def _admit(self, stamped: Stamped) -> Iterator[Loser]:
        """One id, one record: the earliest stamp, then the smaller digest wins."""
        known = self._winners.get(stamped.record_id)
        if known is None:
            self._put(stamped)
        elif (stamped.stamp, stamped.digest) < (known.stamp, known.digest):
            self._worlds[known.record.status].remove(known)
            if known.digest == stamped.digest:
                stamped.origins = known.origins + stamped.origins
            else:
                yield from _losers(known)
            self._put(stamped)
        elif stamped.digest == known.digest:
            known.origins += stamped.origins
        else:
            yield from _losers(stamped)

    def _put(self, stamped: Stamped) -> None:
        self._winners[stamped.record_id] = stamped
        self._worlds[stamped.record.status].add(stamped)

    def _settle(self, status: Status) -> Iterator[Change]:
        world = self._worlds[status]
        remade, moved = world.settle()
        for incident_id in sorted(remade | moved):
            shown = self._shown.setdefault((status, incident_id), ShownIncident(status, incident_id))
            into = world.canonical(incident_id)
            change = shown.show(
                world.fold(incident_id),
                into if into != incident_id else None,
                world.aliases(incident_id) if incident_id in remade else None,
            )
            if change is not None:
                yield change


def _losers(stamped: Stamped) -> Iterator[Loser]:
    for origin in stamped.origins:
        yield Loser(stamped.record_id, origin)
