"""Province, prefecture and county look at the same time, each in a browser of its own: they see the same, and it changes
for all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.end_to_end.conftest import PATIENCE_MS, address
from tests.end_to_end.test_situation_figures import FIGURES, LEVELS, card
from tests.system import RunningSystem

pytestmark = pytest.mark.browser

LOOKING = ("province", "prefecture", "county")
INCIDENT = "E2E-levels"
TOWNSHIPS = ("513221102000", "513221107000")


@pytest.fixture
def offices(browser: Browser) -> Iterator[Mapping[str, Page]]:
    """Level -> a page in a context of its own: no storage, cache or socket is shared."""
    with ExitStack() as stack:
        pages = {}
        failures: list[str] = []
        for level in LOOKING:
            context = browser.new_context(
                viewport={"width": 1920, "height": 1080}, locale="zh-CN", timezone_id="Asia/Shanghai"
            )
            stack.callback(context.close)
            context.set_default_timeout(PATIENCE_MS)
            pages[level] = context.new_page()
            pages[level].on("pageerror", lambda error: failures.append(str(error)))
        yield pages
        assert failures == []


def look(offices: Mapping[str, Page], system: RunningSystem, **query: str) -> None:
    for level, page in offices.items():
        page.goto(address(system, unit=LEVELS[level], **query))
    for page in offices.values():
        expect(page.locator("[data-state='live']")).to_be_visible()


def all_show(offices: Mapping[str, Page], figures: Mapping[str, str]) -> None:
    for key, value in figures.items():
        for page in offices.values():
            expect(card(page, key)).to_have_attribute("data-value", value)
    # At one moment, too: what the first showed still stands when the last has come to it.
    shown = {
        level: {key: card(page, key).get_attribute("data-value") for key in figures}
        for level, page in offices.items()
    }
    assert shown == {level: dict(figures) for level in offices}


def report(system: RunningSystem, number: int, unit: str, **values: int) -> None:
    now = datetime.now(UTC).isoformat()
    record = {
        "record_id": f"{INCIDENT}-{number}",
        "type": "loss_report",
        "incident_id": INCIDENT,
        "status": "Exercise",
        "source": {"org": "三江镇人民政府", "class": "official_stat", "level": "township"},
        "as_of": now,
        "sent_at": now,
        "rows": [{"unit": unit, "values": values}],
    }
    answer = httpx.post(f"{system.http}/v1/records", json=record, timeout=10)
    assert answer.status_code == 202, answer.text


def test_three_levels_see_the_replayed_disaster_alike(
    offices: Mapping[str, Page], system: RunningSystem
) -> None:
    look(offices, system)
    all_show(offices, FIGURES)


def test_a_record_changes_all_three_levels_alike(offices: Mapping[str, Page], system: RunningSystem) -> None:
    report(system, 1, TOWNSHIPS[0], dead=3, missing=2)
    look(offices, system, incident=INCIDENT)
    all_show(offices, {"dead": "3", "missing": "2"})
    report(system, 2, TOWNSHIPS[1], dead=4, missing=11)
    all_show(offices, {"dead": "7", "missing": "13"})
    report(system, 3, TOWNSHIPS[1], dead=5, missing=11)
    all_show(offices, {"dead": "8", "missing": "13"})
