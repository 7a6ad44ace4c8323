"""R15: what is frozen when verifications come late, go again, or name several counties."""

from __future__ import annotations

from typing import Any

from tests.unit.streams.records import COUNTY, NATION, TOWN, Viewer, record, report

NEXT_COUNTY, NEXT_TOWN = "371324000000", "371324101000"


def verification(minute: int, *counties: str, **fields: Any) -> dict[str, Any]:
    return record(minute, "verification", counties=list(counties), level="county", **fields)


def stated() -> Viewer:
    """A township of each of two counties has reported."""
    return Viewer().apply(
        report(1, TOWN, {"missing": 3}), report(1, NEXT_TOWN, {"missing": 2}, org="泉庄镇应急办")
    )


def test_one_verification_freezes_all_the_counties_that_it_names() -> None:
    viewer = stated().apply(verification(3, "371323", "371324"))
    for unit in (TOWN, COUNTY, NEXT_TOWN, NEXT_COUNTY, NATION):
        assert viewer.figure(unit, "missing").status == "verified", unit
    late = report(4, TOWN, {"missing": 9}), report(5, NEXT_TOWN, {"missing": 9}, org="泉庄镇应急办")
    viewer.apply(*late)
    assert [viewer.judged(each)[0] for each in late] == ["frozen", "frozen"]


def test_a_prefecture_that_was_refused_is_accepted_when_its_last_county_has_verified_before_it_after_all() -> (
    None
):
    viewer = stated().apply(verification(3, "371323"))
    upper = verification(10, "3713")
    viewer.apply(upper)
    assert viewer.judged(upper)[0] == "refused"
    viewer.apply(verification(12, "371324"))
    assert viewer.judged(upper)[0] == "refused", "not before it"
    last = verification(5, "371324")
    viewer.apply(last)
    assert viewer.judged(upper)[0] == "accepted"
    viewer.apply(
        record(6, "correction", supersedes=last["record_id"], reason="遗漏", rows=[], level="county")
    )
    assert viewer.judged(upper)[0] == "refused", "thawed before it"


def test_a_freezing_that_turns_out_never_to_have_been_thaws_its_county() -> None:
    """Its id belongs to another content (records.md 2)."""
    freezing = verification(3, "371323")
    held = report(4, TOWN, {"missing": 9})
    viewer = stated().apply(freezing).apply(held)
    assert viewer.judged(held)[0] == "frozen"
    assert viewer.figure(TOWN, "missing").status == "verified"
    viewer.apply(verification(2, "371324", record_id=freezing["record_id"]))
    assert viewer.judged(held)[0] == "accepted"
    assert (viewer.figure(TOWN, "missing").total, viewer.figure(TOWN, "missing").status) == (9, "unverified")
    assert viewer.figure(NEXT_TOWN, "missing").status == "verified"


def test_of_two_freezings_one_undone_leaves_the_other() -> None:
    first, second = verification(3, "371323"), verification(4, "371323")
    viewer = stated().apply(first, second)
    viewer.apply(
        record(5, "correction", supersedes=first["record_id"], reason="遗漏", rows=[], level="county")
    )
    assert viewer.figure(TOWN, "missing").status == "verified"
    viewer.apply(
        record(6, "correction", supersedes=second["record_id"], reason="遗漏", rows=[], level="county")
    )
    assert viewer.figure(TOWN, "missing").status == "unverified"


def test_the_prefectures_own_row_is_never_frozen() -> None:
    own = report(1, "371300000000", {"missing": 5}, level="prefecture", org="临沂市应急管理局")
    viewer = stated().apply(own, verification(3, "371323", "371324"), verification(4, "3713"))
    later = report(5, "371300000000", {"missing": 6}, level="prefecture", org="临沂市应急管理局")
    viewer.apply(later)
    assert viewer.judged(later)[0] == "accepted"
    assert viewer.figure("371300000000", "missing").own == 6
