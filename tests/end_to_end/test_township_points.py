"""Townships as points: an office attaches its place on the report page, the situation page's map shows it there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Geolocation, Page, Route, expect

from tests.end_to_end.conftest import address, shot
from tests.end_to_end.field_page import OFFICE, TOWNSHIP, TOWNSHIP_NAME, FieldPage, an_incident, phone
from tests.end_to_end.test_report_page import findings
from tests.end_to_end.test_situation_page import serious
from tests.system import RunningSystem, wait_until

pytestmark = pytest.mark.browser

COUNTY = "513221000000"
OFFICE_PLACE: Geolocation = {"longitude": 103.4125437, "latitude": 30.9413618, "accuracy": 11.2}
NEW_PLACE: Geolocation = {"longitude": 103.42, "latitude": 30.95, "accuracy": 4}


@pytest.fixture
def context_at_office(browser: Browser) -> Iterator[BrowserContext]:
    with phone(browser, geolocation=OFFICE_PLACE, permissions=["geolocation"]) as context:
        yield context


@pytest.fixture
def field(context_at_office: BrowserContext, system: RunningSystem) -> Iterator[FieldPage]:
    opened = FieldPage(context_at_office, system)
    opened.open()
    yield opened
    assert opened.failures == []


def location(field: FieldPage, record_id: str) -> dict[str, Any] | None:
    """What the stored record states of its office's place."""
    found: dict[str, Any] | None = field.stored(record_id)["record"].get("location")
    return found


def points(system: RunningSystem, within: str = TOWNSHIP) -> list[dict[str, Any]]:
    answer = httpx.get(
        f"{system.http}/v1/points", params={"within": within, "status": "Exercise"}, timeout=10
    )
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def test_an_office_attaches_its_place_once(field: FieldPage, system: RunningSystem) -> None:
    page = field.page
    field.choose(an_incident("place"))
    field.clock_checked()
    place = page.locator("[data-place]")
    place.scroll_into_view_if_needed()
    expect(place).to_have_attribute("data-attached", "false")
    expect(place).to_contain_text(f"只附{TOWNSHIP_NAME}所在地点")
    shot(page, "report-place-offered-phone")
    page.locator("[data-place-measure]").click()
    expect(place).to_contain_text("103.41254, 30.94136（±12 米）")
    shot(page, "report-place-attached-phone")
    assert findings(field) == []
    field.follow_up()
    field.state("dead", "4")
    field.review()
    expect(page.locator("[data-place-line]")).to_contain_text("103.41254, 30.94136")
    page.locator("[data-send]").click()
    first = field.filed()
    field.reached(first, in_picture="done")
    stated = location(field, first)
    assert stated is not None
    captured_at = stated.pop("captured_at")
    assert stated == {"unit": TOWNSHIP, "lon": 103.41254, "lat": 30.94136, "accuracy_m": 12}
    wait_until(lambda: [each["record_id"] for each in points(system)] == [first], 20, "the point is served")
    (point,) = points(system)
    assert (point["source"], point["lon"], point["lat"], point["accuracy_m"]) == (
        "captured",
        103.41254,
        30.94136,
        12,
    )
    assert abs(_seconds(point["as_of"]) - _seconds(captured_at)) < 0.01

    # The next report carries it without asking: the device stands elsewhere now, the office does not.
    page.context.set_geolocation(NEW_PLACE)
    page.reload()
    field.tab("zero")
    expect(place).to_have_attribute("data-attached", "true")
    second = field.send()
    field.reached(second, judged="done")
    again = location(field, second)
    assert again is not None
    # Corrected by the clock as it was measured last.
    assert abs(_seconds(again.pop("captured_at")) - _seconds(captured_at)) < 1
    assert again == stated

    field.tab("zero")
    page.locator("[data-place-measure]").click()
    expect(place).to_contain_text("103.42000, 30.95000（±4 米）")
    renewed = field.send()
    field.reached(renewed, judged="done")
    wait_until(lambda: points(system)[0]["lon"] == 103.42, 20, "the renewed point is served")

    field.tab("zero")
    page.locator("[data-place-remove]").click()
    expect(place).to_have_attribute("data-attached", "false")
    without = field.send()
    field.reached(without, judged="done")
    assert location(field, without) is None


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()


