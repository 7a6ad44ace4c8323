"""Corrections, reviews and verifications whose bases, targets or fellows come before, late or twice (R4, R15, R18)."""

from __future__ import annotations

from typing import Any

from tests.unit.streams.records import COUNTY, INCIDENT, OTHER_TOWN, TOWN, Viewer, record, report

FIRM = "院东头镇应急办"
AHEAD = 60
"""Minutes by which a clock is ahead: R17 holds the record."""


def correction(minute: int, base: dict[str, Any], values: dict[str, Any], **fields: Any) -> dict[str, Any]:
    rows = fields.pop("rows", [{"unit": TOWN, "values": values}])
    return record(
        minute, "correction", supersedes=base["record_id"], reason="更正", rows=rows, as_of=1, **fields
    )


def review(minute: int, target: dict[str, Any], decision: str, **fields: Any) -> dict[str, Any]:
    return record(
        minute,
        "review",
        target=target["record_id"],
        decision=decision,
        reason="核查",
        level="county",
        **fields,
    )


def verification(minute: int, **fields: Any) -> dict[str, Any]:
    return record(minute, "verification", level="county", **fields)


def shown(viewer: Viewer, unit: str = TOWN, key: str = "missing") -> Any:
    return viewer.rows[INCIDENT, unit].figures[key].own


# R4


def test_a_correction_of_two_units_of_which_one_is_frozen_says_so() -> None:
    base = record(
        1, rows=[{"unit": TOWN, "values": {"missing": 5}}, {"unit": "371324101000", "values": {"missing": 4}}]
    )
    both = [
        {"unit": TOWN, "values": {"missing": 7}},
        {"unit": "371324101000", "values": {"missing": 8}},
    ]
    change = correction(3, base, {}, rows=both)
    viewer = Viewer().apply(base, verification(2, counties=["371323"]), change)
    assert viewer.judged(change)[:2] == ("accepted", {"partly_frozen"})
    assert (shown(viewer), shown(viewer, "371324101000")) == (5, 8)


def test_a_frozen_correction_keeps_the_flags_of_its_units() -> None:
    base = report(1, TOWN, {"crop_affected_ha": 5})
    change = correction(3, base, {"crop_affected_ha": {"value": 90, "unit": "mu"}})
    viewer = Viewer().apply(base, verification(2, counties=["371323"]), change)
    assert viewer.judged(change)[:2] == ("frozen", {"unit_converted"})


def test_corrections_of_each_other_leave_others_that_name_them_waiting_for_ever() -> None:
    one, two = (
        correction(1, {"record_id": "two"}, {"missing": 1}),
        correction(2, {"record_id": "one"}, {"missing": 2}),
    )
    one["record_id"], two["record_id"] = "one", "two"
    third = correction(3, two, {"missing": 3})
    viewer = Viewer().apply(one, two, third)
    for each in (one, two, third):
        assert viewer.judged(each) == ("held", {"awaiting_base"}, "held")


def test_a_correction_is_checked_with_what_its_root_states_at_that_turn() -> None:
    base = report(1, TOWN, {"injured": 5})
    later = correction(20, base, {"injured": 9})
    breach = correction(10, base, {"injured_severe": 6})
    viewer = Viewer().apply(base, later).apply(breach)
    assert viewer.judged(breach)[:2] == ("rejected", {"invariant_violation"})
    fits = correction(21, base, {"injured_severe": 6})
    assert viewer.apply(fits).judged(fits)[0] == "accepted"


def test_a_correction_is_checked_without_what_it_withdraws_and_whatever_else_it_states() -> None:
    base = report(1, TOWN, {"injured": 5})
    withdraws = correction(2, base, {"injured": None, "injured_severe": 6})
    viewer = Viewer().apply(base, withdraws)
    assert viewer.judged(withdraws)[0] == "accepted"
    assert "injured" not in viewer.rows[INCIDENT, TOWN].figures
    base = report(1, OTHER_TOWN, {"injured": 5})
    rows = [{"unit": OTHER_TOWN, "values": {"hens": 3, "injured_severe": 6}}]
    breach = correction(2, base, {}, rows=rows)
    viewer = Viewer().apply(base, breach)
    assert viewer.judged(breach)[:2] == ("rejected", {"invariant_violation", "unmapped_category"})


def test_a_report_held_by_its_clock_can_be_corrected_once_it_is_released() -> None:
    base = report(1, TOWN, {"missing": 5}, as_of=AHEAD)
    early, late = correction(2, base, {"missing": 6}), correction(4, base, {"missing": 7})
    viewer = Viewer().apply(base, early, review(3, base, "release"), late)
    assert viewer.judged(base)[:2] == ("held", {"future_time"})
    assert viewer.judged(early)[:2] == ("rejected", {"no_base"})
    assert viewer.judged(late)[0] == "accepted"
    assert shown(viewer) == 7


def test_another_classs_report_held_by_its_clock_is_corrected_beside_the_figures() -> None:
    base = report(1, TOWN, {"missing": 5}, as_of=AHEAD, class_="dept")
    change = correction(4, base, {"missing": 7})
    viewer = Viewer().apply(base, review(3, base, "release"), change)
    assert viewer.judged(change)[0] == "side_table"
    assert [item.value for item in viewer.rows[INCIDENT, TOWN].beside["missing"]] == [7]


# R18


def test_a_released_report_needs_no_reason_and_takes_the_place_of_its_release() -> None:
    ahead = report(1, TOWN, {"missing": 2}, as_of=AHEAD)
    same_moment = report(AHEAD + 5, TOWN, {"missing": 9}, as_of=AHEAD)
    viewer = Viewer().apply(ahead, same_moment)
    assert shown(viewer) == 9
    viewer.apply(review(AHEAD + 10, ahead, "release"))
    assert shown(viewer) == 2, "last in the order, and lower with a reason"
    assert viewer.judged(ahead) == ("held", {"future_time"}, "effective")


