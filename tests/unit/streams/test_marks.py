"""No figure is shown without its source, age and status (records.md 4, Marks)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

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


def test_a_total_carries_the_weakest_marks_of_its_parts() -> None:
    viewer = Viewer().apply(
        report(1, TOWN, {"missing": {"value": 3, "qualifier": "about"}}),
        report(5, OTHER_TOWN, {"missing": 2}, org="泉庄镇应急办"),
    )
    total = viewer.figure(COUNTY, "missing")
    assert (total.total, total.own, total.parts, total.qualifier) == (5, None, 2, "about")
    assert total.oldest_as_of == START + timedelta(minutes=1)
    assert total.newest_as_of == START + timedelta(minutes=5)
    assert total.own_sources == ()
    assert viewer.figure(TOWN, "missing").own_sources == ("院东头镇应急办",)


def test_status_hardens_from_unverified_to_reviewed_to_verified() -> None:
    first = report(1, TOWN, {"missing": 3})
    viewer = Viewer().apply(first)
    assert viewer.figure(NATION, "missing").status == "unverified"
    viewer.apply(record(2, "review", target=first["record_id"], decision="approve", level="county"))
    assert viewer.figure(NATION, "missing").status == "reviewed"
    verification = record(3, "verification", counties=["371323"], level="county")
    viewer.apply(verification)
    assert viewer.figure(NATION, "missing").status == "verified"
    undo = record(4, "correction", supersedes=verification["record_id"], reason="遗漏一户", rows=[])
    viewer.apply(undo)
    assert viewer.judged(undo)[0] == "accepted"
    assert viewer.figure(NATION, "missing").status == "reviewed"


def test_alternatives_stand_beside_and_are_never_summed() -> None:
    held = report(3, TOWN, {"missing": 9}, as_of=1, org="院东头镇派出机构")
    viewer = Viewer().apply(
        report(1, TOWN, {"missing": 3}),
        report(2, TOWN, {"missing": 8}, class_="media", org="媒体"),
        held,
        report(4, "371323113201", {"missing": 2}, class_="grid", org="网格员甲", level="village"),
    )
    figure = viewer.figure(TOWN, "missing")
    assert figure.total == 3
    assert viewer.judged(held)[:2] == ("held", {"conflict"})
    assert {(item.kind, item.value, item.difference) for item in figure.alternatives} == {
        ("clue", Decimal(8), Decimal(5)),
        ("held", Decimal(9), Decimal(6)),
        ("component", Decimal(2), None),
    }


def test_a_clue_without_a_figure_stands_beside() -> None:
    viewer = Viewer().apply(report(2, TOWN, {"missing": 8}, class_="media", org="媒体"))
    row = viewer.rows[INCIDENT, TOWN]
    assert row.figures == {}
    assert [item.org for item in row.beside["missing"]] == ["媒体"]
    viewer.apply(report(3, TOWN, {"missing": 1}))
    row = viewer.rows[INCIDENT, TOWN]
    assert row.beside == {}
    assert [item.org for item in row.figures["missing"].alternatives] == ["媒体"]


def test_the_nation_row_names_the_incident() -> None:
    opening = record(
        1, "incident_open", name="“7·9”暴雨", hazard="暴雨", occurred_at=START.isoformat(), origin_unit=COUNTY
    )
    viewer = Viewer().apply(opening)
    head = viewer.rows[INCIDENT, NATION].head
    assert head is not None
    assert (head.name, head.closed) == ("“7·9”暴雨", False)
    viewer.apply(record(2, "incident_close"))
    closed = viewer.rows[INCIDENT, NATION].head
    assert closed is not None
    assert closed.closed
    assert closed.name == "“7·9”暴雨"


def test_breach_between_records_raises_an_alarm_and_clears_it() -> None:
    first, second = report(1, TOWN, {"injured": 2}), report(2, TOWN, {"injured_severe": 5})
    viewer = Viewer().apply(first, second)
    subject = ("invariant_breach", f"{TOWN}/injured_severe<=injured")
    assert viewer.alarms[subject].state == "raised"
    assert set(viewer.alarms[subject].record_ids) == {first["record_id"], second["record_id"]}
    assert viewer.judged(second)[0] == "accepted"
    viewer.apply(report(3, TOWN, {"injured": 6}))
    assert viewer.alarms[subject].state == "cleared"


def test_a_shelter_below_zero_is_an_alarm() -> None:
    leaving = record(1, "evacuation_count", kind="check_out", doc_no="E1", unit=TOWN, site="小学", persons=4)
    viewer = Viewer().apply(leaving)
    assert viewer.figure(TOWN, "shelter_now").total == -4
    subject = ("shelter_below_zero", f"{TOWN}/小学")
    assert viewer.alarms[subject].record_ids == (leaving["record_id"],)
    viewer.apply(record(2, "evacuation_count", kind="headcount", unit=TOWN, site="小学", persons=9))
    assert viewer.alarms[subject].state == "cleared"
    assert viewer.judged(leaving)[2] == "superseded"
