"""Cases worked by hand from records.md 4, where the scenarios say little: model and production fold must agree.

`R(id, minute, type, …)` is a record stamped `minute` minutes after the start; as_of and sent_at are that
minute, too, unless said otherwise.
"""

from datetime import datetime, timedelta
from typing import Any

from tests.model import fold as model
from tests.model.fold import Result
from tests.property.both_folds import Viewer, by_the_model, differences

TOWN, OTHER_TOWN, COUNTY, NATION = "371323112000", "371323113000", "371323000000", "000000000000"
START = datetime.fromisoformat("2024-07-09T08:00:00+08:00")


def fold(records: list[dict[str, Any]]) -> Result:
    """The model's answer, once the production fold has given the same."""
    viewer = Viewer()
    viewer.apply(records)
    assert differences(viewer.seen(), by_the_model(records)) == {}
    return model.fold(records)


def R(record_id: str, minute: int, record_type: str = "loss_report", /, **fields: Any) -> dict[str, Any]:  # noqa: N802
    def at(minutes: int) -> str:
        return (START + timedelta(minutes=minutes)).isoformat()

    source = {
        "org": fields.pop("org", "甲"),
        "class": fields.pop("cls", "official_stat"),
        "level": "township",
    }
    record = {
        "record_id": record_id,
        "type": record_type,
        "incident_id": fields.pop("incident", "I"),
        "source": source,
        "received_at": at(minute),
        "as_of": at(fields.pop("as_of", minute)),
        "sent_at": at(fields.pop("sent_at", minute)),
    }
    values = fields.pop("values", None)
    if values is not None:
        record["rows"] = [{"unit": unit, "values": of_unit} for unit, of_unit in values.items()]
    return record | fields


def correction(record_id: str, minute: int, supersedes: str, /, **fields: Any) -> dict[str, Any]:
    return R(
        record_id,
        minute,
        "correction",
        **{"supersedes": supersedes, "reason": "更正", "values": {}, **fields},
    )


def review(record_id: str, minute: int, target: str, decision: str, /, **fields: Any) -> dict[str, Any]:
    return R(record_id, minute, "review", target=target, decision=decision, reason="核查", **fields)


def own(result: Result, unit: str, key: str, incident: str = "I") -> Any:
    figure = result.figures["Actual"].get(incident, {}).get(unit, {}).get(key)
    return None if figure is None else figure.own


def outcome(result: Result, record_id: str) -> str:
    found = result.outcomes[record_id]
    return " ".join([found["disposition"], *found["flags"], "/", found["standing"]])


def test_a_return_shows_what_was_there_before_and_an_approval_puts_back_only_that() -> None:
    base = [
        R("a", 1, values={TOWN: {"dead": 1}}),
        R("b", 2, values={TOWN: {"dead": 2}}),
        correction("c", 3, "b", values={TOWN: {"dead": 3}}),
        review("r1", 4, "c", "return"),
        review("r2", 5, "b", "return"),
    ]
    assert own(fold(base[:3]), TOWN, "dead") == 3
    assert own(fold(base[:4]), TOWN, "dead") == 2
    returned = fold(base)
    assert own(returned, TOWN, "dead") == 1
    assert [outcome(returned, i) for i in "abc"] == [
        "accepted / effective",
        "accepted / returned",
        "accepted / returned",
    ]
    approved = fold([*base, review("r3", 6, "b", "approve")])
    assert own(approved, TOWN, "dead") == 2
    assert outcome(approved, "c") == "accepted / returned"


def test_a_root_is_returned_with_its_corrections_so_far() -> None:
    base = [
        R("b", 2, values={TOWN: {"dead": 2, "missing": 4}}),
        correction("c", 3, "b", values={TOWN: {"dead": 3}}),
        review("r1", 4, "b", "return"),
        correction("d", 5, "c", values={TOWN: {"missing": 5}}),
    ]
    later = fold(base)
    assert (own(later, TOWN, "dead"), own(later, TOWN, "missing")) == (None, 5)
    assert [outcome(later, i) for i in "bcd"] == [
        "accepted / returned",
        "accepted / returned",
        "accepted / effective",
    ]