def test_a_review_that_waited_releases_a_report_at_its_own_place() -> None:
    ahead = report(5, TOWN, {"missing": 2}, as_of=AHEAD)
    same_moment = report(AHEAD + 5, TOWN, {"missing": 9}, as_of=AHEAD)
    viewer = Viewer().apply(ahead, same_moment).apply(review(1, ahead, "release"))
    assert shown(viewer) == 9
    assert viewer.judged(ahead)[2] == "superseded"


def test_a_released_cancel_goes_on_waiting_for_its_release() -> None:
    supply = {"type_": "supply_movement", "unit": TOWN, "lines": {"tent": 5}}
    ahead = record(
        1, "supply_movement", doc_no="C1", kind="cancel", ref_doc_no="R1", lines={"tent": 2}, as_of=AHEAD
    )
    viewer = Viewer().apply(ahead, review(3, ahead, "release"))
    assert viewer.judged(ahead) == ("held", {"future_time"}, "held")
    viewer.apply(record(9, doc_no="R1", kind="release", **supply))
    assert viewer.judged(ahead)[2] == "effective"
    assert shown(viewer, key="supply_released.tent") == 3


def test_a_released_delta_whose_number_is_taken_has_failed() -> None:
    fields = {"mode": "air", "resource": "helicopter", "persons_lifted": 3, "unit": TOWN, "doc_no": "D1"}
    ahead = record(1, "dispatch", sorties=2, as_of=AHEAD, **fields)
    viewer = Viewer().apply(ahead, record(2, "dispatch", sorties=1, **fields), review(3, ahead, "release"))
    assert viewer.judged(ahead)[2] == "none"
    assert shown(viewer, key="sorties") == 1


def test_what_was_released_can_be_released_again_and_stays() -> None:
    high, low = report(1, TOWN, {"dead": 9}), report(2, TOWN, {"dead": 3})
    viewer = Viewer().apply(high, low)
    assert viewer.judged(low) == ("held", {"decrease"}, "held")
    viewer.apply(review(3, low, "release")).apply(review(4, low, "release"))
    assert shown(viewer, key="dead") == 3
    viewer.apply(review(5, low, "return"))
    assert shown(viewer, key="dead") == 9
    viewer.apply(review(6, low, "approve"))
    assert shown(viewer, key="dead") == 3


def test_a_return_takes_the_approval_back_and_a_release_does_not_give_it() -> None:
    only = report(1, TOWN, {"missing": 9})
    viewer = Viewer().apply(only, review(2, only, "approve"))
    assert viewer.figure(TOWN, "missing").status == "reviewed"
    viewer.apply(review(3, only, "return")).apply(review(4, only, "release"))
    assert viewer.figure(TOWN, "missing").status == "unverified"
    viewer.apply(review(5, only, "approve"))
    assert viewer.figure(TOWN, "missing").status == "reviewed"


def test_what_its_own_review_returned_before_does_not_come_back_with_its_root() -> None:
    base = report(1, TOWN, {"missing": 5})
    change = correction(2, base, {"missing": 7})
    viewer = Viewer().apply(base, change, review(10, base, "return"), review(20, base, "approve"))
    assert shown(viewer) == 7
    viewer.apply(review(5, change, "return"))
    assert shown(viewer) == 5, "the correction was returned by itself before"
    assert viewer.judged(change)[2] == "returned"


def test_the_same_of_a_correction_that_states_nothing() -> None:
    base = record(1, "zero_report", rows=[])
    change = correction(2, base, {}, rows=[])
    viewer = Viewer().apply(base, change, review(10, base, "return"), review(20, base, "approve"))
    assert viewer.judged(change)[2] == "none"
    viewer.apply(review(5, change, "return"))
    assert viewer.judged(change)[2] == "returned"


# R6, R11


def test_a_cancel_that_waited_has_counted_once_its_release_is_returned() -> None:
    cancel = record(1, "supply_movement", doc_no="C1", kind="cancel", ref_doc_no="R1", lines={"tent": 2})
    release = record(2, "supply_movement", doc_no="R1", kind="release", lines={"tent": 5}, unit=TOWN)
    viewer = Viewer().apply(cancel, release)
    assert viewer.judged(cancel) == ("held", {"awaiting_base"}, "effective")
    viewer.apply(review(3, release, "return"))
    assert viewer.judged(release)[2] == "returned"
    assert viewer.judged(cancel) == ("held", {"awaiting_base"}, "superseded")


def test_a_converted_value_keeps_its_qualifier() -> None:
    stated = {"crop_affected_ha": {"value": 40, "unit": "mu", "qualifier": "about"}}
    figure = Viewer().apply(report(1, TOWN, stated)).figure(TOWN, "crop_affected_ha")
    assert (str(figure.own), figure.qualifier) == ("2.6667", "about")


# R15


def test_the_villages_of_a_verification_are_components() -> None:
    verified = verification(
        2,
        counties=["371323"],
        rows=[
            {"unit": TOWN, "values": {"missing": 6}},
            {"unit": "371323113201", "values": {"missing": 4}},
        ],
    )
    viewer = Viewer().apply(report(1, TOWN, {"missing": 5}), verified)
    figure = viewer.figure(TOWN, "missing")
    assert (figure.own, figure.status, figure.own_record_ids) == (6, "verified", (verified["record_id"],))
    assert [(item.kind, item.unit, item.value) for item in figure.alternatives] == [
        ("component", "371323113201", 4)
    ]
    assert viewer.figure(COUNTY, "missing").alternatives == ()
