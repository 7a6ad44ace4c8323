"""An explanation says of every record which rule let it count or lose, in both languages (records.md 4)."""

from __future__ import annotations

import re
from typing import Any

import pytest
from msgspec import UNSET

from schemas.explain import ExplainedEntry, ExplainedUnit
from streams.picture.explain import decisions_of, explain
from streams.picture.explain_mentions import is_figure
from streams.picture.explain_words import DECISIONS
from tests.unit.streams.records import COUNTY, INCIDENT, NATION, OTHER_TOWN, TOWN, Viewer, record, report


def explained(
    key: str, *contents: dict[str, Any], unit: str = TOWN, **options: Any
) -> tuple[ExplainedUnit, dict[str, ExplainedEntry]]:
    """The tree of a figure, and the entries of the unit's own first cell by record id."""
    fold = Viewer().apply(*contents).picture.world("Exercise").fold(INCIDENT)
    assert fold is not None
    tree = explain(fold, unit, key, **options)
    entries = tree.cells[0].entries if tree.cells else ()
    return tree, {entry.record_id: entry for entry in entries}


def decided(entries: dict[str, ExplainedEntry], *contents: dict[str, Any]) -> list[str]:
    return [entries[content["record_id"]].decision for content in contents]


@pytest.mark.parametrize("code", DECISIONS)
def test_every_decision_has_its_rule_and_both_languages(code: str) -> None:
    decision = DECISIONS[code]  # type: ignore[index]
    assert re.fullmatch(r"R([1-9]|1[0-8])|D", decision.rule)
    assert re.search(r"[\u4e00-\u9fff]", decision.zh)
    assert re.fullmatch(r"[A-Za-z0-9_ ,;:'-]+", decision.en), decision.en


def test_no_two_decisions_have_the_same_words() -> None:
    assert len({decision.zh for decision in DECISIONS.values()}) == len(DECISIONS)
    assert len({decision.en for decision in DECISIONS.values()}) == len(DECISIONS)


def test_a_newer_report_wins_and_the_loser_says_why() -> None:
    old, new = report(1, TOWN, {"dead": 3}), report(5, TOWN, {"dead": 4})
    tree, entries = explained("dead", old, new)
    assert decided(entries, new, old) == ["in_force", "earlier_as_of"]
    assert entries[old["record_id"]].because == new["record_id"]
    assert (tree.total, tree.own, entries[new["record_id"]].contribution) == (4, 4, 4)
    assert decisions_of(tree)["earlier_as_of"].rule == "R3"


def test_rank_decides_by_stage_then_level_then_order() -> None:
    low = report(1, TOWN, {"missing": 3}, as_of=0, org="院东头镇派出所")
    staged = report(
        2, TOWN, {"missing": 4}, as_of=0, stage="initial", occurred_at="2024-07-09T06:00:00+08:00"
    )
    county = report(3, TOWN, {"missing": 5}, as_of=0, level="county", org="沂水县应急管理局")
    again = report(4, TOWN, {"missing": 6}, as_of=0, level="county", org="沂水县应急管理局")
    same = report(5, TOWN, {"missing": 6}, as_of=0, level="county", org="沂水县卫健局")
    other = report(6, TOWN, {"missing": 7}, as_of=0, level="county", org="沂水县卫健局")
    _, entries = explained("missing", low, staged, county, again, same, other)
    assert decided(entries, low, staged, county, again, same, other) == [
        *("lower_level", "lower_stage", "earlier_in_order", "in_force", "equal_rank", "held_conflict")
    ]


def test_a_fall_and_a_surge_are_held_and_a_release_lets_them_count() -> None:
    first = report(1, TOWN, {"dead": 30})
    fall, surge = report(2, TOWN, {"dead": 9}), report(3, TOWN, {"dead": 300})
    _, entries = explained("dead", first, fall, surge)
    assert decided(entries, first, fall, surge) == ["in_force", "held_decrease", "held_surge"]
    assert entries[fall["record_id"]].because == first["record_id"]
    release = record(
        4, "review", target=surge["record_id"], decision="release", reason="核实", level="county"
    )
    _, entries = explained("dead", first, fall, surge, release)
    assert decided(entries, first, fall, surge) == ["earlier_as_of", "held_decrease", "in_force_released"]


