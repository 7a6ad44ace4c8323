"""Worker and gateway killed while the page is open: it says so, recovers by itself and is right."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.end_to_end.conftest import address, shot
from tests.system import RunningSystem, wait_until

pytestmark = pytest.mark.browser

RECOVERY_MS = 60_000
TOWNSHIP = "513221102000"


@pytest.fixture
def incident(system: RunningSystem, request: pytest.FixtureRequest) -> Iterator[str]:
    """An incident of the test's own with 3 dead in one township, for it is going to change."""
    name = f"E2E-{request.node.name}"[:64].replace("[", "-").replace("]", "")
    report(system, name, 3)
    yield name
    # In a process of its own: Playwright's loop runs in this one.
    wait_until(lambda: system.fenghuo("status").returncode == 0, 60, "every child is ready")


def report(system: RunningSystem, incident: str, dead: int) -> None:
    now = datetime.now(UTC).isoformat()
    record = {
        "record_id": f"{incident}-{dead}",
        "type": "loss_report",
        "incident_id": incident,
        "status": "Exercise",
        "source": {"org": "映秀镇人民政府", "class": "official_stat", "level": "township"},
        "as_of": now,
        "sent_at": now,
        "rows": [{"unit": TOWNSHIP, "values": {"dead": dead}}],
    }
    answer = httpx.post(f"{system.http}/v1/records", json=record, timeout=10)
    assert answer.status_code == 202, answer.text


def show(page: Page, system: RunningSystem, incident: str) -> None:
    page.goto(address(system, incident=incident))
    expect(page.locator("[data-key-figures] [data-figure='dead']")).to_have_attribute("data-value", "3")
    expect(page.locator("[data-state='live']")).to_be_visible()


def recovered(page: Page, dead: int) -> None:
    figure = page.locator("[data-key-figures] [data-figure='dead']")
    expect(figure).to_have_attribute("data-value", str(dead), timeout=RECOVERY_MS)
    expect(page.locator("[data-state='live']")).to_be_visible(timeout=RECOVERY_MS)
    expect(page.locator("[data-stale-notice]")).to_have_count(0)


def test_gateway_and_worker_killed(page: Page, system: RunningSystem, incident: str) -> None:
    show(page, system, incident)
    system.kill("gateway", "worker")
    notice = page.locator("[data-stale-notice]")
    expect(notice).to_contain_text("与推送服务的连接已中断", timeout=RECOVERY_MS)
    figure = page.locator("[data-key-figures] [data-figure='dead']")
    expect(figure).to_have_attribute("data-value", "3")
    expect(figure).to_contain_text("截至")
    shot(page, "situation-disconnected")
    report(system, incident, 5)
    recovered(page, 5)


def test_a_worker_that_stands_still(page: Page, system: RunningSystem, incident: str) -> None:
    """The socket goes on beating: only the watermark tells that nothing is counted any more."""
    show(page, system, incident)
    worker = system.pid("worker")
    os.kill(worker, signal.SIGSTOP)
    try:
        report(system, incident, 6)
        notice = page.locator("[data-stale-notice]")
        expect(notice).to_contain_text("新记录没有计入", timeout=RECOVERY_MS)
        expect(page.locator("[data-feed]")).to_contain_text("态势计算滞后")
        expect(page.locator("[data-key-figures] [data-figure='dead']")).to_have_attribute("data-value", "3")
        shot(page, "situation-lagging")
    finally:
        os.kill(worker, signal.SIGCONT)
    recovered(page, 6)


def test_a_gateway_that_stands_still(page: Page, system: RunningSystem, incident: str) -> None:
    """Its socket stays open and says nothing."""
    show(page, system, incident)
    gateway = system.pid("gateway")
    os.kill(gateway, signal.SIGSTOP)
    try:
        expect(page.locator("[data-feed='disconnected']")).to_be_visible(timeout=RECOVERY_MS)
    finally:
        os.kill(gateway, signal.SIGCONT)
    report(system, incident, 7)
    recovered(page, 7)
