"""The cost of a change, not of the history: how many judgings a late record, correction, review or merge takes."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.records import Status
from streams.picture.moments import END, Moment
from streams.picture.picture import Picture
from streams.picture.reigns import Cell, Statement
from tests.unit.streams.records import COUNTY, INCIDENT, OTHER_TOWN, TOWN, record, report, stamped

STATUS: Status = "Exercise"
SECOND = "010400-371323-20240709-02"
TOWNS = [f"371323{town}000" for town in range(200, 240)]


class Counted:
    """A picture of 40 townships' hourly reports, and how many judgings each further delivery takes."""

    def __init__(self) -> None:
        self.picture = Picture()
        self.reports = [
            report(60 * hour + 2, town, {"missing": hour}, org=f"{town}应急办", reason="续报")
            for hour in range(1, 20)
            for town in TOWNS
        ]
        self.picture.apply(stamped(content) for content in self.reports)

    def cost(self, content: dict[str, Any]) -> int:
        """Judgings in the incident and in the second one until the picture is right again."""
        before = self._taken()
        self.picture.apply([stamped(content)])
        return self._taken() - before

    def _taken(self) -> int:
        world = self.picture.world(STATUS)
        folds = (world.fold(incident_id) for incident_id in (INCIDENT, SECOND))
        return sum(fold.state.agenda.taken for fold in folds if fold is not None)


def test_the_newest_report_is_one_judging() -> None:
    assert Counted().cost(report(2000, TOWNS[0], {"missing": 30})) == 1


def test_a_late_report_concerns_the_next_report_of_its_cell_only() -> None:
    counted = Counted()
    assert counted.cost(report(60 * 5 + 30, TOWNS[0], {"missing": 5}, org=f"{TOWNS[0]}应急办")) == 2
    # One that never was in force concerns nobody.
    assert counted.cost(report(60 * 5 + 40, TOWNS[0], {"missing": 1}, as_of=70)) == 1
    assert counted.cost(report(60 * 5 + 50, OTHER_TOWN, {"missing": 1})) == 1


def test_a_late_correction_and_a_late_return_concern_one_cell() -> None:
    counted = Counted()
    fifth = counted.reports[4 * len(TOWNS)]
    rows = [{"unit": TOWNS[0], "values": {"missing": 4}}]
    correction = record(60 * 5 + 20, "correction", supersedes=fifth["record_id"], rows=rows, reason="更正")
    assert counted.cost(correction) <= 2
    review = record(60 * 5 + 30, "review", target=fifth["record_id"], decision="return", reason="核查")
    assert counted.cost(review) <= 2


def test_a_late_verification_concerns_the_later_reports_of_its_county() -> None:
    counted = Counted()
    assert counted.cost(record(60 * 18 + 30, "verification", counties=["371323"])) == 1 + len(TOWNS)
    assert counted.cost(record(60 * 2 + 30, "verification", counties=["371324"])) == 1


def test_a_late_clue_concerns_nobody_and_a_late_report_the_clues_that_saw_it() -> None:
    counted = Counted()
    for minute in (60 * 5 + 10, 60 * 5 + 40, 60 * 9):
        clue = report(minute, COUNTY, {"missing": 1}, class_="media", org="媒体")  # R2: as a clue
        assert counted.cost(clue) == 1
    # In force until the report of the sixth hour: of the clues only the second falls into its time.
    assert counted.cost(report(60 * 5 + 30, TOWNS[0], {"missing": 5}, org=f"{TOWNS[0]}应急办")) == 3


def test_a_merge_moves_the_records_of_the_smaller_incident_only() -> None:
    counted = Counted()
    for minute in (10, 20, 30):
        counted.cost(report(minute, TOWN, {"missing": minute}, incident_id=SECOND))
    names = {"from": SECOND, "into": INCIDENT, "reason": "同一次过程"}
    merge = record(2000, "incident_merge", level="county", **names)
    before = counted.picture.world(STATUS).fold(INCIDENT)
    assert before is not None
    taken = before.state.agenda.taken
    counted.picture.apply([stamped(merge)])
    assert counted.picture.world(STATUS).fold(INCIDENT) is before
    assert before.state.agenda.taken - taken == 1 + 3


def test_a_prefectures_verification_looks_at_no_cell_of_a_county_that_has_verified(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counted = Counted()
    counted.cost(record(2000, "verification", counties=["371323"], level="county"))
    looked_at = 0
    reign = Cell.reign

    def counting(cell: Cell, at: Moment = END) -> Statement | None:
        nonlocal looked_at
        looked_at += at is not END
        return reign(cell, at)

    monkeypatch.setattr(Cell, "reign", counting)
    assert counted.cost(record(2001, "verification", counties=["3713"], level="prefecture")) == 1
    assert looked_at == 0
    # A county that has not: the first of its cells in force is enough to refuse.
    for town in range(101, 121):
        counted.cost(report(2002, f"371324{town}000", {"missing": 1}, org=f"{town}应急办"))
    looked_at = 0
    counted.cost(record(2003, "verification", counties=["3713"], level="prefecture"))
    assert looked_at == 1
