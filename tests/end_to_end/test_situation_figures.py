"""汶川8·20 on the situation page: the same figures at every level, and where they come from."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest
from playwright.sync_api import Page, expect

from tests.end_to_end.conftest import INCIDENT, PATIENCE_MS, address, drawn, shot
from tests.system import REPOSITORY, RunningSystem

pytestmark = pytest.mark.browser

LEVELS = {
    "nation": "000000000000",
    "province": "510000000000",
    "prefecture": "513200000000",
    "county": "513221000000",
}
FIGURES = {
    "dead": "12",
    "missing": "26",
    "injured": "6",
    "tourist_evac_cum": "99370",
    "reloc_resident_cum": "24477",
}
ORACLE: Mapping[str, Mapping[str, Mapping[str, float | None]]] = json.loads(
    REPOSITORY.joinpath("schemas/scenarios/wenchuan-820.json").read_text("utf-8")
)["oracle"]["figures"]["Exercise"][INCIDENT]


def card(page: Page, key: str):  # type: ignore[no-untyped-def]
    return page.locator(f"[data-key-figures] [data-figure='{key}']")


@pytest.mark.parametrize("level", LEVELS)
def test_every_level_shows_the_same(page: Page, system: RunningSystem, level: str) -> None:
    page.goto(address(system, unit=LEVELS[level]))
    for key, value in FIGURES.items():
        expect(card(page, key)).to_have_attribute("data-value", value)
    expect(card(page, "tourist_evac_cum").locator("b")).to_have_text("99,370")
    drawn(page, "nation" if level == "nation" else "51")
    shot(page, f"situation-{level}")


def test_sorties_and_lifted_stand_on_the_nation_row_only(page: Page, system: RunningSystem) -> None:
    page.goto(address(system))
    expect(card(page, "sorties")).to_have_attribute("data-value", "18")
    expect(card(page, "persons_lifted")).to_have_attribute("data-value", "96")
    expect(card(page, "supply_released.tent")).to_have_attribute("data-value", "120")
    page.goto(address(system, unit=LEVELS["county"]))
    expect(card(page, "dead")).to_have_attribute("data-value", "12")
    expect(card(page, "sorties")).to_have_count(0)


@pytest.mark.parametrize("key", ["dead", "missing", "reloc_resident_cum", "tourist_evac_cum"])
def test_the_tree_shows_the_townships_own_figures(page: Page, system: RunningSystem, key: str) -> None:
    page.goto(address(system, unit=LEVELS["county"], key=key))
    for unit, figures in ORACLE.items():
        figure = figures.get(key)
        row = page.locator(f"[role=row][data-unit='{unit}']")
        expect(row.locator(f"[data-column='{key}']")).to_have_text(_shown(figure, "total"))
        expect(row.locator("[data-column='own']")).to_have_text(_shown(figure, "own"))


def _shown(figure: Mapping[str, float | None] | None, which: str) -> str:
    value = None if figure is None else figure[which]
    return "–" if value is None else f"{value:,}"


def test_a_figure_is_explained_down_to_its_record(page: Page, system: RunningSystem) -> None:
    page.goto(address(system, unit=LEVELS["county"]))
    missing = card(page, "missing")
    expect(missing).to_contain_text("媒体称 35")
    expect(missing).to_contain_text("未核实")
    expect(missing).to_contain_text("本级 4")
    missing.locator(".explain").click()
    parts = page.locator("[data-figure-detail='missing'] [data-part]")
    expect(parts).to_have_count(6)
    expect(parts.first.locator("summary").first).to_contain_text("本级 4")
    shot(page, "situation-sources")
    parts.first.locator("[data-entry='a16']").first.get_by_role("button", name="a16").click()
    record = page.locator("[data-record-detail='a16']")
    expect(record).to_contain_text("汶川县应急管理局")
    expect(record).to_contain_text("已计入")
    page.keyboard.press("Escape")
    expect(record).to_be_hidden()


def test_records_are_listed_with_judgement_and_reason(page: Page, system: RunningSystem) -> None:
    page.goto(address(system))
    feed = page.locator("[data-records]")
    expect(feed.locator("[data-record]")).to_have_count(20)
    correction = feed.locator("[data-record='a15']")
    expect(correction).to_contain_text("更正")
    expect(correction).to_contain_text("重复统计")
    expect(correction).to_contain_text("数字减少，已说明原因")
    feed.get_by_label("判定", exact=True).select_option("stored_late")
    expect(feed.locator("[data-record]")).to_have_count(2)
    feed.get_by_label("判定", exact=True).select_option("")
    feed.get_by_role("searchbox").fill("媒体")
    expect(feed.locator("[data-record]")).to_have_count(1)
    expect(feed.locator("[data-record='a12']")).to_contain_text("与其他来源的数字不一致")


def test_the_change_is_counted_from_the_chosen_time(page: Page, system: RunningSystem) -> None:
    page.goto(address(system))
    expect(card(page, "dead")).to_contain_text("首报")
    page.get_by_label("变化起点").select_option("custom")
    tomorrow = page.evaluate("new Date(Date.now() + 864e5 + 288e5).toISOString().slice(0, 16)")
    page.get_by_label("自选时刻").fill(tomorrow)
    expect(card(page, "dead")).to_contain_text("无变化")


def test_the_map_drills_down_with_the_tree(page: Page, system: RunningSystem) -> None:
    page.goto(address(system))
    expect(page.locator("[data-map='nation']")).to_be_visible()
    page.locator("[role=row][data-unit='510000000000']").click()
    expect(page.locator("[data-map='51']")).to_be_visible()
    expect(page.locator("[data-trend]")).not_to_have_attribute("data-points", "0", timeout=PATIENCE_MS)
    page.get_by_role("button", name="返回全国").click()
    expect(page.locator("[data-map='nation']")).to_be_visible()
