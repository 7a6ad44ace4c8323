"""Growth: cost (processor time, decoding included) and memory of a record as the picture grows; goal: flat within 2x.

In one incident and in 10,000, over 1 to 41,352 townships, with 0, 10 and 50 % of the records late.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from tests.benchmarks.machine import MEASURED_CORE, pinned
from tests.benchmarks.records import TOWNSHIPS
from tests.benchmarks.report import Goal, Report
from tests.benchmarks.sizes import Size
from tests.system import REPOSITORY

EVERY_TOWNSHIP = 41_352
CASES: dict[str, tuple[int, int, float]] = {
    "one incident": (1, TOWNSHIPS, 0.0),
    "one incident, 10 % late": (1, TOWNSHIPS, 0.1),
    "one incident, 50 % late": (1, TOWNSHIPS, 0.5),
    "one incident, one township": (1, 1, 0.0),
    "one incident, every township": (1, EVERY_TOWNSHIP, 0.0),
    "10,000 incidents": (10_000, TOWNSHIPS, 0.0),
    "10,000 incidents, 10 % late": (10_000, TOWNSHIPS, 0.1),
}
"""(incidents, townships, late)."""
FLAT = Goal("at most", 2.0)
SETTLED = 10_000
"""Below this the interpreter's own memory hides that of the records."""


def run(size: Size) -> Report:
    """Every case in a process of its own."""
    report = Report("growth")
    for name, (incidents, townships, late) in CASES.items():
        found = _grown(size.growth_records, incidents, townships, late)
        report.rounds[name] = found
        _add(report, name, found)
        print("\n".join("  " + " ".join(each.cells()) for each in report.measures[-2:]), flush=True)
    return report


def _add(report: Report, name: str, found: list[dict[str, Any]]) -> None:
    first, last = found[0], found[-1]
    costs = ", ".join(f"{mark['us']:.0f} µs at {mark['records']:,}" for mark in found)
    report.notes.append(f"{name}: {costs}")
    beside = f"of {last['records']:,} / of {first['records']:,}"
    report.add(f"{name}: cost", last["us"], "µs", beside=beside, ratio=last["us"] / first["us"], goal=FLAT)
    settled = next(mark for mark in found if mark["records"] >= SETTLED)
    beside = f"of {last['records']:,} / of {settled['records']:,}"
    ratio = last["bytes"] / settled["bytes"]
    report.add(f"{name}: memory", last["bytes"], "bytes", beside=beside, ratio=ratio, goal=FLAT)


def _grown(number: int, incidents: int, townships: int, late: float) -> list[dict[str, Any]]:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.benchmarks.measured.growth",
            *map(str, (number, incidents, townships, late)),
        ],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        preexec_fn=pinned(MEASURED_CORE),
        check=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]
