"""What a picture does with records of incidents that are not its own, or at rest: next to nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from schemas.records import Status
from streams.picture.incident import IncidentFold
from streams.picture.picture import Picture
from streams.picture.shown import Change
from streams.picture.stamped import Origin, Stamped
from streams.picture.thin import Thin
from streams.picture.world import MissingRecordsError
from tests.unit.streams.records import INCIDENT, TOWN, record, report, stamped

STATUS: Status = "Exercise"
FOREIGN = "010400-371323-20240709-02"
ALIAS = "010400-371323-20240709-03"


class Reader:
    """A picture and the log that it reads; counts what it judges and what it reads again."""

    def __init__(self, owns: Callable[[str], bool], monkeypatch: pytest.MonkeyPatch) -> None:
        self.picture = Picture(owns)
        self.judged = 0
        self.read_again: list[Origin] = []
        self._contents: list[dict[str, Any]] = []
        take = IncidentFold._take

        def counted(fold: IncidentFold, step: Any) -> None:
            self.judged += 1
            take(fold, step)

        monkeypatch.setattr(IncidentFold, "_take", counted)

    def take(self, *contents: dict[str, Any]) -> list[Change]:
        """Deliver one batch."""
        first = len(self._contents)
        self._contents += contents
        self.picture.admit(stamped(content, first + number) for number, content in enumerate(contents))
        return self.settle()

    def settle(self) -> list[Change]:
        """Read again what is missing, and settle."""
        while origins := self.picture.missing():
            self.read_again += origins
            self.picture.fill(self._read(origins))
        return self.picture.settle()

    def _read(self, origins: Iterable[Origin]) -> Iterable[Stamped]:
        return (stamped(self._contents[offset], offset) for _, _, offset in origins)


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> Reader:
    return Reader(lambda incident_id: incident_id != FOREIGN, monkeypatch)


def reports(incident_id: str, count: int = 20) -> list[dict[str, Any]]:
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


def test_foreign_records_are_neither_judged_nor_kept(reader: Reader) -> None:
    assert reader.take(*reports(FOREIGN)) == []
    assert reader.judged == 0
    assert list(reader.picture.records()) == []
    assert len(reader.picture) == 20
    assert reader.read_again == []


def test_a_review_of_a_foreign_record_needs_none_of_it(reader: Reader) -> None:
    reader.take(*reports(FOREIGN), report(1, TOWN, {"missing": 1}))
    review = record(60, "review", target=f"{FOREIGN}-3", decision="return", reason="核查")
    (change,) = reader.take(review)
    assert [outcome.flags for outcome in change.outcomes] == [("foreign_base",)]
    assert reader.judged == 2
    assert reader.read_again == []


def test_a_merge_into_ours_reads_the_foreign_records_once(reader: Reader) -> None:
    reader.take(*reports(FOREIGN), report(1, TOWN, {"missing": 1}))
    merge = record(
        90, "incident_merge", level="county", **{"from": FOREIGN, "into": INCIDENT}, reason="同一次过程"
    )
    changes = reader.take(merge)
    assert len(reader.read_again) == 20
    assert reader.judged == 1 + 1 + 20
    assert {change.incident_id for change in changes} == {FOREIGN, INCIDENT}
    reader.take(*reports(FOREIGN, 25)[20:])
    assert len(reader.read_again) == 20
    assert reader.judged == 1 + 1 + 25


def test_a_merge_into_a_foreign_one_lets_ours_go(reader: Reader) -> None:
    reader.take(*reports(INCIDENT))
    judged = reader.judged
    merge = record(
        90,
        "incident_merge",
        level="county",
        incident_id=FOREIGN,
        **{"from": INCIDENT, "into": FOREIGN},
        reason="同一次过程",
    )
    assert reader.take(merge) == []
    assert reader.judged == judged
    assert [kept.record_id for kept in reader.picture.records()] == [merge["record_id"]]
    # Undone, it is shown again, whole.
    undone = record(95, "correction", supersedes=merge["record_id"], rows=[], reason="不是同一次过程")
    (change,) = reader.take(undone)
    assert change.whole
    assert change.incident_id == change.canonical_id == INCIDENT
    assert len(change.outcomes) == 21
    assert len(reader.read_again) == 20


def test_a_closed_incident_rests_until_something_reaches_it(reader: Reader) -> None:
    reader.take(*reports(INCIDENT), record(80, "incident_close"))
    (closed,) = reader.picture.closed_incidents()
    assert reader.picture.release(STATUS, INCIDENT)
    assert list(reader.picture.records()) == []
    judged = reader.judged

    assert reader.take(*reports(ALIAS)) != []
    assert reader.judged == judged + 20, "others do not wake it"
    assert reader.read_again == []

    (change,) = reader.take(report(90, TOWN, {"missing": 30}))
    assert closed.newest < stamped(report(90, TOWN, {"missing": 30})).stamp
    assert len(reader.read_again) == 21
    # It differs in the new record, the one that was in force before, and the rows of its town.
    assert not change.whole
    assert len(change.outcomes) == 2


def test_an_open_incident_does_not_rest(reader: Reader) -> None:
    reader.take(*reports(INCIDENT))
    assert list(reader.picture.closed_incidents()) == []
    assert not reader.picture.release(STATUS, INCIDENT)
    assert not reader.picture.release(STATUS, FOREIGN)


def test_nothing_is_shown_while_records_are_missing(reader: Reader) -> None:
    reader.take(*reports(FOREIGN))
    reader.picture.assign(lambda _: True)
    assert len(reader.picture.missing()) == 20
    with pytest.raises(MissingRecordsError):
        reader.picture.settle()
    (change,) = reader.settle()
    assert change.whole
    assert len(change.outcomes) == 20


def test_what_is_lost_is_forgotten_and_answered_for_no_more(reader: Reader) -> None:
    reader.take(*reports(INCIDENT))
    reader.picture.assign(lambda _: False)
    assert reader.settle() == []
    assert list(reader.picture.records()) == []
    assert not reader.picture.answers_for(STATUS, INCIDENT)


def test_an_index_entry_says_where_the_record_lies() -> None:
    picture = Picture(lambda _: False)
    content = report(1, TOWN, {"missing": 1})
    first, again = stamped(content, 7), stamped(content, 9)
    picture.admit([first])
    picture.admit([again])
    entry = picture._register.entries[content["record_id"]]
    assert isinstance(entry, Thin)
    assert (entry.stamp, entry.digest) == (first.stamp, first.digest)
    assert [offset for _, _, offset in entry.origins] == [7, 9]
