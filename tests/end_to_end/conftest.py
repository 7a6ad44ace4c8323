"""A whole system with the built console and the replayed 汶川8·20, and Debian's Chromium looking at it.

Run with `pytest -m browser`. Chromium and fonts-noto-cjk come from Debian, Playwright from PyPI.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.system import REPOSITORY, RunningSystem, fenghuo_system, server_folder
from tools import build_console

CHROMIUM = "/usr/bin/chromium"
SHOTS = REPOSITORY / "test-results" / "console"
README_SHOTS = REPOSITORY / "docs" / "images"
INCIDENT = "020500-513221-20190820-01"
PATIENCE_MS = 20_000
SPEED = "43200"
"""Four days in 8 s: its records come onto the log one after another, so that there is something to look back at."""


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Only where the marker is asked for."""
    return None if "browser" in (config.option.markexpr or "") else True


@pytest.fixture(scope="session")
def built_console() -> None:
    build_console.build()


@pytest.fixture(scope="session")
def system(built_console: None) -> Iterator[RunningSystem]:
    with server_folder() as place, fenghuo_system(place) as running:
        replayed = running.fenghuo(
            "replay", "wenchuan-820", "--keep-ids", "--speed", SPEED, "--url", running.http
        )
        assert replayed.returncode == 0, replayed.stdout + replayed.stderr
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    opened = browser.new_context(
        viewport={"width": 1920, "height": 1080},
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        color_scheme="light",
        reduced_motion="reduce",
    )
    opened.set_default_timeout(PATIENCE_MS)
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext, system: RunningSystem) -> Iterator[Page]:
    """A page whose scripts must not fail; the address of the system is its base."""
    opened = context.new_page()
    failures: list[str] = []
    opened.on("pageerror", lambda error: failures.append(str(error)))
    yield opened
    assert failures == []


def address(system: RunningSystem, **query: str) -> str:
    """The situation page of the replayed incident; `query` adds to it or changes it."""
    asked = {"world": "Exercise", "incident": INCIDENT} | query
    return f"{system.http}/?" + "&".join(f"{name}={value}" for name, value in asked.items())


def drawn(page: Page, name: str) -> None:
    """Wait until the map of that name and the trend are to be seen, not only there."""
    expect(page.locator(f"[data-map='{name}'][data-drawn]")).to_be_visible()
    expect(page.locator("[data-trend] [data-drawn]")).to_be_visible()


def shot(page: Page, name: str) -> None:
    """A screenshot for people, in test-results; `FENGHUO_KEEP_SHOTS=1` renews those that the READMEs show."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    file = SHOTS / f"{re.sub(r'[^a-z0-9-]', '-', name)}.png"
    page.screenshot(path=file)
    if os.environ.get("FENGHUO_KEEP_SHOTS") and (README_SHOTS / file.name).exists():
        shutil.copyfile(file, README_SHOTS / file.name)
