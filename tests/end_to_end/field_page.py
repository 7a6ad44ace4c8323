"""The report page as a township's officer uses it: choose who and what once, fill in, review, send, look at the way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import httpx
from playwright.sync_api import Browser, BrowserContext, Locator, Page, ViewportSize, expect

from tests.system import RunningSystem

PHONE: ViewportSize = {"width": 390, "height": 844}
TOWNSHIP = "513221105000"
TOWNSHIP_NAME = "水磨镇"
OFFICE = "水磨镇人民政府应急办"
PATIENCE_MS = 20_000


@contextmanager
def phone(browser: Browser, **options: Any) -> Iterator[BrowserContext]:
    """A phone of one's own: nothing is stored on it yet."""
    asked = {"color_scheme": "light", "locale": "zh-CN", "reduced_motion": "reduce"} | options
    context = browser.new_context(
        viewport=PHONE, is_mobile=True, has_touch=True, timezone_id="Asia/Shanghai", **asked
    )
    context.set_default_timeout(PATIENCE_MS)
    yield context
    context.close()


def an_incident(name: str) -> str:
    """An id of the test's own: nothing is known of it yet, however often the test runs against one system."""
    return f"E2E-{name}-{uuid4().hex[:8]}"


class FieldPage:
    """One opened report page. Its scripts must not fail: `failures` stays empty."""

    def __init__(self, context: BrowserContext, system: RunningSystem) -> None:
        self.system = system
        self.page: Page = context.new_page()
        self.failures: list[str] = []
        self.seen: list[str] = []
        self.page.on("pageerror", lambda error: self.failures.append(str(error)))

    def open(self, language: str = "zh") -> None:
        self.page.goto(f"{self.system.http}/report?lang={language}")
        expect(self.page.locator("nav")).to_be_visible()

    def choose(self, incident: str, world: str = "Exercise") -> None:
        """Everything that is chosen once; the incident is typed."""
        page = self.page
        page.locator("[data-choose=incident]").click()
        page.locator(f"dialog .world.{world}").click()
        page.locator("#incident-id").fill(incident)
        page.locator("dialog form button[type=submit]").click()
        page.locator("[data-choose=unit]").click()
        page.locator("#unit-province").select_option("510000000000")
        page.locator("#unit-search").fill(TOWNSHIP_NAME)
        page.locator(f"dialog [data-unit='{TOWNSHIP}']").click()
        page.locator("[data-choose=reporter]").click()
        page.locator("#reporter-org").fill(OFFICE)
        page.locator("dialog button[type=submit]").click()
        expect(page.locator("[data-key=dead]")).to_be_visible()

    def tab(self, name: str) -> None:
        self.page.locator(f"[data-tab={name}]").click()

    def state(self, key: str, value: str) -> None:
        """Fill in one figure of the loss report."""
        self.page.locator(f"[data-key={key}] input").fill(value)

    def follow_up(self) -> None:
        """Not the first report: no time of occurrence is needed."""
        self.page.get_by_role("button", name="续报").click()

    def review(self) -> None:
        self.page.locator("[data-review]").click()
        expect(self.page.locator("[data-send]")).to_be_visible()

    def send(self) -> str:
        """Review and send; the new record's id."""
        self.review()
        self.page.locator("[data-send]").click()
        return self.filed()

    def filed(self) -> str:
        """Wait until a record that was not there before is listed first; its id."""
        self.page.wait_for_function(
            "(seen) => { const first = document.querySelector('[data-record]')?.dataset.record;"
            " return first !== undefined && !seen.includes(first) }",
            arg=self.seen,
        )
        self.seen.append(self.newest().get_attribute("data-record") or "")
        return self.seen[-1]

    def headcount(self, site: str, persons: int) -> None:
        self.tab("headcount")
        self.page.locator("#site").fill(site)
        self.page.locator("#persons").fill(str(persons))
        self.review()
        self.page.locator("[data-send]").click()
        expect(self.page.locator("dialog")).to_have_count(0)

    def newest(self) -> Locator:
        return self.page.locator("[data-record]").first

    def show_all(self) -> None:
        """List also the earlier records."""
        more = self.page.locator("[data-more]")
        while more.count() > 0:
            more.click()

    def card(self, record_id: str) -> Locator:
        return self.page.locator(f"[data-record='{record_id}']")

    def reached(self, record_id: str, **steps: str) -> None:
        """Wait until the record's way has these states: `received="done"`."""
        for step, state in steps.items():
            expect(self.card(record_id).locator(f"[data-step={step}]")).to_have_attribute(
                "data-state", state, timeout=PATIENCE_MS
            )

    def waiting(self, count: int, seconds: float = 60) -> None:
        """Wait until so many records wait to be sent."""
        badge = self.page.locator("[data-waiting]")
        if count == 0:
            expect(badge).to_have_count(0, timeout=seconds * 1000)
        else:
            expect(badge).to_have_attribute("data-waiting", str(count), timeout=seconds * 1000)

    def clock_checked(self) -> float:
        """Wait until the server's clock is known; server - device in seconds."""
        clock = self.page.locator("[data-clock][data-offset]")
        expect(clock).to_be_visible()
        return float(clock.get_attribute("data-offset") or "nan") / 1000

    def controlled(self) -> None:
        """Wait until the service worker has everything and answers for the network."""
        self.page.wait_for_function("navigator.serviceWorker.controller !== null")

    def stored(self, record_id: str) -> dict[str, Any]:
        """What the server has under the id."""
        answer = httpx.get(f"{self.system.http}/v1/records/{record_id}", timeout=10)
        assert answer.status_code == 200, f"{record_id}: {answer.status_code} {answer.text}"
        found: dict[str, Any] = answer.json()
        return found

    def total(self, incident: str, key: str) -> float | None:
        """The township's total in the picture."""
        answer = httpx.get(
            f"{self.system.http}/v1/incidents/{incident}/situation",
            params={"unit": TOWNSHIP, "status": "Exercise"},
            timeout=10,
        )
        figure = answer.json().get("figures", {}).get(key)
        return None if figure is None else figure["total"]
