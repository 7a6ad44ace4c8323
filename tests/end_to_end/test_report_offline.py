"""The field without network: 200 records queued, the page reloaded, the network back: 200 on the server, each once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Route, expect

from tests.end_to_end.conftest import shot
from tests.end_to_end.field_page import PATIENCE_MS, FieldPage, an_incident, phone
from tests.system import RunningSystem

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

QUEUED = 200
# One record's day at the county's office: the device's clock is an hour and a half slow.
SLOW_CLOCK = """
(() => {
  const slow = 90 * 60_000, Real = Date
  const Slow = function (...given) { return new.target ? (given.length ? new Real(...given) : new Real(Real.now() - slow)) : String(new Real(Real.now() - slow)) }
  Slow.prototype = Real.prototype
  Object.assign(Slow, { UTC: Real.UTC, parse: Real.parse, now: () => Real.now() - slow })
  globalThis.Date = Slow
})()
"""


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    with phone(browser) as opened:
        yield opened


def journal(system: RunningSystem, incident: str) -> list[str]:
    """Ids of every log entry of the incident."""
    found: list[str] = []
    after: str | None = None
    while True:
        query: dict[str, str | int] = {"incident": incident, "status": "Exercise", "limit": 500}
        if after is not None:
            query["after"] = after
        page = httpx.get(f"{system.http}/v1/journal", params=query, timeout=30).raise_for_status().json()
        found += [item["record"]["record_id"] for item in page["items"]]
        after = page["next"]
        if after is None:
            return found


def test_two_hundred_records_through_a_cut(context: BrowserContext, system: RunningSystem) -> None:
    incident = an_incident("report-offline")
    field = FieldPage(context, system)
    field.open()
    field.choose(incident)
    field.controlled()
    context.set_offline(True)
    for number in range(QUEUED):
        field.headcount(f"安置点{number:03}", number)
    field.tab("outbox")
    field.waiting(QUEUED)
    expect(field.page.locator("[data-link=offline]")).to_be_visible()
    expect(field.newest()).to_contain_text("等待网络，自动发送")

    field.page.reload()  # without network: from the device
    field.tab("outbox")
    field.waiting(QUEUED)
    shot(field.page, "report-offline-phone")
    field.show_all()
    expect(field.page.locator("[data-record]")).to_have_count(QUEUED)
    ids = [each.get_attribute("data-record") or "" for each in field.page.locator("[data-record]").all()]

    lose_an_answer(field)
    context.set_offline(False)
    field.waiting(0, seconds=120)
    expect(field.page.locator("[data-step=in_picture][data-state=done]")).to_have_count(
        QUEUED, timeout=120_000
    )
    shot(field.page, "report-drained-phone")
    assert len(set(ids)) == QUEUED
    for record_id in ids:
        assert field.stored(record_id)["outcome"]["standing"] == "effective"
    posted = journal(system, incident)
    assert sorted(posted) == sorted(ids), "each is on the server's log exactly once"
    sent = [field.stored(record_id)["record"]["site"] for record_id in reversed(ids)]
    assert sent == [f"安置点{number:03}" for number in range(QUEUED)]
    assert field.total(incident, "shelter_now") == sum(range(QUEUED))
    assert field.failures == []


def lose_an_answer(field: FieldPage) -> None:
    """The first batch arrives, its answer does not: the page cannot know, and posts it again."""

    def lose(route: Route) -> None:
        route.fetch()
        route.abort("connectionreset")

    field.page.route("**/v1/records", lose, times=1)


def test_a_slow_clock_is_corrected_also_offline(context: BrowserContext, system: RunningSystem) -> None:
    context.add_init_script(SLOW_CLOCK)
    field = FieldPage(context, system)
    field.open()
    assert abs(field.clock_checked() - 90 * 60) < 5
    expect(field.page.locator("[data-clock]")).to_contain_text("本机慢 1 小时，已校正")
    field.choose(an_incident("report-clock"))
    field.controlled()
    context.set_offline(True)
    field.page.reload()
    field.follow_up()
    field.state("dead", "1")
    before = datetime.now(UTC)
    record_id = field.send()
    context.set_offline(False)
    field.reached(record_id, in_picture="done")
    record = field.stored(record_id)["record"]
    sent_at, device = (datetime.fromisoformat(record[name]) for name in ("sent_at", "device_sent_at"))
    assert abs((sent_at - before).total_seconds()) < 15
    assert record["as_of"] == record["sent_at"]
    assert abs((sent_at - device).total_seconds() - 90 * 60) < 5


def test_the_server_asks_to_wait(context: BrowserContext, system: RunningSystem) -> None:
    """503 with Retry-After: the record stays, the page says when it tries again, and it arrives."""
    field = FieldPage(context, system)
    field.open()
    field.choose(an_incident("report-busy"))
    field.follow_up()
    attempts: list[str] = []

    def busy(route: Route) -> None:
        attempts.append(route.request.post_data or "")
        route.fulfill(
            status=503, headers={"retry-after": "3"}, content_type="application/problem+json", body="{}"
        )

    field.page.route("**/v1/records", busy, times=1)
    field.state("dead", "1")
    record_id = field.send()
    expect(field.page.locator("[data-link=unreachable]")).to_be_visible()
    expect(field.page.locator("[data-link]")).to_contain_text("秒后重试")
    field.reached(record_id, in_picture="done")
    assert len(attempts) == 1
    assert field.failures == []


def test_first_visit_without_network_says_what_to_do(context: BrowserContext, system: RunningSystem) -> None:
    """Only the names cannot be had: nothing is blank, and it opens by itself once they can."""
    field = FieldPage(context, system)
    field.page.route("**/reference/**", lambda route: route.abort())
    field.page.goto(f"{system.http}/report")
    expect(field.page.locator("[role=alert]")).to_contain_text("第一次使用需要网络")
    field.page.unroute("**/reference/**")
    field.page.get_by_role("button", name="重试").click()
    expect(field.page.locator("nav")).to_be_visible(timeout=PATIENCE_MS)
