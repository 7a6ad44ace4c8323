"""Fold: alone, beside decoding and bare dictionary writes, and the whole way from Kafka to published updates.

The whole way is the worker as it is; beside it the pure fold of the same records, and a stock Faust agent that runs the
same fold.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median

from schemas.topics import INCIDENT_REPORTS
from tests.benchmarks.kafka_log import benchmark_broker, create_all_topics, fill
from tests.benchmarks.machine import MEASURED_CORE, pinned
from tests.benchmarks.peers.environments import HERE, python_of
from tests.benchmarks.race import race
from tests.benchmarks.records import LARGE, SMALL, Kind, record_messages
from tests.benchmarks.report import Goal, Report, paired
from tests.benchmarks.runtime import PARTITIONS, worker_process
from tests.benchmarks.sizes import Size
from tests.system import REPOSITORY, downloads

BATCH = 5_000
SMALL_GOAL = Goal("at least", 15_000, of_figure=True)
NAMES = {SMALL: "3 cells", LARGE: "24 cells"}


def run(size: Size) -> Report:
    """Both kinds of record."""
    report = Report("fold")
    for cells in (SMALL, LARGE):
        rounds = _rounds(cells, size)
        report.rounds[NAMES[cells]] = rounds
        _add(report, NAMES[cells], rounds, SMALL_GOAL if cells == SMALL else None)
    return report


def _rounds(cells: int, size: Size) -> dict[str, list[float]]:
    """Records per second of everything, in turn."""
    rounds: dict[str, list[float]] = {}
    number = size.fold_records // 3 if cells == LARGE else size.fold_records
    for attempt in range(size.rounds):
        alone = _alone(number, cells)
        with benchmark_broker() as (bootstrap, place):
            create_all_topics(bootstrap, PARTITIONS)
            fill(bootstrap, record_messages(number, Kind(cells=cells)))
            command, environment = worker_process("picture", bootstrap, place)
            whole = race(command, number, size.race_seconds, place / "racer.log", environment)
            faust = race(*_faust(bootstrap, place, attempt), size.race_seconds, place / "racer.log", _OURS)
        found = alone | {"whole": whole.per_second, "whole, cpu": whole.per_processor_second}
        found |= {"faust": faust.per_second, "faust, cpu": faust.per_processor_second}
        print("  " + "  ".join(f"{what} {each:,.0f}" for what, each in found.items()), flush=True)
        for what, each in found.items():
            rounds.setdefault(what, []).append(each)
    return rounds


_OURS = {"PYTHONPATH": str(REPOSITORY)}


def _faust(bootstrap: str, place: Path, attempt: int) -> tuple[list[str], int]:
    python, app = python_of("faust", downloads()), f"bench-faust-fold-{attempt}"
    command = [str(python), str(HERE / "faust_fold.py"), bootstrap, INCIDENT_REPORTS.name, app]
    return [*command, str(place / app), str(PARTITIONS)], sys.maxsize


def _alone(number: int, cells: int) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.measured.fold", str(number), str(cells), str(BATCH)],
        cwd=REPOSITORY,
        env=os.environ,
        stdout=subprocess.PIPE,
        preexec_fn=pinned(MEASURED_CORE),
        check=True,
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _add(report: Report, name: str, rounds: dict[str, list[float]], goal: Goal | None) -> None:
    def line(what: str, of: str, beside: str = "", goal: Goal | None = None) -> None:
        ratio = paired(rounds, of, beside) if beside else None
        report.add(f"{name}: {what}", median(rounds[of]), "records/s", beside=beside, ratio=ratio, goal=goal)

    report.notes.append(f"{name}: {median(rounds['bytes']):.0f} bytes a record")
    line("pure fold", "fold")
    line("decode, checks and digests", "decode", "fold")
    line("parse and check the shape only", "parse", "fold")
    line("JSON only", "json", "fold")
    line("bare dictionary writes", "dictionary", "fold")
    line("whole way, by the clock", "whole", goal=goal)
    line("whole way / pure fold, by the clock", "whole", "fold", Goal("at least", 0.5))
    line("whole way / pure fold, by processor time", "whole, cpu", "fold")
    line("stock Faust agent, same fold", "faust")
    line("whole way / stock Faust agent", "whole", "faust", Goal("at least", 5.0))
    line("whole way / stock Faust agent, by processor time", "whole, cpu", "faust, cpu")