def test_returned_content_may_be_filed_again() -> None:
    report = {"values": {TOWN: {"dead": 2}}, "as_of": 1}
    assert outcome(fold([R("a", 1, **report), R("b", 2, **report)]), "b") == "duplicate_content / none"
    again = fold([R("a", 1, **report), review("r", 2, "a", "return"), R("b", 3, **report)])
    assert outcome(again, "b") == "accepted / effective"


def test_a_report_ahead_of_its_time_takes_the_place_of_its_release() -> None:
    records = [
        R("a", 1, as_of=200, values={TOWN: {"dead": 5}}),
        R("b", 190, as_of=200, values={TOWN: {"dead": 7}}),
        review("r", 191, "a", "release"),
    ]
    # Equal rank, same org: the one whose place is later is in force; the fall has its reason (R18).
    assert own(fold(records[:2]), TOWN, "dead") == 7
    released = fold(records)
    assert own(released, TOWN, "dead") == 5
    assert outcome(released, "a") == "held future_time / effective"
    # The review waited for it: judged at its own place, so the other one came last.
    waited = fold([review("r", 0, "a", "release"), *records[:2]])
    assert outcome(waited, "b") == "accepted / effective"
    assert outcome(waited, "a") == "held future_time / superseded"


def test_a_released_delta_takes_its_number_then_and_fails_where_it_is_taken() -> None:
    air: dict[str, Any] = {"doc_no": "H", "mode": "air", "resource": "x", "persons_lifted": 0}
    records = [
        R("a", 1, "dispatch", as_of=60, sorties=1, **air),
        R("b", 2, "dispatch", sorties=2, **air),
        review("r", 3, "a", "release"),
    ]
    late = fold(records)
    assert (outcome(late, "a"), own(late, NATION, "sorties")) == ("held future_time / none", 2)
    early = fold([records[0], review("r", 1, "a", "release"), records[1]])
    assert outcome(early, "b") == "held conflict / held"


def test_cancels_wait_for_their_release_and_count_while_it_counts() -> None:
    release = R("a", 2, "supply_movement", doc_no="D", kind="release", lines={"tent": 9}, unit=TOWN)
    cancel = {"kind": "cancel", "ref_doc_no": "D"}
    records = [
        R("b", 1, "supply_movement", doc_no="C1", lines={"tent": 4}, **cancel),
        R("c", 1, "supply_movement", doc_no="C2", lines={"tent": 6}, **cancel),
        release,
        R("d", 3, "supply_movement", doc_no="C3", lines={"tent": 6}, **cancel),
    ]
    shown = fold(records)
    assert own(shown, TOWN, "supply_released.tent") == 5
    assert outcome(shown, "b") == "held awaiting_base / effective"
    assert outcome(shown, "c") == "held awaiting_base / none"
    assert outcome(shown, "d") == "held over_cancel / held"
    returned = fold([*records, review("r", 4, "a", "return")])
    assert own(returned, TOWN, "supply_released.tent") is None
    assert outcome(returned, "b") == "held awaiting_base / superseded"


def test_a_correction_undoes_a_merge_from_the_beginning() -> None:
    records = [
        R("a", 1, incident="J", values={TOWN: {"dead": 1}}),
        R("m", 2, "incident_merge", reason="同", **{"from": "J", "into": "I"}),
        R("b", 3, incident="J", values={TOWN: {"missing": 1}}),
    ]
    merged = fold(records)
    assert (own(merged, TOWN, "dead"), own(merged, TOWN, "missing")) == (1, 1)
    assert outcome(merged, "b") == "accepted incident_alias / effective"
    for incident, disposition, undone in (
        ("J", "accepted / none", True),
        ("I", "accepted / none", True),
        ("K", "rejected foreign_base / none", False),
    ):
        result = fold([*records, correction("c", 4, "m", incident=incident)])
        assert outcome(result, "c").replace(" incident_alias", "") == disposition
        assert (own(result, TOWN, "dead", "J") == 1) is undone
        assert outcome(result, "m") == "accepted / none"


def test_a_cycle_of_corrections_waits_for_ever() -> None:
    records = [
        correction("c", 1, "d"),
        correction("d", 2, "c"),
        correction("e", 3, "d"),
        correction("f", 4, "f"),
    ]
    result = fold(records)
    assert {outcome(result, i) for i in "cdef"} == {"held awaiting_base / held"}