def test_a_correction_replaces_and_a_review_returns() -> None:
    first = report(1, TOWN, {"dead": 3})
    restated = record(
        2,
        "correction",
        supersedes=first["record_id"],
        reason="重复",
        rows=[{"unit": TOWN, "values": {"dead": 2}}],
    )
    _, entries = explained("dead", first, restated)
    assert decided(entries, first, restated) == ["corrected", "in_force_corrected"]
    assert entries[restated["record_id"]].root_id == first["record_id"]
    back = record(3, "review", target=restated["record_id"], decision="return", reason="不实", level="county")
    _, entries = explained("dead", first, restated, back)
    assert decided(entries, first, restated) == ["in_force", "returned"]
    assert entries[restated["record_id"]].because == back["record_id"]
    taken = record(
        4,
        "correction",
        supersedes=first["record_id"],
        reason="误报",
        rows=[{"unit": TOWN, "values": {"dead": None}}],
    )
    tree, entries = explained("dead", first, taken)
    assert decided(entries, first, taken) == ["withdrawn", "withdraws"]
    assert (tree.total, tree.cells[0].decision) == (None, "no_value")


def test_a_correction_waits_for_its_base() -> None:
    waiting = record(
        2, "correction", supersedes="not-here", reason="重复", rows=[{"unit": TOWN, "values": {"dead": 2}}]
    )
    _, entries = explained("dead", waiting)
    assert decided(entries, waiting) == ["awaiting_base"]
    assert entries[waiting["record_id"]].awaits == "not-here"


def test_clues_and_villages_stand_beside_with_their_sum() -> None:
    figure = report(1, TOWN, {"missing": 9})
    clue = report(2, TOWN, {"missing": 35}, class_="media", org="媒体", level="nation")
    older = report(1, "371323113201", {"missing": 1}, class_="grid", org="网格员甲", level="village")
    village = report(3, "371323113201", {"missing": 2}, class_="grid", org="网格员甲", level="village")
    other = report(3, "371323113202", {"missing": 4}, class_="grid", org="网格员乙", level="village")
    tree, entries = explained("missing", figure, clue, older, village, other)
    assert decided(entries, figure, clue, older, village, other) == [
        *("in_force", "clue", "component_older", "component", "component")
    ]
    assert (tree.cells[0].components_sum, tree.cells[0].components, tree.total) == (6, 2, 9)
    assert entries[village["record_id"]].unit == "371323113201"


def test_a_frozen_county_stores_without_applying() -> None:
    first = report(1, TOWN, {"dead": 3})
    verification = record(2, "verification", counties=["371323"], level="county")
    late = report(3, TOWN, {"dead": 5})
    _, entries = explained("dead", first, verification, late)
    assert decided(entries, first, late) == ["in_force", "frozen"]
    assert entries[late["record_id"]].because == verification["record_id"]


def test_only_a_reporting_office_verifies() -> None:
    refused = record(
        1,
        "verification",
        counties=["371323"],
        class_="media",
        rows=[{"unit": TOWN, "values": {"dead": 3}}],
    )
    _, entries = explained("dead", refused)
    assert decided(entries, refused) == ["not_entitled"]


def test_a_typed_whole_gives_way_to_newer_parts() -> None:
    whole = report(1, TOWN, {"reloc_cum": 50})
    part = report(5, TOWN, {"reloc_central_cum": 60})
    tree, entries = explained("reloc_cum", whole, part)
    assert tree.own == 60
    assert [(cell.key, cell.decision, cell.contribution) for cell in tree.cells] == [
        ("reloc_cum", "whole_replaced", None),
        ("reloc_central_cum", "part_counts", 60),
    ]
    assert decided(entries, whole) == ["whole_replaced"]
    tree, _ = explained("reloc_cum", whole | {"as_of": part["as_of"]}, part)
    assert [cell.decision for cell in tree.cells] == ["whole_typed", "part_within_whole"]


