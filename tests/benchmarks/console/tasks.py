"""How long the page's main thread is busy without a break, while the whole system takes 50 records/s.

Chromium's own tracing tells every task, with the time that passed and the processor time: on a machine that does
other things besides, the first says little.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
from playwright.sync_api import Browser

from tests.system import RunningSystem

INCIDENT = "BENCH-tasks"
PROVINCE = "510000000000"
"""The page looks at the province: its map has the most areas of those that change, 183 counties."""
TOWNSHIPS = [f"5132211{place:02d}000" for place in range(9)] + [
    "513222100000",
    "513222101000",
    "513223100000",
    "513224100000",
    "510181100000",
]
CATEGORIES = ["toplevel", "disabled-by-default-devtools.timeline"]
RATE = 50
LOADING_MS = 60_000


@dataclass(frozen=True)
class Tasks:
    """Milliseconds of every task of the main thread, sorted: passed, and of the processor."""

    passed: list[float]
    processor: list[float]


class Reporters:
    """Townships that report one after another in no order; each figure only grows."""

    def __init__(self, http: str) -> None:
        self._http = httpx.Client(base_url=http, timeout=10)
        self._chance = random.Random(1)
        self._told: Counter[str] = Counter()
        self.posted = 0

    def post(self) -> None:
        """One record; fails unless it is taken."""
        unit = self._chance.choice(TOWNSHIPS)
        self._told[unit] += 1
        self.posted += 1
        told = self._told[unit]
        now = datetime.now(UTC).isoformat()
        record = {
            "record_id": f"{INCIDENT}-{self.posted}",
            "type": "loss_report",
            "incident_id": INCIDENT,
            "status": "Exercise",
            "source": {"org": f"{unit} 人民政府", "class": "official_stat", "level": "township"},
            "as_of": now,
            "sent_at": now,
            "rows": [{"unit": unit, "values": {"dead": told, "missing": 2 * told, "reloc_cum": 100 * told}}],
        }
        answer = self._http.post("/v1/records", json=record)
        assert answer.status_code == 202, answer.text

    def steady(self, seconds: float) -> None:
        """RATE records per second, as far as the system takes them."""
        began = time.monotonic()
        for place in range(int(RATE * seconds)):
            time.sleep(max(0.0, began + place / RATE - time.monotonic()))
            self.post()


def tasks(browser: Browser, system: RunningSystem, seconds: float) -> Tasks:
    """Every task of the situation page's main thread over `seconds`, once it has loaded and 2 s have been counted."""
    reporters = Reporters(system.http)
    for _ in range(100):
        reporters.post()  # as many as the page lists
    page = browser.new_page(viewport={"width": 1920, "height": 1080}, locale="zh-CN")
    page.goto(f"{system.http}/?world=Exercise&incident={INCIDENT}&unit={PROVINCE}", timeout=LOADING_MS)
    page.locator("[data-map='51']").wait_for(timeout=LOADING_MS)
    page.locator("[data-record]").first.wait_for(timeout=LOADING_MS)
    reporters.steady(2)
    browser.start_tracing(page=page, categories=CATEGORIES)
    posting = threading.Thread(target=reporters.steady, args=(seconds,))
    posting.start()
    # Playwright's own loop runs here, so that its pipe to the browser does not fill.
    while posting.is_alive():
        page.wait_for_timeout(500)
    found = _tasks_of(json.loads(browser.stop_tracing())["traceEvents"])
    page.close()
    return found


def _tasks_of(events: list[dict[str, Any]]) -> Tasks:
    """Of the main thread that was busiest: other pages' threads idle."""
    main = {
        (event["pid"], event["tid"])
        for event in events
        if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    threads: dict[tuple[int, int], list[dict[str, Any]]] = {thread: [] for thread in main}
    for event in events:
        # A task that the tracing cut through has no processor time.
        if event["name"] == "ThreadControllerImpl::RunTask" and event["ph"] == "X" and "tdur" in event:
            threads.get((event["pid"], event["tid"]), []).append(event)
    busiest = max(threads.values(), key=lambda run: sum(event["tdur"] for event in run))
    return Tasks(
        sorted(event["dur"] / 1000 for event in busiest),
        sorted(event["tdur"] / 1000 for event in busiest),
    )
