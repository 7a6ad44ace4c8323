"""A figure is explained down to its records; the page looks back and compares two moments (issue: explain, time travel)."""

from __future__ import annotations

import json
from datetime import datetime
from itertools import pairwise
from typing import Any
from urllib.parse import quote
from urllib.request import urlopen

import pytest
from playwright.sync_api import Page, expect

from tests.end_to_end.conftest import INCIDENT, address, shot
from tests.system import RunningSystem

pytestmark = pytest.mark.browser

COUNTY = "513221000000"


def asked(system: RunningSystem, path: str) -> Any:
    with urlopen(f"{system.http}{path}", timeout=30) as answer:
        return json.load(answer)


@pytest.fixture
def moments(system: RunningSystem) -> list[str]:
    """When the records of the incident came onto the log, oldest first."""
    page = asked(system, f"/v1/journal?incident={INCIDENT}&status=Exercise&limit=500")
    return sorted({item["recorded_at"] for item in page["items"]}, key=datetime.fromisoformat)


def dead_at(system: RunningSystem, moment: str) -> int | None:
    path = f"/v1/incidents/{INCIDENT}/situation?status=Exercise&known_at={quote(moment)}"
    figures = asked(system, path)["figures"]
    return figures["dead"]["total"] if "dead" in figures else None


def card(page: Page, key: str):  # type: ignore[no-untyped-def]
    return page.locator(f"[data-key-figures] [data-figure='{key}']")


def test_losers_are_named_with_the_rule_that_decided(page: Page, system: RunningSystem) -> None:
    page.goto(address(system, unit=COUNTY))
    card(page, "missing").locator(".explain").click()
    county = page.locator(f"[data-explained-unit='{COUNTY}']")
    shown = county.locator("> .inside > [data-cell='missing'] [data-entry='a16']")
    expect(shown).to_have_attribute("data-counts", "true")
    earlier = county.locator("> .inside > [data-cell='missing'] [data-entry='a13']")
    expect(earlier).to_have_attribute("data-counts", "false")
    expect(earlier).to_contain_text("R3")
    expect(earlier).to_contain_text("时点早于现行值")
    press = county.locator("> .inside > [data-cell='missing'] [data-entry='a12']")
    expect(press).to_contain_text("R2")
    expect(press).to_contain_text("35")
    shot(page, "situation-explained")


def test_leaves_of_the_explanation_add_up(page: Page, system: RunningSystem) -> None:
    page.goto(address(system, lang="en"))
    card(page, "missing").locator(".explain").click()
    counting = page.locator("[data-figure-detail='missing'] [data-counts='true']")
    expect(counting).to_have_count(6)
    values = [int(text) for text in counting.locator(".first b").all_inner_texts()]
    assert sum(values) == 26
    expect(counting.first).to_contain_text("in force")


def test_the_slider_shows_what_was_known_then(page: Page, system: RunningSystem, moments: list[str]) -> None:
    then = moments[len(moments) // 2]
    known = dead_at(system, then)
    assert known not in (None, 12), "the moment must differ from now"
    page.goto(address(system))
    expect(card(page, "dead")).to_have_attribute("data-value", "12")

    slider = page.get_by_role("slider", name="当时已知")
    slider.focus()
    for _ in range(len(moments) - len(moments) // 2):
        page.keyboard.press("ArrowLeft")
    expect(page.locator("[data-past]")).to_contain_text("不是现在的情况")
    expect(card(page, "dead")).to_have_attribute("data-value", str(known))
    expect(page.locator("[data-records] [data-record]")).not_to_have_count(20)
    shot(page, "situation-past")

    # The address names the moment: somebody else sees the same.
    page.reload()
    expect(card(page, "dead")).to_have_attribute("data-value", str(known))
    page.locator("[data-time-bar]").get_by_role("button", name="回到现在").click()
    expect(card(page, "dead")).to_have_attribute("data-value", "12")
    expect(page.locator("[data-past]")).to_have_count(0)


def test_every_stop_shows_what_the_server_says_of_it(
    page: Page, system: RunningSystem, moments: list[str]
) -> None:
    told = [dead_at(system, moment) for moment in moments]
    assert any(one != other for one, other in pairwise(told))
    for moment, value in list(zip(moments, told, strict=True))[::4]:
        page.goto(address(system, at=quote(moment)))
        expect(page.locator("[data-past]")).to_have_attribute("data-past-state", "ready")
        if value is None:
            expect(card(page, "dead")).to_contain_text("未报")
        else:
            expect(card(page, "dead")).to_have_attribute("data-value", str(value))


def test_before_the_first_record_nothing_was_known(page: Page, system: RunningSystem) -> None:
    page.goto(address(system, at="2019-01-01T00:00:00Z"))
    expect(page.locator("[data-past]")).to_have_attribute("data-past-state", "none")
    expect(page.locator("[data-past]")).to_contain_text("还没有收到")
    expect(page.locator("[data-key-figures] [data-value]")).to_have_count(0)


def test_two_moments_are_compared(page: Page, system: RunningSystem, moments: list[str]) -> None:
    then = moments[len(moments) // 2]
    known = dead_at(system, then)
    assert known is not None
    page.goto(address(system))
    page.get_by_role("button", name="两时刻对比").click()
    expect(page.locator("[data-compare]")).to_be_visible()
    page.goto(address(system, against=quote(then)))
    row = page.locator("[data-difference='000000000000/dead']")
    expect(row.locator("td").nth(1)).to_have_text(str(known))
    expect(row.locator("td").nth(2)).to_have_text("12")
    expect(row.locator("td").nth(3)).to_have_text(f"+{12 - known}")
    expect(card(page, "dead")).to_contain_text(f"+{12 - known}")
    page.get_by_label("含全国以下各单位").check()
    expect(page.locator(f"[data-difference='{COUNTY}/dead']")).to_be_visible()
    shot(page, "situation-compared")
