"""The situation page at three sizes in both languages and themes: pictures for people to look at, and nothing reaches out."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.end_to_end.conftest import address, drawn, shot
from tests.end_to_end.test_situation_page import COUNTY, ready, serious
from tests.system import RunningSystem

pytestmark = pytest.mark.browser

SIZES = [(390, 844), (1920, 1080), (3840, 2160)]
PREFECTURE = "513200000000"


@pytest.mark.parametrize(("language", "theme"), [("zh", "light"), ("en", "dark")])
@pytest.mark.parametrize("size", SIZES, ids=[f"{width}x{height}" for width, height in SIZES])
def test_pictures(
    page: Page, system: RunningSystem, size: tuple[int, int], language: str, theme: str
) -> None:
    width, height = size
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme="light" if theme == "light" else "dark", reduced_motion="reduce")
    page.goto(address(system, unit=COUNTY, lang=language))
    ready(page)
    drawn(page, "51")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert cut_off(page) == []
    assert serious(page) == []
    shot(page, f"situation-{width}-{language}-{theme}")
    page.locator("[data-map]").scroll_into_view_if_needed()
    shot(page, f"situation-map-{width}-{language}-{theme}")


def cut_off(page: Page) -> list[str]:
    """Figures and headings that do not fit where they stand."""
    found: list[str] = page.evaluate(
        """[...document.querySelectorAll('[data-figure] .value, [data-figure] .head, h1, h2, .number')]
        .filter((each) => each.scrollWidth > each.clientWidth + 1)
        .map((each) => each.outerHTML.slice(0, 160))"""
    )
    return found


def test_the_text_grows_with_the_screen(page: Page, system: RunningSystem) -> None:
    """What a person reads at 4K without the system's own scaling is no smaller than on a common screen."""
    heights = {}
    for width, height in SIZES[1:]:
        page.set_viewport_size({"width": width, "height": height})
        page.goto(address(system))
        ready(page)
        row = page.locator("[role=row][data-unit]").first.bounding_box()
        assert row is not None
        heights[width] = row["height"]
    assert heights[3840] > 1.5 * heights[1920]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_where_two_moments_are_compared(page: Page, system: RunningSystem, theme: str) -> None:
    page.emulate_media(color_scheme="light" if theme == "light" else "dark", reduced_motion="reduce")
    page.goto(address(system, unit=COUNTY))
    ready(page)
    page.get_by_role("button", name="两时刻对比").click()
    expect(page.locator("[data-compare-state='ready'], [data-compare-state='none']")).to_be_visible()
    assert serious(page) == []
    shot(page, f"situation-compare-{theme}")


def test_a_click_on_the_map_leads_down(page: Page, system: RunningSystem) -> None:
    page.goto(address(system, unit=PREFECTURE))
    ready(page)
    drawn(page, "51")
    box = page.locator("[data-map='51']").bounding_box()
    assert box is not None
    # The middle of the frame is the middle of the prefecture: 黑水县.
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.get_by_label("区划").locator("[aria-current=location]")).not_to_have_text(
        "阿坝藏族羌族自治州"
    )
    chosen = page.get_by_label("区划").locator("[aria-current=location]").inner_text()
    assert chosen.endswith(("县", "市")), chosen


def test_the_tree_sorts_by_any_column(page: Page, system: RunningSystem) -> None:
    page.goto(address(system, unit=COUNTY))
    ready(page)
    tree = page.locator("[data-tree]")
    names = tree.locator("[role=row][data-unit^='513221'] .text")
    expect(names).to_have_count(8)
    tree.get_by_role("button", name="失踪").click()
    expect(tree.get_by_role("columnheader").filter(has_text="失踪")).to_have_attribute(
        "aria-sort", "descending"
    )
    assert names.all_inner_texts()[:3] == ["汶川县", "卧龙镇", "三江镇"]
    tree.get_by_role("button", name="失踪").click()
    expect(tree.get_by_role("columnheader").filter(has_text="失踪")).to_have_attribute(
        "aria-sort", "ascending"
    )
    assert names.all_inner_texts()[:3] == ["汶川县", "耿达镇", "水磨镇"]
