"""The big screen: figures, map, records in turn; marks; greys when stale; runs for days without growth."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Browser, CDPSession, Page, WebSocketRoute, expect

from tests.end_to_end.conftest import INCIDENT, shot
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
            expect(wall.locator("[data-map='51'] canvas").first).to_be_visible()
            expect(wall.locator("[data-unit]").first).to_contain_text("三江镇")
        else:
            expect(wall.locator("[data-record]").first).to_contain_text("存为历史")
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


class FakeFeed:
    """The gateway's side of `fenghuo.v1`, spoken by the test: what it says is what a wall of days would hear."""

    def __init__(self) -> None:
        self.socket: WebSocketRoute | None = None
        self.seqs: dict[str, int] = {}
        self.subscriptions: dict[str, dict[str, Any]] = {}
        self.version = 1

    def connect(self, socket: WebSocketRoute) -> None:
        self.socket = socket
        socket.on_message(lambda text: self.hear(json.loads(text)))

    def hear(self, frame: dict[str, Any]) -> None:
        if frame["type"] == "unsubscribe":
            self.subscriptions.pop(frame["id"], None)
            return
        self.subscriptions[frame["id"]] = frame
        self.seqs[frame["id"]] = 0
        self.tell(frame["id"], "snapshot", units=self.units(frame, 1))
        self.beat()

    def tell(self, subscription: str, kind: str, **content: Any) -> None:
        assert self.socket is not None
        self.seqs[subscription] += 1
        frame = {
            "type": kind,
            "id": subscription,
            "seq": self.seqs[subscription],
            "watermark": now(),
            **content,
        }
        self.socket.send(json.dumps(frame))

    def beat(self) -> None:
        assert self.socket is not None
        self.socket.send(json.dumps({"type": "heartbeat", "watermark": now(), "server_time": now()}))

    def units(self, frame: dict[str, Any], value: int) -> list[dict[str, Any]]:
        """The nation's row of each incident, and with depth the counties': one of them new each time."""
        self.version += 1
        counties = ["513221000000", "513222000000", "513223000000"] if frame["depth"] else []
        return [
            {
                "incident_id": incident,
                "status": "Exercise",
                "unit": unit,
                "version": self.version,
                "figures": {key: figure(value) for key in ("dead", "missing", "injured", "sorties")},
            }
            for incident in (("wall-a", "wall-b") if frame["incidents"] == ["*"] else frame["incidents"])
            for unit in ["000000000000", *counties]
        ]

    def update(self, number: int) -> None:
        for name, frame in list(self.subscriptions.items()):
            self.tell(name, "delta", units=self.units(frame, number))
            if "outcomes" in frame["kinds"]:
                self.tell(name, "outcomes", outcomes=[outcome(number, frame["incidents"][0])])
            if "alarms" in frame["kinds"]:
                self.tell(name, "alarms", alarms=[alarm(number, frame["incidents"][0])])


def now() -> str:
    return datetime.now(UTC).isoformat()


def figure(value: int) -> dict[str, Any]:
    moment = now()
    marks = {"qualifier": "exact", "status": "unverified", "parts": 1, "own": value}
    return {"total": value, "newest_as_of": moment, "oldest_as_of": moment, **marks}


def outcome(number: int, incident: str) -> dict[str, Any]:
    return {
        "record_id": f"wall-{number}",
        "status": "Exercise",
        "incident_id": incident,
        "type": "loss_report",
        "disposition": "accepted",
        "flags": [],
        "standing": "effective",
        "version": number,
    }


def alarm(number: int, incident: str) -> dict[str, Any]:
    """Raised, and cleared by the next."""
    return {
        "status": "Exercise",
        "incident_id": incident,
        "kind": "shelter_below_zero",
        "subject": f"513221103000/{number // 2}",
        "state": "raised" if number % 2 == 0 else "cleared",
        "unit": "513221103000",
        "version": number,
    }


def test_days_of_updates_do_not_grow_it(browser: Browser, system: RunningSystem) -> None:
    """5,000 updates, two incidents and three scenes in turn: as many nodes after them as before, and no more memory."""
    page = browser.new_page(viewport={"width": 1920, "height": 1080})
    feed = FakeFeed()
    page.route_web_socket("**/v1/feed", feed.connect)
    page.goto(f"{system.http}/wall?world=Exercise&seconds=1")
    expect(page.locator("[data-state=live][data-incident]")).to_be_visible()
    session = page.context.new_cdp_session(page)
    # Everything that is made once is made: the outcomes are full, every scene and both incidents were shown.
    pump(page, feed, 1, 1_500)
    every_scene(page)
    before = measure(page, session)
    pump(page, feed, 1_500, 1_500 + UPDATES)
    every_scene(page)
    after = measure(page, session)
    print(before, after)
    assert after["nodes"] == before["nodes"], (before, after)
    assert after["listeners"] == before["listeners"], (before, after)
    assert after["heap"] <= before["heap"] * 1.1, (before, after)
    expect(page.locator("[data-figure=dead]")).to_have_attribute("data-value", f"{1_499 + UPDATES:,}")
    page.close()


def pump(page: Page, feed: FakeFeed, first: int, end: int) -> None:
    """Updates in bursts; after each burst the page has shown the last of it."""
    for start in range(first, end, 250):
        last = min(start + 250, end)
        for number in range(start, last):
            feed.update(number)
        feed.beat()
        expect(page.locator("[data-figure=dead]")).to_have_attribute("data-value", f"{last - 1:,}")


def every_scene(page: Page) -> None:
    """Both incidents' scenes have been shown twice, so that maps and charts that come by and by are all there."""
    for _ in range(4):
        for scene in ("figures", "map", "records"):
            expect(page.locator(f"[data-scene={scene}]")).to_be_visible()
    page.wait_for_load_state("networkidle")


def measure(page: Page, session: CDPSession) -> dict[str, float]:
    """After a full collection: nodes and listeners of all documents, bytes of the heap. Always in the same scene."""
    expect(page.locator("[data-scene=records]")).to_be_visible()
    expect(page.locator("[data-scene=figures]")).to_be_visible()
    session.send("HeapProfiler.enable")
    for _ in range(3):
        session.send("HeapProfiler.collectGarbage")
    counters = session.send("Memory.getDOMCounters")
    heap = session.send("Runtime.getHeapUsage")["usedSize"]
    elements = page.evaluate("document.querySelectorAll('*').length")
    return {
        "nodes": elements,
        "all": counters["nodes"],
        "listeners": counters["jsEventListeners"],
        "heap": heap,
    }


def test_it_greys_when_the_feed_stops(browser: Browser, system: RunningSystem) -> None:
    page = browser.new_page(viewport={"width": 1920, "height": 1080})
    feed = FakeFeed()
    page.route_web_socket("**/v1/feed", feed.connect)
    page.goto(f"{system.http}/wall?world=Exercise&scene=figures")
    expect(page.locator("[data-state=live]")).to_be_visible()
    # No heartbeat comes any more.
    expect(page.locator("[data-state=disconnected]")).to_be_visible(timeout=15_000)
    expect(page.locator("main.stale")).to_be_visible()
    expect(page.locator(".notice")).to_contain_text("以下数字截至")
    shot(page, "wall-stale-1920")
    page.close()
