"""R14: merges whose stamps, corrections and fellows come late."""

from __future__ import annotations

from typing import Any

from tests.unit.streams.records import INCIDENT, TOWN, Viewer, record, report
from tests.unit.streams.test_one_id import SECOND, THIRD, merge


def undoing(minute: int, base: dict[str, Any], incident_id: str) -> dict[str, Any]:
    return record(
        minute, "correction", supersedes=base["record_id"], reason="误并", rows=[], incident_id=incident_id
    )


def merged_into(viewer: Viewer) -> dict[str, str | None]:
    return {incident: row.merged_into for (incident, _), row in viewer.rows.items() if row.merged_into}


def test_an_earlier_stamp_of_a_merge_flags_the_records_between() -> None:
    between = report(4, TOWN, {"missing": 3}, incident_id=SECOND)
    joined = merge(5, SECOND, INCIDENT)
    viewer = Viewer().apply(between, joined)
    assert viewer.judged(between)[1] == set()
    earlier = merge(3, SECOND, INCIDENT)["received_at"]
    viewer.apply(joined | {"received_at": earlier})
    assert viewer.judged(between)[1] == {"incident_alias"}


def test_a_rejected_merge_that_is_undone_is_accepted_though_nothing_moves() -> None:
    first, second = merge(1, SECOND, INCIDENT), merge(2, SECOND, THIRD)
    viewer = Viewer().apply(first, second)
    assert viewer.judged(second)[0] == "rejected"
    undo = undoing(3, second, THIRD)
    viewer.apply(undo)
    assert (viewer.judged(undo)[0], viewer.judged(second)[0]) == ("accepted", "accepted")
    assert merged_into(viewer) == {SECOND: INCIDENT}


def test_a_merge_is_undone_by_a_correction_of_a_correction() -> None:
    joined = merge(1, SECOND, INCIDENT)
    elsewhere = undoing(2, joined, THIRD)
    viewer = Viewer().apply(joined, elsewhere, report(1, TOWN, {"missing": 1}, incident_id=THIRD))
    assert viewer.judged(elsewhere)[:2] == ("rejected", {"foreign_base"})
    assert merged_into(viewer) == {SECOND: INCIDENT}
    undo = undoing(3, elsewhere, SECOND)
    viewer.apply(undo)
    assert viewer.judged(undo)[0] == "accepted"
    assert viewer.rows[SECOND, "000000000000"].merged_into is None


def test_of_several_corrections_one_that_may_undo_is_enough() -> None:
    joined = merge(1, SECOND, INCIDENT)
    undo, elsewhere = undoing(2, joined, SECOND), undoing(3, joined, THIRD)
    for order in ([joined, undo, elsewhere], [joined, elsewhere, undo]):
        viewer = Viewer()
        for each in order:
            viewer.apply(each)
        assert viewer.judged(undo)[0] == "accepted"
        assert viewer.rows[SECOND, "000000000000"].merged_into is None