def test_a_held_cell_that_a_correction_restates_waits_no_more_until_that_is_returned() -> None:
    records = [
        R("a", 1, values={TOWN: {"dead": 5}}),
        R("b", 2, values={TOWN: {"dead": 3}}),
        correction("c", 3, "b", values={TOWN: {"dead": 4}}),
    ]
    assert outcome(fold(records[:2]), "b") == "held decrease / held"
    corrected = fold(records)
    assert outcome(corrected, "b") == "held decrease / none"
    assert outcome(corrected, "c") == "accepted decrease_explained / effective"
    back = fold([*records, review("r", 4, "c", "return")])
    assert (outcome(back, "b"), own(back, TOWN, "dead")) == ("held decrease / held", 5)
    released = fold([*records, review("r", 4, "c", "return"), review("s", 5, "b", "release")])
    assert own(released, TOWN, "dead") == 3


def test_equal_rank_history_comes_below_and_shows_when_the_other_leaves() -> None:
    records = [
        R("a", 1, as_of=0, values={TOWN: {"dead": 2}}),
        R("b", 2, as_of=0, org="乙", values={TOWN: {"dead": 2}}),
        R("c", 3, as_of=0, values={TOWN: {"dead": 3}}),
        review("r", 4, "c", "return"),
        review("s", 5, "a", "return"),
    ]
    assert outcome(fold(records[:2]), "b") == "stored_late / superseded"
    assert outcome(fold(records[:4]), "a") == "accepted / effective"
    assert outcome(fold(records), "b") == "stored_late / effective"


def test_an_allocation_needs_rises_that_balance_the_fall() -> None:
    base = R("a", 1, values={COUNTY: {"dead": 4}, TOWN: {"dead": 1}})
    short = fold([base, R("b", 2, values={COUNTY: {"dead": 0}, TOWN: {"dead": 2}, OTHER_TOWN: {"dead": 2}})])
    assert outcome(short, "b") == "held decrease / effective"
    enough = fold([base, R("b", 2, values={COUNTY: {"dead": 0}, TOWN: {"dead": 3}, OTHER_TOWN: {"dead": 2}})])
    assert outcome(enough, "b") == "accepted / effective"


def test_a_town_without_a_county_is_verified_under_its_own_prefix() -> None:
    town = R("a", 1, values={"441900003000": {"dead": 1}, "441900000000": {"dead": 0}})
    wide = R("v", 2, "verification", counties=["44"])
    assert outcome(fold([town, wide]), "v") == "refused / none"
    both = fold(
        [
            town,
            R("v", 2, "verification", counties=["44", "441900"]),
            R("b", 3, values={"441900003000": {"dead": 2}, "441900000000": {"dead": 1}}),
        ]
    )
    assert outcome(both, "v") == "accepted / none"
    assert outcome(both, "b") == "accepted partly_frozen / effective"
    assert own(both, "441900003000", "dead") == 1


def test_a_typed_whole_counts_until_a_part_is_newer() -> None:
    records = [
        R("a", 1, values={TOWN: {"reloc_cum": 70, "reloc_central_cum": 30, "reloc_dispersed_cum": 40}}),
        R("b", 2, values={TOWN: {"reloc_cum": 75}}),
        R("c", 3, values={TOWN: {"reloc_central_cum": 31}}),
    ]
    assert own(fold(records[:2]), TOWN, "reloc_cum") == 75
    assert own(fold(records), TOWN, "reloc_cum") == 71
    assert outcome(fold(records), "b") == "accepted / superseded"


def test_of_two_contents_the_earlier_stamp_then_the_smaller_hash_is_the_record() -> None:
    later = R("a", 2, sent_at=0, as_of=0, values={TOWN: {"dead": 2}})
    earlier = R("a", 1, sent_at=0, as_of=0, values={TOWN: {"dead": 1}})
    assert own(fold([later, earlier]), TOWN, "dead") == 1
    assert own(fold([later, earlier, later | {"received_at": START.isoformat()}]), TOWN, "dead") == 2
    same_stamp = [later, earlier | {"received_at": later["received_at"]}]
    assert fold(same_stamp).figures == fold(same_stamp[::-1]).figures
    assert len(fold(same_stamp).losers) == 1


