"""Snapshots are a cache: used where they fit, passed over where they do not, and nothing is loaded that nobody needs."""

from __future__ import annotations

import hashlib
import pickle
from typing import Any

import pytest

from schemas.records import Status
from streams.picture import snapshots
from streams.picture.fingerprint import fingerprint
from streams.picture.incident import IncidentFold
from streams.picture.object_graphs import ForeignClassError, loads
from streams.picture.picture import Picture
from streams.picture.snapshots import Snapshot, sealed, unsealed
from tests.unit.streams.records import INCIDENT, TOWN, record, report, stamped

STATUS: Status = "Exercise"
OTHER = "010400-371323-20240709-02"


def of(incident_id: str, count: int = 10) -> list[dict[str, Any]]:
    return [
        report(
            minute + 2,
            TOWN,
            {"missing": minute},
            incident_id=incident_id,
            record_id=f"{incident_id}-{minute}",
        )
        for minute in range(1, count + 1)
    ]


class Log:
    """Two incidents, a picture of them, their snapshots and the index, as a dying owner leaves them."""

    def __init__(self) -> None:
        self.contents = [*of(INCIDENT), *of(OTHER)]
        self.picture = Picture()
        self.picture.apply(stamped(content, place) for place, content in enumerate(self.contents))
        taken = [self.picture.snapshot(STATUS, incident_id) for incident_id in (INCIDENT, OTHER)]
        self.snapshots = {kept.mark.incident_id: kept for kept in taken if kept is not None}
        self.index = self.picture.index()

    def next_owner(self, *tail: dict[str, Any]) -> Picture:
        """A picture made of the index, the tail and the snapshots on offer."""
        picture = Picture.of_index(self.index)
        assert picture is not None
        first = len(self.contents)
        self.contents += tail
        picture.admit(stamped(content, first + place) for place, content in enumerate(tail))
        picture.offer(kept.mark for kept in self.snapshots.values())
        picture.assign(lambda _: True)
        return picture

    def fill(self, picture: Picture) -> None:
        """Read what a picture is missing."""
        picture.fill(stamped(self.contents[offset], offset) for _, _, offset in picture.missing())


def test_a_takeover_loads_nothing_where_nothing_is_new(monkeypatch: pytest.MonkeyPatch) -> None:
    log = Log()
    monkeypatch.setattr(IncidentFold, "_take", lambda *_: pytest.fail("something was judged"))
    picture = log.next_owner()
    assert (picture.missing_snapshots(), picture.missing(), picture.settle()) == ([], [], [])
    assert len(picture) == 20


def test_a_record_in_the_tail_loads_its_incident_only() -> None:
    log = Log()
    picture = log.next_owner(report(30, TOWN, {"missing": 30}))
    (mark,) = picture.missing_snapshots()
    assert mark.incident_id == INCIDENT
    assert picture.missing() == []
    assert picture.load(mark, log.snapshots[INCIDENT].content)
    assert picture.missing() == [("incident.reports", 0, 20)]
    log.fill(picture)
    (change,) = picture.settle()
    # Another owner may have shown something in between: everything is said again.
    assert change.whole
    assert len(change.outcomes) == 11
    folded = Picture()
    folded.apply(stamped(content, place) for place, content in enumerate(log.contents))
    for unit in ("000000000000", TOWN):
        assert picture.row(STATUS, INCIDENT, unit) == folded.row(STATUS, INCIDENT, unit)


@pytest.mark.parametrize("content", [None, b"", b"x" * 100])
def test_without_its_snapshot_an_incident_is_read_from_the_log(content: bytes | None) -> None:
    log = Log()
    picture = log.next_owner(report(30, TOWN, {"missing": 30}))
    (mark,) = picture.missing_snapshots()
    assert not picture.load(mark, content)
    assert len(picture.missing()) == 11
    log.fill(picture)
    (change,) = picture.settle()
    assert len(change.outcomes) == 11


def test_a_damaged_snapshot_and_one_of_another_programme_are_of_no_use(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    raw = sealed(b"content")
    assert unsealed(raw) == b"content"
    assert unsealed(raw[:-1] + b"X") is None
    monkeypatch.setattr(snapshots, "fingerprint", lambda: hashlib.sha256(b"another").digest())
    assert unsealed(raw) is None
    assert Picture.of_index(raw) is None


def test_the_fingerprint_is_of_the_sources() -> None:
    assert len(fingerprint()) == 32
    assert fingerprint() == fingerprint()


@pytest.mark.parametrize("what", [eval, pickle.loads, __import__])
def test_bytes_that_name_anything_else_make_nothing(what: Any) -> None:
    with pytest.raises(ForeignClassError):
        loads(pickle.dumps(what), Picture().world(STATUS))


def test_an_open_incident_rests_where_its_snapshot_is_at_hand() -> None:
    log = Log()
    snapshot: Snapshot = log.snapshots[INCIDENT]
    assert not log.picture.release(STATUS, INCIDENT)
    log.picture.offer([snapshot.mark])
    assert log.picture.release(STATUS, INCIDENT)
    assert {kept.record.incident_id for kept in log.picture.records()} == {OTHER}
    # What comes now is told as if it had never been away.
    log.picture.admit([stamped(report(30, TOWN, {"missing": 30}), 90)])
    (mark,) = log.picture.missing_snapshots()
    assert log.picture.load(mark, snapshot.content)
    (change,) = log.picture.settle()
    assert not change.whole
    assert len(change.outcomes) == 2


def test_an_older_snapshot_does_not_let_an_incident_rest() -> None:
    log = Log()
    log.picture.offer([log.snapshots[INCIDENT].mark])
    log.picture.apply([stamped(report(30, TOWN, {"missing": 30}), 90)])
    assert not log.picture.release(STATUS, INCIDENT)


def test_no_snapshot_is_taken_of_what_is_not_settled() -> None:
    log = Log()
    log.picture.admit([stamped(record(30, "zero_report"), 90)])
    assert log.picture.snapshot(STATUS, INCIDENT) is None
