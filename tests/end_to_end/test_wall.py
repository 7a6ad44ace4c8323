"""The big screen: figures, map, records in turn; marks; greys when stale; runs for days without growth."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, CDPSession, Page, WebSocketRoute, expect

from tests.end_to_end.conftest import INCIDENT, shot
from tests.fake_gateway import FakeGateway
from tests.system import RunningSystem

pytestmark = pytest.mark.browser

SMALLEST_PX = 32
"""Of 1080: a character of 20 mm on a screen 0.68 m high, which is read at 5 m."""
UPDATES = 5_000
SIZES = [(1920, 1080), (3840, 2160)]


@pytest.fixture(params=SIZES, ids=[f"{width}x{height}" for width, height in SIZES])
def wall(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    width, height = request.param
    page = browser.new_page(
        viewport={"width": width, "height": height}, locale="zh-CN", timezone_id="Asia/Shanghai"
    )
    failures: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    yield page
    page.close()
    assert failures == []


def show(page: Page, system: RunningSystem, **query: str) -> None:
    asked = {"world": "Exercise", "incident": INCIDENT} | query
    page.goto(f"{system.http}/wall?" + "&".join(f"{name}={value}" for name, value in asked.items()))
    expect(page.locator(f"[data-state=live][data-incident='{INCIDENT}']")).to_be_visible()


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_three_scenes(wall: Page, system: RunningSystem, theme: str) -> None:
    width = wall.evaluate("innerWidth")
    for scene in ("figures", "map", "records"):
        show(wall, system, scene=scene, theme=theme)
        expect(wall.locator(".band")).to_contain_text("演练 EXERCISE")
        if scene == "figures":
            for key, value in (("dead", "12"), ("missing", "26"), ("injured", "6"), ("sorties", "18")):
                expect(wall.locator(f"[data-figure='{key}']")).to_have_attribute("data-value", value)
        elif scene == "map":
            expect(wall.locator("[data-map='51'][data-drawn]")).to_be_visible()
            expect(wall.locator("[data-unit]").first).to_contain_text("三江镇")
        else:
            expect(wall.locator("[data-record]").first).to_contain_text("存为历史")
            expect(wall.locator("[data-alarms] b")).not_to_have_text("0")
        assert too_small(wall) == []
        assert overflowing(wall) == []
        shot(wall, f"wall-{scene}-{theme}-{width}")


def too_small(page: Page) -> list[str]:
    """Texts that cannot be read at 5 m; only the map's attribution may be smaller."""
    found: list[str] = page.evaluate(
        """(smallest) => [...document.querySelectorAll('#app *')]
        .filter((each) => [...each.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
        .filter((each) => getComputedStyle(each).visibility === 'visible' && !each.classList.contains('source'))
        .filter((each) => parseFloat(getComputedStyle(each).fontSize) < smallest * innerHeight / 1080 - 0.1)
        .map((each) => each.outerHTML.slice(0, 120))""",
        SMALLEST_PX,
    )
    return found


def overflowing(page: Page) -> list[str]:
    """Figures that are cut off or reach out of their place."""
    found: list[str] = page.evaluate(
        """[...document.querySelectorAll('.value, .count, h2, .row b')]
        .filter((each) => getComputedStyle(each).visibility === 'visible' && each.scrollWidth > each.clientWidth + 1)
        .map((each) => each.outerHTML.slice(0, 120))"""
    )
    return found


def test_it_turns_by_itself(browser: Browser, system: RunningSystem) -> None:
    page = browser.new_page(viewport={"width": 1920, "height": 1080})
    show(page, system, seconds="1")
    for scene in ("map", "records", "figures", "map"):
        expect(page.locator(f"[data-scene={scene}]")).to_be_visible()
    page.close()


def on_fake_gateway(page: Page) -> FakeGateway:
    """What the gateway says is what a wall of days would hear: two incidents, alarms that come and go."""
    gateway = FakeGateway(("wall-a", "wall-b"), with_alarms=True)

    def opened(socket: WebSocketRoute) -> None:
        gateway.connect(socket.send)
        socket.on_message(gateway.hear)

    page.route_web_socket("**/v1/feed", opened)
    return gateway


def test_days_of_updates_do_not_grow_it(browser: Browser, system: RunningSystem) -> None:
    """5,000 updates, two incidents and three scenes in turn: as many nodes after them as before, and no more memory."""
    page = browser.new_page(viewport={"width": 1920, "height": 1080})
    gateway = on_fake_gateway(page)
    page.goto(f"{system.http}/wall?world=Exercise&seconds=1")
    expect(page.locator("[data-state=live][data-incident]")).to_be_visible()
    session = page.context.new_cdp_session(page)
    # Everything that is made once is made: the outcomes are full, every scene and both incidents were shown.
    pump(page, gateway, 1, 1_500)
    every_scene(page)
    before = measure(page, session)
    pump(page, gateway, 1_500, 1_500 + UPDATES)
    every_scene(page)
    after = measure(page, session)
    print(before, after)
    assert after["nodes"] == before["nodes"], (before, after)
    assert after["listeners"] == before["listeners"], (before, after)
    assert after["heap"] <= before["heap"] * 1.1, (before, after)
    expect(page.locator("[data-figure=dead]")).to_have_attribute("data-value", f"{1_499 + UPDATES:,}")
    page.close()


def pump(page: Page, gateway: FakeGateway, first: int, end: int) -> None:
    """Updates in bursts; after each burst the page has shown the last of it."""
    for start in range(first, end, 250):
        last = min(start + 250, end)
        for number in range(start, last):
            gateway.update(number)
        gateway.beat()
        expect(page.locator("[data-figure=dead]")).to_have_attribute("data-value", f"{last - 1:,}")


def every_scene(page: Page) -> None:
    """Both incidents' scenes have been shown twice, so that maps and charts that come by and by are all there."""
    for _ in range(4):
        for scene in ("figures", "map", "records"):
            expect(page.locator(f"[data-scene={scene}]")).to_be_visible()
    page.wait_for_load_state("networkidle")


def measure(page: Page, session: CDPSession) -> dict[str, float]:
    """Nodes and listeners of all documents, bytes of the heap after a full collection. Always in the same scene.

    The heap is the least of three turns: while a map is being drawn anew both stand in it, what leaks always does.
    """
    session.send("HeapProfiler.enable")
    heaps = []
    for _ in range(3):
        expect(page.locator("[data-scene=records]")).to_be_visible()
        expect(page.locator("[data-scene=figures]")).to_be_visible()
        for _ in range(3):
            session.send("HeapProfiler.collectGarbage")
        heaps.append(session.send("Runtime.getHeapUsage")["usedSize"])
    counters = session.send("Memory.getDOMCounters")
    return {
        "nodes": page.evaluate("document.querySelectorAll('*').length"),
        "all": counters["nodes"],
        "listeners": counters["jsEventListeners"],
        "heap": min(heaps),
    }


def test_it_greys_when_the_feed_stops(browser: Browser, system: RunningSystem) -> None:
    page = browser.new_page(viewport={"width": 1920, "height": 1080})
    on_fake_gateway(page)
    page.goto(f"{system.http}/wall?world=Exercise&scene=figures")
    expect(page.locator("[data-state=live]")).to_be_visible()
    # No heartbeat comes any more.
    expect(page.locator("[data-state=disconnected]")).to_be_visible(timeout=15_000)
    expect(page.locator("main.stale")).to_be_visible()
    expect(page.locator(".notice")).to_contain_text("以下数字截至")
    shot(page, "wall-stale-1920")
    page.close()
