"""Prints each figure beside its limit (issue 4, "Measures"); asserts none, machines differ.

`--json FILE` also writes them; `--updates n` and `--seconds s` shorten or lengthen the run.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.benchmarks.console.feed import bench_feed
from tests.benchmarks.console.measures import first_load, heap, processor_and_delay, watched
from tests.benchmarks.console.tasks import tasks
from tests.system import RunningSystem, fenghuo_system, server_folder
from tools import build_console

CHROMIUM = "/usr/bin/chromium"
INCIDENT = "020500-513221-20190820-01"
SITUATION_KB = 500.0
REPORT_KB = 120.0
CORES = 0.25
BEHIND_S = 0.5
DRIFT_PERCENT = 10.0
TASK_MS = 100.0


@dataclass(frozen=True)
class Measured:
    """One line of the table; without a limit it only explains another."""

    what: str
    figure: float
    unit: str
    limit: float | None = None

    def line(self) -> str:
        """What, figure, limit, ratio to the limit."""
        limit = "" if self.limit is None else f"{self.limit:g}"
        ratio = "" if self.limit is None else f"{abs(self.figure) / self.limit:.2f}"
        return f"{self.what:44} {self.figure:9.3f} {self.unit:6} {limit:>6} {ratio:>6}"


def loads(browser: Browser, system: RunningSystem) -> list[Measured]:
    """First load of both pages, in kB of 1,000 bytes."""
    made = []
    for what, address, limit in (
        ("situation page", f"/?world=Exercise&incident={INCIDENT}", SITUATION_KB),
        ("report page", "/report", REPORT_KB),
    ):
        sizes = first_load(browser, system.http + address)
        print(f"# {what}: {sizes}", flush=True)
        made.append(Measured(f"first load, {what}", sum(sizes.values()) / 1000, "kB", limit))
    return made


def live(browser: Browser, system: RunningSystem, seconds: float, updates: int) -> list[Measured]:
    """Processor, delay and heap of the situation page, each on a fresh page."""
    url = f"{system.http}/?world=Exercise&incident={INCIDENT}"
    with bench_feed(INCIDENT) as feed, watched(browser, url, feed) as page:
        cores, delays = processor_and_delay(page, feed, seconds)
    made = [
        Measured("50 updates/s, all of Chromium", cores["all"], "cores", CORES),
        Measured("50 updates/s, renderer", cores["renderer"], "cores"),
        Measured("behind, p50", delays[len(delays) // 2], "s", BEHIND_S),
        Measured("behind, p99", delays[len(delays) * 99 // 100], "s", BEHIND_S),
        Measured("behind, max", delays[-1], "s", BEHIND_S),
    ]
    print("\n".join(each.line() for each in made), flush=True)
    with bench_feed(INCIDENT) as feed, watched(browser, url, feed) as page:
        found = heap(page, feed, updates)
    warm, last = found["0 %"], found["100 %"]
    made += [
        Measured(f"heap at {at} of {updates:,} updates", at_it.used / 1e6, "MB")
        for at, at_it in found.items()
    ]
    drifts = [(each.used / warm.used - 1) * 100 for each in found.values()]
    made.append(Measured("heap, farthest from warm", max(drifts, key=abs), "%", DRIFT_PERCENT))
    made.append(Measured("the page's objects, warm", warm.objects / 1e6, "MB"))
    made.append(
        Measured("the page's objects, last beside warm", (last.objects / warm.objects - 1) * 100, "%")
    )
    return made


def blocking(browser: Browser, system: RunningSystem, seconds: float) -> list[Measured]:
    """How long the page answers nobody, at 50 records/s through the whole system."""
    found = tasks(browser, system, seconds)
    made = []
    for what, times in (("passed", found.passed), ("processor", found.processor)):
        limit = TASK_MS if what == "processor" else None
        made.append(Measured(f"longest task, {what}", times[-1], "ms", limit))
        made.append(Measured(f"task p99 of {len(times):,}, {what}", times[len(times) * 99 // 100], "ms"))
    return made


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(prog="python -m tests.benchmarks.console", description=__doc__)
    options.add_argument("--json", type=Path, metavar="FILE")
    options.add_argument("--updates", type=int, default=100_000)
    options.add_argument("--seconds", type=float, default=30.0)
    asked = options.parse_args()
    build_console.build()
    with server_folder() as place, fenghuo_system(place) as system, sync_playwright() as playwright:
        replayed = system.fenghuo("replay", "wenchuan-820", "--keep-ids", "--url", system.http)
        assert replayed.returncode == 0, replayed.stdout + replayed.stderr
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        print(f"# Chromium {browser.version}", flush=True)
        made = loads(browser, system)
        print("\n".join(each.line() for each in made), flush=True)
        made += blocking(browser, system, asked.seconds)
        print("\n".join(each.line() for each in made[-4:]), flush=True)
        made += live(browser, system, asked.seconds, asked.updates)
        version = browser.version
        browser.close()
    print(f"\n{'':44} {'figure':>9} {'':6} {'limit':>6} {'ratio':>6}")
    print("\n".join(each.line() for each in made))
    if asked.json:
        content = {"chromium": version, "measures": [asdict(each) for each in made]}
        asked.json.write_text(json.dumps(content, indent=2) + "\n")


if __name__ == "__main__":
    main()
