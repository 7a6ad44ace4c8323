"""R15: what is frozen when verifications come late, go again, or name several counties."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from streams.picture.freezes import Freezes
from streams.picture.judged import Judged
from streams.picture.moments import Moment, turn_of
from streams.picture.steps import Agenda, Step
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


def test_a_verification_of_two_counties_ends_the_duty_of_both() -> None:
    viewer = Viewer().apply(
        report(0, TOWN, {"dead": 1}, status="Actual"),
        report(0, NEXT_TOWN, {"dead": 1}, status="Actual", org="泉庄镇应急办"),
    )
    viewer.clock(2 * 24 * 60)
    assert set(viewer.standing("missing_report")) == {COUNTY, NEXT_COUNTY}
    viewer.apply(verification(2 * 24 * 60, "371323", "371324", status="Actual"))
    assert viewer.standing("missing_report") == {}


def test_which_verification_freezes_a_county_as_of_a_moment() -> None:
    freezes = Freezes(Agenda())
    first, second = (cast(Judged, SimpleNamespace(record_id=name)) for name in ("first", "second"))

    def step(number: int) -> Step:
        return Step(turn_of((number, "r")), first)

    def after(number: int) -> Moment:
        return turn_of((number, "z"))

    freezes.put("371323", first, step(1))
    freezes.put("371323", second, step(3))
    freezes.put(None, first, step(5))
    freezes.put(None, second, step(7))
    by_moment = {
        at: freezes.frozen_by("371323", at) for at in (after(0), after(2), after(4), after(6), after(8))
    }
    assert list(by_moment.values()) == [None, "first", "first", "second", None]
    for at, by in by_moment.items():
        assert freezes.covers("371323", at) == freezes.covers_unit(TOWN, at) == (by is not None)
    # A step does not know yet what happens at its own moment.
    assert freezes.frozen_by("371323", step(1).moment) is None
    assert freezes.frozen_by("371323", step(5).moment) == "first"
    assert freezes.covers("371323", step(7).moment)
    assert not freezes.covers("371323", step(1).moment)
    assert freezes.frozen_by("371324", after(2)) is None
    assert freezes.frozen_by(None, after(2)) is None
    assert not freezes.covers_unit("371300000000", after(2))
    freezes.take_back(None, second, step(7))
    assert freezes.frozen_by("371323") == "second"
