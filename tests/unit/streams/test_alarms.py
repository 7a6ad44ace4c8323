"""Worked examples of the alarms that are not breaches: conflict, overdue, missing_report, over_capacity."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.unit.streams.records import (
    COUNTY,
    INCIDENT,
    NATION,
    OTHER_TOWN,
    START,
    TOWN,
    Viewer,
    record,
    report,
)

DAY = 24 * 60
OTHER_COUNTY = "371324000000"
PREFECTURE = "371300000000"
MEDIA: dict[str, Any] = {"class_": "media", "org": "媒体"}
BRANCH = "院东头镇派出机构"


def correction(
    minute: int, of: dict[str, Any], unit: str, values: dict[str, Any], **more: Any
) -> dict[str, Any]:
    rows = [{"unit": unit, "values": values}]
    return record(minute, "correction", supersedes=of["record_id"], reason="核对", rows=rows, **more)


def review(minute: int, of: dict[str, Any], decision: str) -> dict[str, Any]:
    return record(minute, "review", target=of["record_id"], decision=decision, reason="核查", level="county")


class TestConflict:
    subject = f"{TOWN}/missing"

    def test_a_clue_that_differs_stands_until_the_figures_are_equal(self) -> None:
        official, clue = report(1, TOWN, {"missing": 26}), report(2, TOWN, {"missing": 35}, **MEDIA)
        viewer = Viewer().apply(official, clue)
        alarm = viewer.standing("conflict")[self.subject]
        assert (alarm.unit, set(alarm.record_ids)) == (TOWN, {official["record_id"], clue["record_id"]})
        assert alarm.detail == "missing=26, 媒体=35"
        viewer.apply(report(3, TOWN, {"missing": 28}))
        assert viewer.standing("conflict")[self.subject].detail == "missing=28, 媒体=35"
        viewer.apply(report(4, TOWN, {"missing": 35}))
        assert viewer.standing("conflict") == {}
        assert viewer.alarms["conflict", self.subject].state == "cleared"

    def test_a_clue_is_compared_with_the_total(self) -> None:
        viewer = Viewer().apply(
            report(1, TOWN, {"missing": 3}),
            report(2, OTHER_TOWN, {"missing": 2}, org="泉庄镇应急办"),
            report(3, COUNTY, {"missing": 5}, **MEDIA),
        )
        assert viewer.standing("conflict") == {}
        viewer.apply(report(4, OTHER_TOWN, {"missing": 4}, org="泉庄镇应急办"))
        # The clue agreed and is older than this: it is no older than the other township's part.
        assert set(viewer.standing("conflict")) == {f"{COUNTY}/missing"}
        viewer.apply(report(5, TOWN, {"missing": 3}))
        assert viewer.standing("conflict") == {}

    def test_a_clue_that_is_withdrawn_or_says_something_newer(self) -> None:
        clue = report(2, TOWN, {"missing": 35}, **MEDIA)
        viewer = Viewer().apply(report(1, TOWN, {"missing": 26}), clue)
        viewer.apply(correction(3, clue, TOWN, {"missing": None}))
        assert viewer.standing("conflict") == {}
        viewer.apply(report(4, TOWN, {"missing": 30}, **MEDIA))
        assert set(viewer.standing("conflict")) == {self.subject}
        viewer.apply(report(5, TOWN, {"missing": 26}, **MEDIA))
        assert viewer.standing("conflict") == {}

    def test_a_clue_that_turns_out_to_have_differed_at_its_turn(self) -> None:
        """A late record changes what the clue met, and nothing that the county shows now."""
        viewer = Viewer().apply(
            report(5, COUNTY, {"missing": 26}, **MEDIA), report(10, TOWN, {"missing": 28})
        )
        assert viewer.standing("conflict") == {}
        viewer.apply(report(1, TOWN, {"missing": 20}))
        assert viewer.figure(COUNTY, "missing").total == 28
        assert set(viewer.standing("conflict")) == {f"{COUNTY}/missing"}

    def test_a_value_held_for_conflict_until_it_is_released_or_returned(self) -> None:
        held = report(3, TOWN, {"missing": 9}, as_of=1, org=BRANCH)
        for decision in ("release", "return"):
            viewer = Viewer().apply(report(1, TOWN, {"missing": 3}), held)
            assert viewer.standing("conflict")[self.subject].detail == f"missing=3, {BRANCH}=9"
            viewer.apply(review(5, held, decision))
            assert viewer.standing("conflict") == {}

    def test_a_value_held_for_conflict_whose_office_has_said_something_newer(self) -> None:
        viewer = Viewer().apply(
            report(1, TOWN, {"missing": 3}), report(3, TOWN, {"missing": 9}, as_of=1, org=BRANCH)
        )
        viewer.apply(report(10, TOWN, {"missing": 4}))
        assert set(viewer.standing("conflict")) == {self.subject}
        viewer.apply(report(11, TOWN, {"missing": 4}, org=BRANCH))
        assert viewer.standing("conflict") == {}

    def test_a_decrease_without_a_reason_is_no_conflict_of_sources(self) -> None:
        viewer = Viewer().apply(report(1, TOWN, {"dead": 3}), report(2, TOWN, {"dead": 2}))
        assert viewer.standing("conflict") == {}

    def test_two_papers_of_one_number(self) -> None:
        def dispatch(minute: int, sorties: int) -> dict[str, Any]:
            fields = {"doc_no": "H-1", "mode": "air", "resource": "直升机", "persons_lifted": 4}
            return record(minute, "dispatch", unit=TOWN, sorties=sorties, **fields)

        first, second = dispatch(1, 2), dispatch(2, 3)
        viewer = Viewer().apply(second).apply(first)
        alarm = viewer.standing("conflict")["dispatch/H-1"]
        assert (alarm.unit, set(alarm.record_ids)) == (TOWN, {first["record_id"], second["record_id"]})
        viewer.apply(review(3, second, "return"))
        assert viewer.standing("conflict") == {}


class TestOverdue:
    def late(self, **fields: Any) -> dict[str, Any]:
        return report(
            0,
            TOWN,
            {"dead": 1},
            stage="initial",
            occurred_at=(START - timedelta(hours=3)).isoformat(),
            **fields,
        )

    def test_it_stands_until_the_report_is_returned(self) -> None:
        late = self.late()
        viewer = Viewer().apply(late)
        alarm = viewer.standing("overdue")[late["record_id"]]
        assert (alarm.unit, alarm.record_ids) == (COUNTY, (late["record_id"],))
        assert alarm.detail == "occurred_at=2024-07-09T05:00:00+08:00, sent_at=2024-07-09T08:00:00+08:00"
        viewer.apply(report(60, TOWN, {"dead": 2}))
        assert set(viewer.standing("overdue")) == {late["record_id"]}
        viewer.apply(review(70, late, "return"))
        assert viewer.standing("overdue") == {}

    def test_closing_the_incident_clears_it_and_opening_again_raises_it(self) -> None:
        late = self.late()
        viewer = Viewer().apply(late, record(10, "incident_close"))
        assert viewer.standing("overdue") == {}
        opening = record(
            20, "incident_open", name="样例", hazard="暴雨", occurred_at=START.isoformat(), origin_unit=COUNTY
        )
        viewer.apply(opening)
        assert set(viewer.standing("overdue")) == {late["record_id"]}

    def test_it_concerns_the_lowest_unit_above_all_its_rows(self) -> None:
        late = self.late(level="prefecture")
        late["rows"].append({"unit": OTHER_COUNTY, "values": {"dead": 1}})
        viewer = Viewer().apply(late)
        assert viewer.standing("overdue")[late["record_id"]].unit == PREFECTURE
        both = self.late(level="county")
        both["rows"].append({"unit": OTHER_COUNTY, "values": {"dead": 2}})
        viewer = Viewer().apply(both)
        assert viewer.standing("overdue")[both["record_id"]].unit == PREFECTURE


class TestMissingReport:
    """Status Actual: the clock is what has been read so far."""

    def silent(self, viewer: Viewer) -> set[str]:
        return set(viewer.standing("missing_report"))

    def test_a_county_is_silent_after_a_day_until_it_reports(self) -> None:
        first = report(0, TOWN, {"dead": 1}, status="Actual")
        viewer = Viewer().apply(first).clock(DAY)
        assert self.silent(viewer) == set()
        viewer.clock(DAY + 1)
        alarm = viewer.standing("missing_report")[COUNTY]
        assert (alarm.unit, alarm.record_ids) == (COUNTY, (first["record_id"],))
        assert alarm.detail == "last_sent_at=2024-07-09T08:00:00+08:00, due_at=2024-07-10T08:00:00+08:00"
        viewer.apply(report(DAY + 2, OTHER_TOWN, {"dead": 0}, org="泉庄镇应急办", status="Actual"))
        assert self.silent(viewer) == set()
        viewer.clock(2 * DAY + 3)
        assert self.silent(viewer) == {COUNTY}

    def test_nobody_owes_before_the_clock_is_known(self) -> None:
        viewer = Viewer().apply(report(0, TOWN, {"dead": 1}, status="Actual"))
        viewer.apply(report(3 * DAY, "371324101000", {"dead": 1}, status="Actual"))
        assert self.silent(viewer) == set()
        viewer.clock(3 * DAY + 1)
        assert self.silent(viewer) == {COUNTY}

    def test_a_zero_report_counts_with_and_without_rows(self) -> None:
        viewer = Viewer().apply(report(0, TOWN, {"dead": 1}, status="Actual"))
        viewer.apply(record(DAY - 1, "zero_report", status="Actual")).clock(2 * DAY - 2)
        assert self.silent(viewer) == set()
        viewer.clock(2 * DAY)
        assert self.silent(viewer) == {COUNTY}
        stranger = record(2 * DAY, "zero_report", status="Actual", org="从未报过的单位")
        viewer.apply(stranger).clock(2 * DAY + 1)
        assert self.silent(viewer) == {COUNTY}

    def test_what_is_said_beside_is_no_report(self) -> None:
        viewer = Viewer().apply(
            report(0, TOWN, {"dead": 1}, status="Actual"),
            report(DAY, TOWN, {"dead": 1}, status="Actual", **MEDIA),
        )
        viewer.clock(DAY + 1)
        assert self.silent(viewer) == {COUNTY}

    def test_a_report_that_is_held_or_rejected_was_sent_all_the_same(self) -> None:
        viewer = Viewer().apply(
            report(0, TOWN, {"dead": 3, "pop_affected": 9}, status="Actual"),
            report(DAY, TOWN, {"dead": 10, "pop_affected": 9}, status="Actual"),
        )
        viewer.clock(DAY + 60)
        assert self.silent(viewer) == set()

    def test_one_alarm_for_each_level_that_reports(self) -> None:
        viewer = Viewer().apply(
            report(0, TOWN, {"dead": 1}, status="Actual"),
            report(1, OTHER_TOWN, {"dead": 1}, status="Actual", level="county", org="沂水县应急管理局"),
            report(
                2, PREFECTURE, {"injured": 1}, status="Actual", level="prefecture", org="临沂市应急管理局"
            ),
            report(3, NATION, {"injured": 1}, status="Actual", level="nation", org="应急管理部"),
        )
        viewer.clock(2 * DAY)
        assert self.silent(viewer) == {COUNTY, PREFECTURE}

    def test_closing_and_verification_end_the_duty(self) -> None:
        viewer = Viewer().apply(
            report(0, TOWN, {"dead": 1}, status="Actual"),
            report(0, OTHER_COUNTY, {"dead": 1}, status="Actual", level="county"),
        )
        viewer.clock(2 * DAY)
        assert self.silent(viewer) == {COUNTY, OTHER_COUNTY}
        freezing = record(2 * DAY, "verification", counties=["371323"], status="Actual", level="county")
        viewer.apply(freezing)
        assert self.silent(viewer) == {OTHER_COUNTY}
        undo = record(
            2 * DAY + 1,
            "correction",
            supersedes=freezing["record_id"],
            reason="遗漏",
            rows=[],
            status="Actual",
        )
        viewer.apply(undo)
        assert self.silent(viewer) == {COUNTY, OTHER_COUNTY}
        viewer.apply(record(2 * DAY + 2, "incident_close", status="Actual"))
        assert self.silent(viewer) == set()

    def test_a_prefecture_that_has_verified_owes_nothing(self) -> None:
        office = {"level": "prefecture", "org": "临沂市应急管理局", "status": "Actual"}
        viewer = Viewer().apply(
            report(0, TOWN, {"dead": 1}, **office),
            record(1, "verification", counties=["371323", "3713"], **office),
        )
        viewer.clock(3 * DAY)
        assert self.silent(viewer) == set()

    def test_in_a_drought_every_ten_days(self) -> None:
        opening = record(
            0, "incident_open", name="伏旱", hazard="旱灾", occurred_at=START.isoformat(), origin_unit=COUNTY,
            status="Actual",
        )  # fmt: skip
        viewer = Viewer().apply(opening, report(0, TOWN, {"drought_need_aid_cum": 9}, status="Actual"))
        viewer.clock(10 * DAY)
        assert self.silent(viewer) == set()
        viewer.clock(10 * DAY + 1)
        assert self.silent(viewer) == {COUNTY}

    def test_an_exercise_has_the_clock_of_its_own_records(self) -> None:
        viewer = Viewer().apply(report(0, TOWN, {"dead": 1})).clock(30 * DAY)
        assert self.silent(viewer) == set()
        viewer.apply(record(DAY + 1, "alert"))
        assert self.silent(viewer) == {COUNTY}

    def test_a_merge_takes_the_duty_along(self) -> None:
        other = "010400-371323-20240709-02"
        viewer = Viewer().apply(
            report(0, TOWN, {"dead": 1}, status="Actual"),
            report(DAY, TOWN, {"dead": 1}, status="Actual", incident_id=other),
        )
        viewer.clock(DAY + 1)
        assert self.silent(viewer) == {COUNTY}
        merge = {"from": other, "into": INCIDENT, "reason": "同一过程", "level": "prefecture"}
        viewer.apply(record(DAY + 1, "incident_merge", status="Actual", **merge))
        assert self.silent(viewer) == set()


class TestOverCapacity:
    subject = f"{TOWN}/水磨中学"

    def count(self, minute: int, persons: int, kind: str = "headcount", **fields: Any) -> dict[str, Any]:
        number = {} if kind == "headcount" else {"doc_no": f"E-{minute}"}
        return record(
            minute,
            "evacuation_count",
            kind=kind,
            unit=TOWN,
            site="水磨中学",
            persons=persons,
            **number,
            **fields,
        )

    def test_more_people_than_places(self) -> None:
        sized = self.count(1, 190, capacity=200)
        viewer = Viewer().apply(sized)
        assert viewer.standing("over_capacity") == {}
        more = self.count(2, 11, "check_in")
        viewer.apply(more)
        alarm = viewer.standing("over_capacity")[self.subject]
        assert (alarm.unit, alarm.detail) == (TOWN, "persons=201, capacity=200")
        assert set(alarm.record_ids) == {sized["record_id"], more["record_id"]}
        viewer.apply(self.count(3, 1, "check_out"))
        assert viewer.standing("over_capacity") == {}

    def test_a_headcount_without_capacity_keeps_the_one_before(self) -> None:
        viewer = Viewer().apply(self.count(1, 10, capacity=200), self.count(5, 201))
        assert set(viewer.standing("over_capacity")) == {self.subject}
        viewer.apply(self.count(6, 201, capacity=300.0))
        assert viewer.standing("over_capacity") == {}
        late = self.count(7, 10, capacity=5) | {"as_of": START.isoformat()}
        assert viewer.apply(late).standing("over_capacity") == {}

    def test_a_returned_headcount_states_nothing(self) -> None:
        wrong = self.count(2, 100, capacity=20)
        viewer = Viewer().apply(self.count(1, 100, capacity=200), wrong)
        assert set(viewer.standing("over_capacity")) == {self.subject}
        viewer.apply(review(3, wrong, "return"))
        assert viewer.standing("over_capacity") == {}

    def test_what_is_no_whole_number_is_ignored(self) -> None:
        viewer = Viewer()
        for minute, stated in enumerate(("二百", -1, 2.5, True, {"beds": 8}, None, [3])):
            viewer.apply(self.count(minute, 1000, capacity=stated))
        viewer.apply(self.count(9, 1, "check_in", capacity=1))
        assert viewer.standing("over_capacity") == {}
        assert viewer.figure(TOWN, "shelter_now").total == 1001


class TestRange:
    def test_who_says_least_and_most(self) -> None:
        viewer = Viewer().apply(
            report(1, TOWN, {"missing": 26}),
            report(2, TOWN, {"missing": 28}, org=BRANCH),
            report(3, TOWN, {"missing": 35}, **MEDIA),
        )
        span = viewer.figure(TOWN, "missing").range
        assert (span.sources, span.least.value, span.greatest.value) == (3, 26, 35)
        assert (span.least.org, span.least.as_of) == ("院东头镇应急办", START + timedelta(minutes=1))
        assert (span.greatest.org, span.greatest.class_) == ("媒体", "media")

    def test_one_source_has_no_range(self) -> None:
        figure = (
            Viewer()
            .apply(report(1, TOWN, {"missing": 1}), report(2, TOWN, {"missing": 2}))
            .figure(TOWN, "missing")
        )
        assert not figure.range
        assert not figure.components

    def test_a_county_s_own_part_is_told_as_its_total(self) -> None:
        viewer = Viewer().apply(
            report(1, COUNTY, {"missing": 2}, level="county", org="沂水县应急管理局"),
            report(1, TOWN, {"missing": 10}),
            report(3, COUNTY, {"missing": 4}, as_of=1, level="county", org="武警某部"),
        )
        span = viewer.figure(COUNTY, "missing").range
        assert (span.least.value, span.least.org, span.least.record_id) == (12, None, None)
        assert (span.greatest.value, span.greatest.org) == (14, "武警某部")

    def test_villages_are_summed_beside(self) -> None:
        grid: dict[str, Any] = {"class_": "grid", "level": "village"}
        viewer = Viewer().apply(
            report(5, TOWN, {"missing": 5}),
            report(1, "371323113201", {"missing": 2}, org="网格员甲", **grid),
            report(2, "371323113202", {"missing": 1}, org="网格员乙", **grid),
            report(3, "371323113202", {"missing": 4}, org="网格员丙", **grid),
        )
        villages = viewer.figure(TOWN, "missing").components
        assert (villages.total, villages.villages) == (6, 2)
        assert villages.oldest_as_of == START + timedelta(minutes=1)
        assert villages.newest_as_of == START + timedelta(minutes=3)

    def test_a_returned_correction_lets_the_village_s_word_show_again(self) -> None:
        base = report(1, "371323113201", {"missing": 2})
        base["rows"].append({"unit": TOWN, "values": {"missing": 5}})
        fix = correction(2, base, TOWN, {"missing": 6})
        fix["rows"].append({"unit": "371323113201", "values": {"missing": 3}})
        viewer = Viewer().apply(base, fix)
        assert viewer.figure(TOWN, "missing").components.total == 3
        viewer.apply(review(3, fix, "return"))
        assert viewer.figure(TOWN, "missing").components.total == 2
