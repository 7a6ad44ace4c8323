"""Measures how fast Fenghuo is, each figure beside another one of the same run; fails on no figure, machines differ.

`make bench` runs them all in a quick size, `make bench BENCH="runtime fold"` some, `make bench FULL=1` in full.
"""

from __future__ import annotations

import argparse
import importlib
import json
import logging
import time
from pathlib import Path

from tests.benchmarks.machine import described
from tests.benchmarks.report import Report
from tests.benchmarks.sizes import FULL, QUICK

NAMES = ("runtime", "fold", "intake", "latency", "growth", "recovery")


def main() -> None:
    """Measure, print each table, write the JSON."""
    options = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    options.add_argument("names", nargs="*", metavar="NAME", help=f"which ones, of {', '.join(NAMES)}; all")
    options.add_argument("--full", action="store_true", help="the sizes that the goals speak of; takes hours")
    options.add_argument("--rounds", type=int, help="how many rounds")
    options.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    asked = options.parse_args()
    if unknown := set(asked.names) - set(NAMES):
        options.error(f"no such benchmark: {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    size = FULL if asked.full else QUICK
    if asked.rounds:
        size = size.with_rounds(asked.rounds)
    logging.getLogger("aiokafka").setLevel(logging.ERROR)
    machine = described()
    print(" · ".join(f"{name} {value}" for name, value in machine.items()), flush=True)
    reports: list[Report] = []
    for name in asked.names or NAMES:
        reports.append(_measure(name, size))
        content = {
            "machine": machine,
            "size": "full" if asked.full else "quick",
            "benchmarks": [report.as_json() for report in reports],
        }
        # After each: a run that is cut off has said what it measured.
        if asked.json:
            asked.json.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", "utf-8")
    missed = [
        f"{report.name}: {each.what}"
        for report in reports
        for each in report.measures
        if each.verdict == "not met"
    ]
    print("\n未达目标 not met: " + ("; ".join(missed) or "无 none"))


def _measure(name: str, size: object) -> Report:
    print(f"\n## {name}", flush=True)
    began = time.monotonic()
    report: Report = importlib.import_module(f"tests.benchmarks.{name}").run(size)
    print(f"\n{report.table()}\n\n({time.monotonic() - began:.0f} s)", flush=True)
    return report


if __name__ == "__main__":
    main()