def test_a_place_is_attached_without_network(
    field: FieldPage, context_at_office: BrowserContext, system: RunningSystem
) -> None:
    field.choose(an_incident("place-offline"))
    field.controlled()
    context_at_office.set_offline(True)
    field.page.locator("[data-place-measure]").click()
    expect(field.page.locator("[data-place]")).to_have_attribute("data-attached", "true")
    field.follow_up()
    field.state("dead", "1")
    record_id = field.send()
    field.page.reload()
    field.tab("loss")
    expect(field.page.locator("[data-place]")).to_have_attribute("data-attached", "true")
    context_at_office.set_offline(False)
    field.tab("outbox")
    field.reached(record_id, in_picture="done")
    assert location(field, record_id) is not None


def test_who_refuses_reports_all_the_same(browser: Browser, system: RunningSystem) -> None:
    with phone(browser) as context:
        field = FieldPage(context, system)
        field.open()
        field.choose(an_incident("place-denied"))
        field.page.locator("[data-place-measure]").click()
        expect(field.page.locator("[data-place-failure=denied]")).to_be_visible()
        expect(field.page.locator("[data-place]")).to_contain_text("不影响报送")
        field.follow_up()
        field.state("dead", "1")
        record_id = field.send()
        field.reached(record_id, in_picture="done")
        assert location(field, record_id) is None
        assert field.failures == []


def test_only_an_office_is_asked(field: FieldPage) -> None:
    """A grid worker in the village and a command post stand elsewhere than the township."""
    field.choose(an_incident("place-class"))
    place = field.page.locator("[data-place]")
    expect(place).to_have_count(1)
    for name in ("grid", "command_post"):
        choose_class(field.page, name)
        expect(place).to_have_count(0)
    choose_class(field.page, "official_stat")
    expect(place).to_have_count(1)


def choose_class(page: Page, name: str) -> None:
    everything = page.locator("[data-choose=all]")
    if everything.count() > 0:
        everything.click()
    page.locator("[data-choose=reporter]").click()
    page.locator(f"dialog input[value={name}]").check()
    page.locator("dialog button[type=submit]").click()


@pytest.fixture
def located(system: RunningSystem) -> str:
    """The replayed township has stated where it is; the id of the record that says so."""
    record_id = an_incident("place-of-township")
    moment = httpx.get(f"{system.http}/clock.json", timeout=10).json()["server_time"]
    answer = httpx.post(
        f"{system.http}/v1/records",
        json={
            "record_id": record_id,
            "type": "zero_report",
            "incident_id": an_incident("place-map"),
            "status": "Exercise",
            "source": {"org": OFFICE, "class": "official_stat", "level": "township"},
            "as_of": moment,
            "sent_at": moment,
            "rows": [{"unit": TOWNSHIP, "values": {}}],
            "location": {"lon": 103.41254, "lat": 30.94136, "accuracy_m": 12},
        },
        timeout=10,
    )
    assert answer.status_code == 202, answer.text
    wait_until(
        lambda: [each["record_id"] for each in points(system)] == [record_id], 20, "the point is served"
    )
    return record_id


def test_the_map_shows_a_township_where_it_is(page: Page, system: RunningSystem, located: str) -> None:
    page.goto(address(system, unit=COUNTY, key="dead"))
    listed = page.locator("[data-map-points]")
    expect(listed).to_have_attribute("data-map-points", "1")
    # The other townships with the figure have told no position: they are named beside the map and stay in the tree.
    unplaced = page.locator("[data-unplaced]")
    count = int(unplaced.get_attribute("data-unplaced") or 0)
    assert count > 0
    expect(unplaced).to_contain_text(f"无坐标：{count} 个乡镇")
    expect(page.locator(f"[data-unplaced] [data-chip='{TOWNSHIP}']")).to_have_count(0)
    expect(page.locator(f"[role=row][data-unit='{TOWNSHIP}']")).to_be_visible()
    shot(page, "situation-points")

    listed.focus()
    option = listed.locator("[role=option]")
    expect(option).to_have_attribute("data-point", TOWNSHIP)
    for words in (TOWNSHIP_NAME, "死亡 4", "未核实", "前", "报", "位置：报送时附上", "±12 米"):
        expect(option).to_contain_text(words)
    tooltip = page.locator("[data-map] > div", has_text=TOWNSHIP_NAME)
    expect(tooltip).to_contain_text("死亡 4")
    shot(page, "situation-points-focus")
    listed.blur()
    expect(tooltip).to_be_hidden()

    # The mouse finds it where it is drawn, and chooses it there.
    point = drawn_point(page)
    page.mouse.move(*point)
    expect(tooltip).to_contain_text("位置：报送时附上")
    page.mouse.click(*point)
    expect(page).to_have_url(re.compile(f"unit={TOWNSHIP}"))
    expect(page.locator(f"[role=row][data-unit='{TOWNSHIP}']")).to_have_class(re.compile("chosen"))
    expect(option).to_have_attribute("aria-selected", "true")
    shot(page, "situation-point-chosen")
    assert serious(page) == []

    page.get_by_role("button", name="返回汶川县").click()
    listed.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"unit={TOWNSHIP}"))


