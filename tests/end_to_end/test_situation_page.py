"""The page itself: languages, accessibility, keyboard, empty states, all townships, weight."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.end_to_end.conftest import address, shot
from tests.system import REPOSITORY, RunningSystem

pytestmark = pytest.mark.browser

AXE = REPOSITORY / "services" / "console" / "node_modules" / "axe-core" / "axe.min.js"
COUNTY = "513221000000"
FIRST_LOAD_BYTES = 500_000
KEYS = re.compile(
    r"\{\w+\}|\b(?:figure|flag|type|disposition|standing|status|unit|item|level|class)_[a-z]\w*"
)
"""What a word that is missing would leave on the page."""


def ready(page: Page) -> None:
    expect(page.locator("[data-state='live']")).to_be_visible()
    expect(page.locator("[data-key-figures] [data-figure='dead'][data-value]")).to_be_visible()
    expect(page.locator("[data-record]").first).to_be_visible()


def serious(page: Page) -> list[str]:
    """axe-core's serious and critical findings: rule, and the elements that break it."""
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate(
        "axe.run(document, {resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa',"
        " 'wcag22aa', 'best-practice']})"
    )
    return [
        f"{each['id']}: {[node['html'][:160] for node in each['nodes'][:3]]}"
        for each in found["violations"]
        if each["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_word_is_missing(page: Page, system: RunningSystem, language: str) -> None:
    page.goto(address(system, unit=COUNTY, lang=language))
    ready(page)
    page.locator("[data-figure='missing'] .explain").click()
    expect(page.locator("[data-part]").first).to_be_visible()
    assert KEYS.findall(page.inner_text("body")) == []
    page.keyboard.press("Escape")
    page.goto(address(system, lang=language))
    ready(page)
    for details in page.locator("details:not([open]) > summary").all():
        details.click()
    assert KEYS.findall(page.inner_text("body")) == []
    page.locator("[data-record='a16']").click()
    expect(page.locator("[data-record-detail]")).to_be_visible()
    assert KEYS.findall(page.locator("[data-record-detail] dl").inner_text()) == []


def test_the_language_is_switched_and_kept(page: Page, system: RunningSystem) -> None:
    page.goto(address(system))
    ready(page)
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.get_by_role("heading", name="Key figures")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Key figures")).to_be_visible()
    shot(page, "situation-english")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious(page: Page, system: RunningSystem, theme: str) -> None:
    page.emulate_media(color_scheme="light" if theme == "light" else "dark", reduced_motion="reduce")
    page.goto(address(system, unit=COUNTY))
    ready(page)
    assert serious(page) == []
    shot(page, f"situation-{theme}")
    page.locator("[data-figure='missing'] .explain").click()
    expect(page.locator("[data-part]").first).to_be_visible()
    assert serious(page) == []
    page.goto(address(system, world="Actual", incident=""))
    expect(page.locator("[data-empty]")).to_be_visible()
    assert serious(page) == []


def test_on_a_phone(page: Page, system: RunningSystem) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(address(system, unit=COUNTY))
    ready(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert serious(page) == []
    shot(page, "situation-phone")


def test_by_keyboard(page: Page, system: RunningSystem) -> None:
    page.goto(address(system))
    ready(page)
    page.get_by_role("button", name="全部收起").click()
    page.locator("[role=row][data-unit='000000000000']").focus()
    page.keyboard.press("ArrowRight")
    for _ in range(3):
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.get_by_label("区划").locator("[aria-current=location]")).to_have_text("汶川县")
    expect(page.locator(f"[role=row][data-unit='{COUNTY}']")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    expect(page.get_by_label("区划").locator("[aria-current=location]")).to_have_text("阿坝藏族羌族自治州")


def test_empty_and_unknown(page: Page, system: RunningSystem) -> None:
    page.goto(f"{system.http}/")
    expect(page.locator("[data-empty]")).to_contain_text("这里还没有实情事件")
    expect(page.locator("[data-band]")).to_have_count(0)
    shot(page, "situation-empty")
    page.get_by_role("button", name="演练").click()
    expect(page.locator("[data-band='Exercise']")).to_contain_text("不是真实灾情")
    assert page.title().startswith("[演练]")
    page.goto(address(system, incident="NO-SUCH"))
    expect(page.locator("[data-unknown]")).to_contain_text("NO-SUCH")


def test_the_apis_away(page: Page, system: RunningSystem) -> None:
    """GETs fail while the socket goes on: the figures stand, the lists say what is wrong and try again."""
    page.route("**/v1/journal*", lambda route: route.fulfill(status=503, body="{}"))
    page.goto(address(system))
    expect(page.locator("[data-key-figures] [data-figure='dead']")).to_have_attribute("data-value", "12")
    records = page.locator("[data-records]")
    expect(records.get_by_role("alert")).to_contain_text("读取失败")
    page.unroute("**/v1/journal*")
    records.get_by_role("button", name="重试").click()
    expect(records.locator("[data-record]").first).to_be_visible()


def test_all_townships_scroll(page: Page, system: RunningSystem) -> None:
    page.goto(address(system))
    ready(page)
    page.get_by_label("显示", exact=True).select_option(label="全部区划")
    page.get_by_role("button", name="全部展开").click()
    tree = page.locator("[role=treegrid]")
    expect(tree).to_have_attribute("aria-rowcount", re.compile(r"447\d\d"), timeout=60_000)
    page.evaluate(
        "() => { window.tasks = []; new PerformanceObserver((list) => list.getEntries().forEach((each) =>"
        " window.tasks.push(each.duration))).observe({ type: 'longtask' }) }"
    )
    scroller = page.locator("[data-tree]")
    for part in (0.25, 0.5, 0.75, 1.0):
        scroller.evaluate(f"(box) => {{ box.scrollTop = box.scrollHeight * {part} }}")
        expect(scroller.locator("[role=row][data-unit]").first).to_be_visible()
    expect(scroller.locator("[data-unit='820000000000']")).to_be_visible()
    assert scroller.locator("[role=row]").count() < 80
    assert max(page.evaluate("window.tasks"), default=0) < 500


def test_first_load_stays_light(context: BrowserContext, system: RunningSystem) -> None:
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    paths: dict[str, str] = {}
    sizes: dict[str, float] = {}
    session.on(
        "Network.responseReceived", lambda event: paths.update({event["requestId"]: event["response"]["url"]})
    )
    session.on(
        "Network.loadingFinished",
        lambda event: sizes.update({event["requestId"]: event["encodedDataLength"]}),
    )
    page.goto(address(system))
    ready(page)
    expect(page.locator("[data-map='nation']")).to_be_visible()
    apart = sum(size for request, size in sizes.items() if "/maps/" not in paths.get(request, ""))
    assert 50_000 < apart < FIRST_LOAD_BYTES
