"""Who has which id, and which records are filed under which incident id (records.md 2), in all statuses."""

from __future__ import annotations

from collections.abc import Iterator

from schemas.records import Correction, IncidentMerge, Status
from streams.picture.stamped import Stamped
from streams.picture.thin import SUM_BITS, Thin, content_mark, thin

Entry = Stamped | Thin
"""A record in full, or only what must be known of it."""


class Docket:
    """The records filed under one incident id in one status. `content_sum` is the same for the same set of records."""

    __slots__ = ("content_sum", "incident_id", "number", "record_ids", "status")

    def __init__(self, number: int, status: Status, incident_id: str) -> None:
        self.number, self.status, self.incident_id = number, status, incident_id
        self.record_ids: list[str] = []
        """In the order of their arrival; one that left may still be named, one that came back twice."""
        self.content_sum = 0

    @property
    def sum_bytes(self) -> bytes:
        """The content sum; empty for a docket that never had a record."""
        return self.content_sum.to_bytes(SUM_BITS // 8, "big") if self.content_sum else b""

    def count(self, entry: Entry, sign: int) -> None:
        """A record came (1) or left (-1)."""
        self.content_sum = (self.content_sum + sign * content_mark(entry)) % (1 << SUM_BITS)


class Register:
    """record_id → the record that has the id; each incident id's docket."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}
        self.numbered: list[Docket] = []
        """By their numbers."""
        self._dockets: dict[Status, dict[str, Docket]] = {}

    def dockets(self, status: Status) -> dict[str, Docket]:
        """Incident id → docket of one status."""
        return self._dockets.setdefault(status, {})

    def docket_of(self, entry: Entry) -> Docket:
        """Where a known record is filed."""
        if isinstance(entry, Thin):
            return self.numbered[entry.docket]
        return self._dockets[entry.record.status][entry.record.incident_id]

    def put(self, stamped: Stamped) -> Docket:
        """A record takes its id."""
        status, incident_id = stamped.record.status, stamped.record.incident_id
        dockets = self.dockets(status)
        docket = dockets.get(incident_id)
        if docket is None:
            docket = dockets[incident_id] = Docket(len(self.numbered), status, incident_id)
            self.numbered.append(docket)
        docket.record_ids.append(stamped.record_id)
        docket.count(stamped, 1)
        self.entries[stamped.record_id] = stamped
        return docket

    def remove(self, record_id: str) -> Docket:
        """Another content, or an earlier stamp, takes its place."""
        entry = self.entries.pop(record_id)
        docket = self.docket_of(entry)
        docket.count(entry, -1)
        return docket

    def filed(self, docket: Docket | None) -> Iterator[tuple[str, Entry]]:
        """(record_id, record) of a docket."""
        if docket is None:
            return
        found: dict[str, Entry] = {}
        for record_id in docket.record_ids:
            entry = self.entries.get(record_id)
            if entry is not None and self.docket_of(entry) is docket:
                found[record_id] = entry
        docket.record_ids[:] = found
        yield from found.items()

    def full(self, docket: Docket | None) -> Iterator[Stamped]:
        """The records of a docket that are known in full."""
        return (entry for _, entry in self.filed(docket) if isinstance(entry, Stamped))

    def missing(self, docket: Docket | None) -> Iterator[Thin]:
        """Those that are not."""
        return (entry for _, entry in self.filed(docket) if isinstance(entry, Thin))

    def make_thin(self, docket: Docket | None) -> None:
        """Keep no more of a docket's records than must be known in every picture."""
        for stamped in self.full(docket):
            self.thin(stamped)

    def thin(self, stamped: Stamped) -> None:
        """Keep no more of a record than must be known in every picture.

        One whose deliveries lie nowhere stays, as it could not be read again.
        """
        if stamped.origins and not self.is_kept_whole(stamped):
            self.entries[stamped.record_id] = self.thinned(stamped)

    def thinned(self, stamped: Stamped) -> Thin:
        """Its thin entry."""
        docket = self.docket_of(stamped)
        return thin(stamped.stamp, docket.number, stamped.digest, stamped.origins)

    @staticmethod
    def is_kept_whole(stamped: Stamped) -> bool:
        """Of a merge or correction all must be known in every picture (R14)."""
        return isinstance(stamped.record, Correction | IncidentMerge)

    def restore(self, status: Status, incident_id: str, content_sum: bytes, record_ids: list[str]) -> None:
        """A docket as it was, in the order of their numbers."""
        docket = Docket(len(self.numbered), status, incident_id)
        docket.content_sum = int.from_bytes(content_sum, "big")
        docket.record_ids = record_ids
        self.dockets(status)[incident_id] = docket
        self.numbered.append(docket)

    def fill(self, stamped: Stamped) -> bool:
        """A record known thinly is known in full again; False if this is not the delivery that counts."""
        entry = self.entries.get(stamped.record_id)
        if not isinstance(entry, Thin) or (entry.stamp, entry.digest) != (stamped.stamp, stamped.digest):
            return False
        stamped.origins = entry.origins
        self.entries[stamped.record_id] = stamped
        return True
