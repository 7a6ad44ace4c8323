"""The field's page: report, follow up, correct, nothing new, head counts; each record's way; its weight and its words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.end_to_end.conftest import INCIDENT, shot
from tests.end_to_end.field_page import OFFICE, PHONE, TOWNSHIP, FieldPage, an_incident, phone
from tests.end_to_end.test_situation_page import serious
from tests.system import RunningSystem, wait_until

pytestmark = pytest.mark.browser

FIRST_LOAD_BYTES = 120_000
KEYS = re.compile(
    r"\{\w+\}|\b(?:tab|section|step|way|flag|type|class|err|warn|action|unit|band|world)_[a-z]\w*"
)
"""What a word that is missing would leave on the page."""


@pytest.fixture
def field(browser: Browser, system: RunningSystem) -> Iterator[FieldPage]:
    with phone(browser) as context:
        opened = FieldPage(context, system)
        opened.open()
        yield opened
        assert opened.failures == []


def test_a_report_and_its_way(field: FieldPage) -> None:
    incident = an_incident("report-way")
    field.choose(incident)
    expect(field.page.locator("[data-world=Exercise]")).to_contain_text("演练")
    field.state("dead", "4")
    field.state("missing", "１２")  # as a Chinese keyboard types digits
    field.page.locator("#occurred-at").fill(local_time(-timedelta(minutes=30)))
    record_id = field.send()
    field.reached(record_id, stored="done", received="done", judged="done", in_picture="done")
    expect(field.card(record_id)).to_contain_text("数字已在态势图中")
    found = field.stored(record_id)
    record = found["record"]
    assert (record["type"], record["stage"], record["status"]) == ("loss_report", "initial", "Exercise")
    assert record["source"] == {"org": OFFICE, "class": "official_stat", "level": "township"}
    assert record["rows"] == [{"unit": TOWNSHIP, "values": {"dead": 4, "missing": 12}}]
    assert record["as_of"] == record["sent_at"]
    assert found["outcome"]["standing"] == "effective"
    assert field.total(incident, "dead") == 4


def test_a_follow_up_starts_from_what_is_known(field: FieldPage) -> None:
    """The replayed township: its own figures are there; only what is changed is sent, unless it is confirmed."""
    page = field.page
    field.choose(INCIDENT)
    dead = page.locator("[data-key=dead]")
    expect(dead.locator("input")).to_have_value("4")
    expect(dead).to_contain_text("上次 4")
    expect(page.get_by_role("button", name="续报")).to_have_attribute("aria-pressed", "true")
    field.state("injured", "1")
    field.review()
    expect(page.locator("[data-findings=warning]")).to_contain_text("由 2 减为 1：不写原因会先挂起")
    expect(page.locator("[data-send]")).to_be_enabled()
    shot(page, "report-review-phone")
    page.keyboard.press("Escape")
    page.locator(".restate input").check()
    field.review()
    lines = page.locator("dialog .lines li")
    expect(lines.filter(has_text="因灾死亡人口")).to_contain_text("4 → 4")
    expect(lines.filter(has_text="因灾受伤人口")).to_contain_text("2 → 1")
    page.keyboard.press("Escape")
    shot(page, "report-form-phone")


def test_a_fall_without_reason_is_held_until_it_is_explained(field: FieldPage) -> None:
    incident = an_incident("report-held")
    field.choose(incident)
    field.follow_up()
    field.state("dead", "9")
    first = field.send()
    field.reached(first, in_picture="done")
    field.tab("loss")
    expect(field.page.locator("[data-key=dead] input")).to_have_value("9")
    field.state("dead", "7")
    held = field.send()
    field.reached(held, judged="done", in_picture="now")
    expect(field.card(held)).to_contain_text("请补充原因")
    assert field.total(incident, "dead") == 9
    field.card(held).locator("[data-explain]").click()
    field.page.locator("#correction-reason").fill("2 人核实为失踪")
    correction = field.send()
    field.reached(correction, in_picture="done")
    assert field.stored(correction)["record"]["supersedes"] == held
    wait_until(lambda: field.total(incident, "dead") == 7, 20, "the explained figure stands")
    field.reached(held, in_picture="skipped")
    expect(field.card(held)).to_contain_text("已更正")
    shot(field.page, "report-records-phone")


def test_a_correction_of_one_of_its_records(field: FieldPage) -> None:
    incident = an_incident("report-correction")
    field.choose(incident)
    field.follow_up()
    field.state("dead", "5")
    field.state("missing", "8")
    base = field.send()
    field.reached(base, in_picture="done")
    field.card(base).locator("[data-correct]").click()
    expect(field.page.locator("[data-key=missing]")).to_contain_text("原报 8")
    field.state("missing", "6")
    field.page.locator("[data-key=dead] [data-withdraw]").click()
    field.page.locator("[data-review]").click()
    # The reason is asked for before anything can be sent.
    expect(field.page.locator("#correction-reason:invalid")).to_be_visible()
    field.page.locator("#correction-reason").fill("重复统计")
    correction = field.send()
    field.reached(correction, in_picture="done")
    record = field.stored(correction)["record"]
    assert record["rows"] == [{"unit": TOWNSHIP, "values": {"missing": 6, "dead": None}}]
    assert record["as_of"] == field.stored(base)["record"]["as_of"]
    wait_until(lambda: field.total(incident, "dead") is None, 20, "the withdrawn figure is gone")
    assert field.total(incident, "missing") == 6


def test_nothing_new_and_head_counts(field: FieldPage) -> None:
    incident = an_incident("report-zero")
    field.choose(incident)
    field.tab("zero")
    zero = field.send()
    field.reached(zero, judged="done", in_picture="skipped")
    expect(field.card(zero)).to_contain_text("已记录")
    assert field.stored(zero)["outcome"]["disposition"] == "accepted"
    field.headcount("水磨镇小学", 312)
    count = field.filed()
    field.reached(count, in_picture="done")
    assert field.total(incident, "shelter_now") == 312
    field.card(count).get_by_role("button", name="再报一次").click()
    expect(field.page.locator("#site")).to_have_value("水磨镇小学")
    field.page.locator("#persons").fill("290")
    again = field.send()
    field.reached(again, in_picture="done")
    wait_until(lambda: field.total(incident, "shelter_now") == 290, 20, "the newer count stands")


def test_what_cannot_be_sent_is_said_before(field: FieldPage) -> None:
    field.choose(an_incident("report-checks"))
    field.state("dead", "2.5")
    field.state("injured", "-1")
    field.state("injured_severe", "3")
    field.review()
    errors = field.page.locator("[data-findings=error]")
    expect(errors).to_contain_text("因灾死亡人口：最多 0 位小数")
    expect(errors).to_contain_text("因灾受伤人口：请填 0 或更大的数字")
    expect(errors).to_contain_text("初报要填灾害发生时间")
    expect(field.page.locator("[data-send]")).to_be_disabled()
    field.page.keyboard.press("Escape")
    field.follow_up()
    field.state("dead", "2")
    field.state("injured", "1")
    field.review()
    expect(field.page.locator("[data-findings=error]")).to_have_count(0)
    expect(field.page.locator("[data-findings=warning]")).to_contain_text("多于")
    # The person may know better: it is sent, judged, and said why it was not taken.
    field.page.locator("[data-send]").click()
    record_id = field.filed()
    field.reached(record_id, judged="done", in_picture="stopped")
    expect(field.card(record_id)).to_contain_text("表内数字互相矛盾")
    field.card(record_id).locator("[data-refile]").click()
    expect(field.page.locator("[data-key=dead] input")).to_have_value("2")
    field.state("injured_severe", "1")
    fixed = field.send()
    field.reached(fixed, in_picture="done")
    assert fixed != record_id
    expect(field.card(record_id)).to_contain_text("已重报为新的一条")


def test_a_refused_record_stays_with_the_servers_words(field: FieldPage) -> None:
    field.choose(an_incident("report-refused"))
    field.follow_up()
    refuse_once(field)
    field.state("dead", "1")
    record_id = field.send()
    field.reached(record_id, received="stopped")
    expect(field.card(record_id).locator(".problem")).to_contain_text("请改正 rows 后重新发送。")
    field.page.reload()
    field.tab("outbox")
    field.card(record_id).locator("[data-refile]").click()
    fixed = field.send()
    field.reached(fixed, in_picture="done")
    expect(field.card(record_id)).to_be_visible()


def refuse_once(field: FieldPage) -> None:
    """The next post is answered as intake answers a record that breaks the shape."""

    def refuse(route: Route) -> None:
        posted = json.loads(route.request.post_data or "[]")
        problem = {
            "title": "记录不合规 The record breaks a rule",
            "status": 422,
            "detail": "请改正 rows 后重新发送。Correct rows and send the record again: rows.",
            "field": "rows",
        }
        results = [
            {"record_id": each["record_id"], "result": "refused", "problem": problem} for each in posted
        ]
        route.fulfill(
            status=422,
            content_type="application/problem+json",
            body=json.dumps({**problem, "results": results}),
        )

    field.page.route("**/v1/records", refuse, times=1)


def test_a_draft_survives_a_closed_page(field: FieldPage) -> None:
    field.choose(an_incident("report-draft"))
    field.state("dead", "3")
    field.page.locator("#loss-note").fill("桥断，绕行")
    kept = "new Promise((done) => { const ask = indexedDB.open('fenghuo-report'); ask.onsuccess = () => { const all = ask.result.transaction('kept').objectStore('kept').get('draft|loss'); all.onsuccess = () => { ask.result.close(); done(JSON.stringify(all.result ?? '').includes('绕行')) } } })"
    wait_until(lambda: field.page.evaluate(kept), 10, "the draft is on the device")
    field.page.reload()
    expect(field.page.locator("[data-key=dead] input")).to_have_value("3")
    expect(field.page.locator("#loss-note")).to_have_value("桥断，绕行")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_words_width_and_accessibility(
    browser: Browser, system: RunningSystem, language: str, theme: str
) -> None:
    with phone(browser, color_scheme=theme) as context:
        field = FieldPage(context, system)
        field.open(language)
        field.choose(an_incident("report-words"))
        page = field.page
        folded = page.locator("details:not([open]) > summary")
        while folded.count() > 0:
            folded.first.click()
        for tab in ("loss", "zero", "headcount", "outbox"):
            field.tab(tab)
            assert KEYS.findall(page.inner_text("body")) == [], tab
            assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"], tab
            assert findings(field) == [], tab
            assert small_targets(field) == [], tab
        field.tab("loss")
        for chosen in ("all", "incident", "unit", "reporter"):
            page.locator(f"[data-choose={chosen}]").click()
            if chosen != "all":
                assert findings(field) == [], chosen
                page.keyboard.press("Escape")
        shot(page, f"report-{language}-{theme}-phone")
        assert field.failures == []


def findings(field: FieldPage) -> list[str]:
    """Of axe-core. It takes what is just scrolling under a sticky bar for a small target: see small_targets instead."""
    return [each for each in serious(field.page) if not each.startswith("target-size")]


def small_targets(field: FieldPage) -> list[str]:
    """What is too small for a wet thumb: below 44 px either way."""
    found: list[str] = field.page.evaluate(
        """[...document.querySelectorAll('button, select, input:not([type=checkbox], [type=radio]), summary')]
        .filter((each) => each.offsetParent && (each.offsetHeight < 44 || each.offsetWidth < 44))
        .map((each) => each.outerHTML.slice(0, 120))"""
    )
    return found


def test_with_the_keyboard_alone(field: FieldPage) -> None:
    page = field.page
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement?.dataset.choose === 'incident'"):
            break
    page.keyboard.press("Enter")
    expect(page.locator("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)


def test_first_load_is_light(browser: Browser, system: RunningSystem) -> None:
    with phone(browser, service_workers="block") as context:
        field = FieldPage(context, system)
        session = context.new_cdp_session(field.page)
        session.send("Network.enable")
        loaded: list[float] = []
        session.on("Network.loadingFinished", lambda event: loaded.append(event["encodedDataLength"]))
        field.open()
        field.clock_checked()
        field.page.wait_for_load_state("networkidle")
        assert sum(loaded) > 20_000, "nothing was measured"
        assert sum(loaded) <= FIRST_LOAD_BYTES, f"{sum(loaded):.0f} bytes"


def local_time(shift: timedelta) -> str:
    """As a datetime-local field takes it, in the phone's time zone (Asia/Shanghai)."""
    return (datetime.now(ZoneInfo("Asia/Shanghai")) + shift).strftime("%Y-%m-%dT%H:%M")