def test_a_cancel_waits_for_a_release_whose_clock_was_ahead_until_that_is_released() -> None:
    records = [
        R("a", 1, "supply_movement", as_of=60, doc_no="D", kind="release", lines={"tent": 9}, unit=TOWN),
        R("b", 2, "supply_movement", doc_no="C", kind="cancel", ref_doc_no="D", lines={"tent": 4}),
    ]
    assert outcome(fold(records), "b") == "held awaiting_base / held"
    released = fold([*records, review("r", 3, "a", "release")])
    assert outcome(released, "a") == "held future_time / effective"
    assert outcome(released, "b") == "held awaiting_base / effective"
    assert own(released, TOWN, "supply_released.tent") == 5


def test_a_cancel_let_in_while_its_release_is_out_counts_once_that_is_back() -> None:
    records = [
        R("a", 1, "supply_movement", doc_no="D", kind="release", lines={"tent": 9}, unit=TOWN),
        review("r", 2, "a", "return"),
        R("b", 3, "supply_movement", doc_no="C", kind="cancel", ref_doc_no="D", lines={"tent": 4}),
    ]
    assert outcome(fold(records), "b") == "accepted / none"
    back = fold([*records, review("s", 4, "a", "approve")])
    assert (outcome(back, "b"), own(back, TOWN, "supply_released.tent")) == ("accepted / effective", 5)


def test_a_correction_of_an_empty_report_may_be_empty_one_of_rows_may_not() -> None:
    empty = R("a", 1, "zero_report")
    assert outcome(fold([empty, correction("c", 2, "a")]), "c") == "stored_late / none"
    full = R("a", 1, values={TOWN: {"dead": 1}})
    assert outcome(fold([full, correction("c", 2, "a")]), "c") == "rejected no_rows / none"


def test_a_side_table_root_is_restated_beside_the_figures() -> None:
    base = [R("a", 1, values={TOWN: {"dead": 1}}), R("b", 2, cls="media", values={TOWN: {"dead": 2}})]
    assert outcome(fold(base), "b") == "side_table conflict / none"
    restated = fold([*base, correction("c", 3, "b", values={TOWN: {"dead": 3}})])
    assert (outcome(restated, "c"), own(restated, TOWN, "dead")) == ("side_table / none", 1)


def test_only_initial_reports_are_overdue() -> None:
    late: dict[str, Any] = {"occurred_at": START.isoformat(), "values": {TOWN: {"dead": 1}}}
    assert outcome(fold([R("a", 121, **late)]), "a") == "accepted / effective"
    assert outcome(fold([R("a", 121, stage="initial", **late)]), "a") == "accepted overdue / effective"
    assert outcome(fold([R("a", 120, stage="initial", **late)]), "a") == "accepted / effective"


def test_a_correction_with_a_unit_that_cannot_be_converted_is_rejected() -> None:
    records = [
        R("a", 1, values={TOWN: {"road_damaged_km": 3}}),
        correction("c", 2, "a", values={TOWN: {"road_damaged_km": {"value": 5, "unit": "li"}, "new": 1}}),
    ]
    result = fold(records)
    assert outcome(result, "c") == "rejected unit_unknown unmapped_category / none"
    assert own(result, TOWN, "road_damaged_km") == 3


def test_a_surge_is_a_matter_of_people_only() -> None:
    for key, expected in (("injured", "held surge / held"), ("stranded_now", "accepted / effective")):
        records = [R("a", 1, values={TOWN: {key: 10}}), R("b", 2, values={TOWN: {key: 61}})]
        assert outcome(fold(records), "b") == expected
    for value, expected in ((60, "held surge / held"), (59, "accepted / effective")):
        few = [R("a", 1, values={TOWN: {"dead": 10}}), R("b", 2, values={TOWN: {"dead": value}})]
        # 60 is 50 above 10 and more than 5 × 10; 59 is not 50 above.
        assert outcome(fold(few), "b") == expected
    just = [R("a", 1, values={TOWN: {"dead": 20}}), R("b", 2, values={TOWN: {"dead": 100}})]
    assert outcome(fold(just), "b") == "accepted / effective"