def supply(minute: int, kind: str, doc_no: str, quantity: int, **fields: Any) -> dict[str, Any]:
    return record(minute, "supply_movement", kind=kind, doc_no=doc_no, lines={"帐篷": quantity}, **fields)


def test_goods_are_released_less_what_was_cancelled() -> None:
    release = supply(1, "release", "D1", 100, unit=TOWN)
    cancel, again = supply(2, "cancel", "C1", 30, ref_doc_no="D1"), supply(3, "release", "D1", 100, unit=TOWN)
    other, over = supply(4, "release", "D1", 90, unit=TOWN), supply(5, "cancel", "C2", 90, ref_doc_no="D1")
    tree, entries = explained("supply_released.帐篷", release, cancel, again, other, over)
    assert decided(entries, release, cancel, again, other, over) == [
        *("delta_counts", "cancel_counts", "duplicate_doc", "doc_conflict", "over_cancel")
    ]
    assert (tree.own, entries[cancel["record_id"]].contribution) == (70, -30)
    back = record(6, "review", target=release["record_id"], decision="return", reason="误发", level="county")
    tree, entries = explained("supply_released.帐篷", release, cancel, back)
    assert decided(entries, release, cancel) == ["returned", "release_not_counting"]
    assert tree.total is None


def people(minute: int, kind: str, persons: int, **fields: Any) -> dict[str, Any]:
    return record(minute, "evacuation_count", kind=kind, unit=TOWN, persons=persons, **fields)


def test_a_shelter_counts_from_its_headcount() -> None:
    before = people(1, "check_in", 5, site="中学", doc_no="E1")
    headcount = people(2, "headcount", 40, site="中学")
    moved = people(3, "transfer", 10, site="中学", to_site="小学", doc_no="E2")
    older = people(4, "headcount", 38, site="中学", as_of=0)
    tree, entries = explained("shelter_now", before, headcount, moved, older)
    assert [(cell.site, cell.value) for cell in tree.cells] == [("中学", 30), ("小学", 10)]
    assert decided(entries, before, headcount, moved, older) == [
        *("movement_settled", "headcount_in_force", "movement_counts", "headcount_older")
    ]
    assert entries[moved["record_id"]].contribution == -10
    assert tree.own == 40


def test_the_tree_goes_down_as_far_as_asked_and_lists_as_many_as_asked() -> None:
    contents = [report(minute, TOWN, {"dead": minute}) for minute in range(1, 6)]
    contents.append(report(1, OTHER_TOWN, {"dead": 7}, org="泉庄镇应急办"))
    tree, _ = explained("dead", *contents, unit=COUNTY)
    assert (tree.total, tree.own, tree.units_below, tree.cells) == (12, None, 2, ())
    assert [child.unit for child in tree.children or ()] == [OTHER_TOWN, TOWN]
    tree, _ = explained("dead", *contents, unit=NATION, depth=1, limit=2)
    assert tree.children
    assert tree.children[0].children is UNSET
    assert (tree.children[0].total, tree.children[0].units_below) == (12, 4)
    tree, entries = explained("dead", *contents, limit=2)
    assert (len(entries), tree.cells[0].entries_total) == (2, 5)
    assert next(iter(entries.values())).contribution == 5


@pytest.mark.parametrize(
    "key", ["dead", "reloc_cum", "sorties", "shelter_now", "supply_released.水/桶", "unmapped.羊"]
)
def test_keys_that_can_be_figures(key: str) -> None:
    assert is_figure(key)


@pytest.mark.parametrize("key", ["羊", "supply_released.", "unmapped.", "supply_ordered.水", ""])
def test_keys_that_cannot(key: str) -> None:
    assert not is_figure(key)