FIND_COLOUR = """(canvas) => {
  const [r, g, b] = getComputedStyle(document.documentElement).getPropertyValue('--ramp-1').match(/[0-9a-f]{2}/gi).map((part) => parseInt(part, 16))
  const { width, height } = canvas
  const pixels = canvas.getContext('2d').getImageData(0, 0, width, height).data
  let [count, x, y] = [0, 0, 0]
  for (let at = 0; at < width * height; at++)
    if (pixels[4 * at] === r && pixels[4 * at + 1] === g && pixels[4 * at + 2] === b) {
      count++
      x += at % width
      y += Math.floor(at / width)
    }
  const box = canvas.getBoundingClientRect()
  return [count, box.left + x / count, box.top + y / count]
}"""


def drawn_point(page: Page) -> tuple[float, float]:
    """Where the middle of the only point is drawn, which is also all that has the first class's colour."""
    found: list[float] = []

    def is_drawn() -> bool:
        found[:] = page.locator("[data-map] canvas").first.evaluate(FIND_COLOUR)
        return found[0] > 40

    wait_until(is_drawn, 10, "a point is drawn in the colour of its class")
    assert found[0] < 400  # a disc some 12 px across
    return found[1], found[2]


def test_the_points_drill_with_the_tree(page: Page, system: RunningSystem, located: str) -> None:
    page.goto(address(system, unit="513200000000", key="dead"))
    listed = page.locator("[data-map-points]")
    # Only one way leads down, so that the county is open in the tree, and its townships on the map.
    expect(listed).to_have_attribute("data-map-points", "1")
    page.get_by_role("button", name="返回四川省").click()
    expect(listed).to_have_attribute("data-map-points", "1")
    page.get_by_role("button", name="返回全国").click()
    expect(page.locator("[data-map='nation']")).to_be_visible()
    expect(listed).to_have_count(0)
    expect(page.locator("[data-unplaced]")).to_have_count(0)


def test_imported_points_name_their_source(page: Page, system: RunningSystem) -> None:
    townships = ["513221103000", "513221107000", "513221108000", "513221109000", TOWNSHIP]

    def answer(route: Route) -> None:
        items = [
            {"unit": unit, "lon": 103.3 + at / 10, "lat": 30.95 + at / 6, "source": "imported", "record_id": None,
             "as_of": None, "accuracy_m": None}
            for at, unit in enumerate(townships)
        ]  # fmt: skip
        route.fulfill(json={"attribution": "汶川县地名数据 <2023>", "items": items, "next": None})

    page.route("**/v1/points?*", answer)
    page.goto(address(system, unit=COUNTY, key="missing", lang="en"))
    expect(page.locator("[data-map-points]")).to_be_attached()
    expect(page.locator("[data-points-attribution]")).to_contain_text("Points: 汶川县地名数据 <2023>")
    listed = page.locator("[data-map-points]")
    listed.focus()
    seen = []
    for _ in range(int(listed.get_attribute("data-map-points") or 0)):
        option = listed.locator("[role=option]")
        expect(option).to_contain_text("Position: imported")
        seen.append(option.get_attribute("data-point"))
        page.keyboard.press("ArrowDown")
    assert sorted(seen) == sorted(townships)
    shot(page, "situation-points-imported")
    page.unroute("**/v1/points?*")


def test_positions_that_cannot_be_read_hide_no_township(page: Page, system: RunningSystem) -> None:
    page.route(
        "**/v1/points?*", lambda route: route.fulfill(status=503, json={"title": "away", "status": 503})
    )
    page.goto(address(system, unit=COUNTY, key="dead"))
    expect(page.locator(".source")).to_contain_text("坐标没有读到，正在重试")
    expect(page.locator(f"[data-unplaced] [data-chip='{TOWNSHIP}']")).to_be_visible()


def test_on_a_phone(browser: Browser, system: RunningSystem, located: str) -> None:
    with phone(browser) as context:
        page = context.new_page()
        page.goto(address(system, unit=COUNTY, key="dead"))
        expect(page.locator("[data-map-points]")).to_have_attribute("data-map-points", "1")
        page.locator("[data-map]").scroll_into_view_if_needed()
        shot(page, "situation-points-phone")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
