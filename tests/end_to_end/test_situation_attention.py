"""What needs a person stands on top of the situation page: held records with their reason, raised alarms."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.end_to_end.conftest import address, shot
from tests.system import RunningSystem

pytestmark = pytest.mark.browser

INCIDENT = "E2E-attention"
TOWNSHIP = "513221107000"


def post(system: RunningSystem, number: int, **fields: Any) -> str:
    moment = datetime.now(UTC) - timedelta(minutes=30 - number)
    record_id = f"{INCIDENT}-{number}"
    record = {
        "record_id": record_id,
        "type": "loss_report",
        "incident_id": INCIDENT,
        "status": "Exercise",
        "source": {"org": "三江镇人民政府", "class": "official_stat", "level": "township"},
        "as_of": moment.isoformat(),
        "sent_at": moment.isoformat(),
        **fields,
    }
    answer = httpx.post(f"{system.http}/v1/records", json=record, timeout=10)
    assert answer.status_code == 202, answer.text
    return record_id


def dead(number: int) -> list[dict[str, Any]]:
    return [{"unit": TOWNSHIP, "values": {"dead": number, "missing": 4}}]


def test_held_records_and_alarms_come_and_go(page: Page, system: RunningSystem) -> None:
    post(system, 1, rows=dead(7))
    page.goto(address(system, incident=INCIDENT))
    figure = page.locator("[data-key-figures] [data-figure='dead']")
    expect(figure).to_have_attribute("data-value", "7")
    attention = page.locator("[data-attention]")
    expect(attention).to_have_count(0)

    held = post(system, 2, rows=dead(5))
    row = attention.locator(f"[data-held='{held}']")
    expect(row).to_contain_text("数字减少而没有说明原因")
    expect(row).to_contain_text("三江镇人民政府")
    expect(figure).to_have_attribute("data-value", "7")
    expect(page.locator(f"[data-record='{held}']")).to_contain_text("待核实")

    site = {"type": "evacuation_count", "unit": TOWNSHIP, "site": "三江中学"}
    post(system, 3, **site, kind="headcount", persons=10)
    post(system, 4, **site, kind="check_out", doc_no="E2E-1", persons=14)
    alarm = attention.locator("[data-alarm='shelter_below_zero']")
    expect(alarm).to_contain_text("安置点人数为负")
    expect(alarm).to_contain_text("三江中学")
    shot(page, "situation-attention")

    review = {"type": "review", "target": held, "decision": "release", "reason": "电话核实"}
    post(system, 5, **review, source={"org": "汶川县应急管理局", "class": "official_stat", "level": "county"})
    expect(figure).to_have_attribute("data-value", "5")
    expect(row).to_have_count(0)
    post(system, 6, **site, kind="headcount", persons=20)
    expect(attention).to_have_count(0)
