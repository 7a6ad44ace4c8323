"""One id, one record; merges that come, chain, and are undone (records.md 2, R14)."""

from __future__ import annotations

from typing import Any

from tests.unit.streams.records import INCIDENT, NATION, TOWN, Viewer, record, report, stamped

SECOND, THIRD = "010400-371323-20240709-02", "010400-371323-20240709-03"


def merge(minute: int, from_: str, into: str) -> dict[str, Any]:
    return record(
        minute,
        "incident_merge",
        incident_id=into,
        **{"from": from_},
        into=into,
        reason="同一次过程",
        level="county",
    )


def test_the_earliest_stamp_of_a_content_counts() -> None:
    late = report(50, TOWN, {"missing": 3}, as_of=1)
    late["sent_at"] = late["as_of"]
    early = late | {"received_at": late["as_of"]}
    viewer = Viewer().apply(late)
    assert viewer.judged(late)[1] == {"late_arrival"}
    viewer.apply(early)
    assert viewer.judged(late)[1] == set()
    viewer.apply(late)
    assert viewer.judged(late)[1] == set()


def test_another_content_of_an_id_goes_to_the_dead_letters() -> None:
    first = report(2, TOWN, {"missing": 3})
    other = report(3, TOWN, {"missing": 4}) | {"record_id": first["record_id"]}
    earlier = report(1, TOWN, {"missing": 5}) | {"record_id": first["record_id"]}
    viewer = Viewer()
    assert viewer.picture.apply([stamped(first, 0)]).losers == ()
    losers = viewer.picture.apply([stamped(other, 1)]).losers
    assert [loser.origin[2] for loser in losers] == [1]
    changes = viewer.picture.apply([stamped(earlier, 2)])
    assert [loser.origin[2] for loser in changes.losers] == [0]
    rows = {row.unit: row for change in changes.incidents for row in change.updates}
    assert rows[TOWN].figures["missing"].total == 5


def test_an_id_that_moves_to_another_incident_leaves_the_first() -> None:
    first = report(2, TOWN, {"missing": 3})
    earlier = report(1, TOWN, {"missing": 5}, incident_id=SECOND) | {"record_id": first["record_id"]}
    viewer = Viewer().apply(first).apply(earlier)
    assert viewer.rows[INCIDENT, TOWN].figures == {}
    assert viewer.figure(TOWN, "missing", SECOND).total == 5
    assert viewer.outcomes[first["record_id"]].incident_id == SECOND


def test_a_chain_of_merges_points_to_its_end_and_comes_apart_again() -> None:
    one, two, three = (
        report(1, TOWN, {"shops_damaged": 1}),
        report(2, TOWN, {"firms_damaged": 2}, incident_id=SECOND),
        report(3, TOWN, {"missing": 3}, incident_id=THIRD),
    )
    first, second = merge(4, THIRD, SECOND), merge(5, SECOND, INCIDENT)
    viewer = Viewer().apply(one, two, three).apply(first).apply(second)
    assert {row.merged_into for (incident, unit), row in viewer.rows.items() if unit == NATION} == {
        None,
        INCIDENT,
    }
    assert viewer.rows[THIRD, NATION].merged_into == INCIDENT
    assert set(viewer.rows[INCIDENT, TOWN].figures) == {"shops_damaged", "firms_damaged", "missing"}
    assert viewer.rows[SECOND, TOWN].figures == {}
    head = viewer.rows[INCIDENT, NATION].head
    assert head is not None
    assert head.aliases == (SECOND, THIRD)
    undo = record(6, "correction", supersedes=second["record_id"], reason="误并", rows=[], incident_id=SECOND)
    viewer.apply(undo)
    assert viewer.judged(undo)[0] == "accepted"
    assert set(viewer.rows[INCIDENT, TOWN].figures) == {"shops_damaged"}
    assert set(viewer.rows[SECOND, TOWN].figures) == {"firms_damaged", "missing"}
    assert viewer.rows[THIRD, NATION].merged_into == SECOND
    assert viewer.outcomes[three["record_id"]].incident_id == SECOND


def test_what_waits_for_a_record_of_another_incident_fails_when_it_comes() -> None:
    waiting = record(1, "review", target="elsewhere", decision="approve", level="county")
    viewer = Viewer().apply(waiting)
    assert viewer.judged(waiting) == ("held", {"awaiting_base"}, "held")
    viewer.apply(report(2, TOWN, {"missing": 1}, incident_id=SECOND) | {"record_id": "elsewhere"})
    assert viewer.judged(waiting) == ("held", {"awaiting_base"}, "none")
