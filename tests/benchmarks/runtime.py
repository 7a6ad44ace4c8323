"""Runtime: the worker's own path from Kafka to published updates with a small job in place of the fold.

Beside it, on the same topic of the same messages, each alone on one core: consume and decode only (the limit), Kafka
Streams (Java, state in memory), Quix Streams, stock Faust (Record and Table).
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from schemas.topics import INCIDENT_REPORTS
from tests.benchmarks.events import OUTPUT, event_messages
from tests.benchmarks.kafka_log import benchmark_broker, create_all_topics, create_topic, fill
from tests.benchmarks.peers.environments import HERE, java_command, python_of
from tests.benchmarks.race import Pace, race
from tests.benchmarks.report import Goal, Report, paired
from tests.benchmarks.sizes import Size
from tests.system import downloads

PARTITIONS = 6
FENGHUO, LIMIT, JAVA, QUIX, FAUST = "fenghuo", "limit", "kafka streams", "quix", "stock faust"

GOALS = {LIMIT: 0.6, JAVA: 1.2, QUIX: 5.0, FAUST: 30.0}


@dataclass(frozen=True)
class Contest:
    """The topic is filled; everybody reads it from its beginning."""

    bootstrap: str
    place: Path
    events: int
    at_most: float

    def run(self, name: str, attempt: int) -> Pace:
        """One racer, once."""
        command, environment = self._racers()[name](f"bench-{name.replace(' ', '-')}-{attempt}")
        return race(command, self.events, self.at_most, self.place / "racer.log", environment)

    def _racers(self) -> dict[str, Callable[[str], tuple[list[str], dict[str, str]]]]:
        return {
            FENGHUO: self._fenghuo,
            LIMIT: self._limit,
            JAVA: self._java,
            QUIX: self._quix,
            FAUST: self._faust,
        }

    def _limit(self, _app: str) -> tuple[list[str], dict[str, str]]:
        return [sys.executable, "-m", "tests.benchmarks.measured.limit", self.bootstrap], {}

    def _fenghuo(self, _app: str) -> tuple[list[str], dict[str, str]]:
        return worker_process("counters", self.bootstrap, self.place)

    def _java(self, app: str) -> tuple[list[str], dict[str, str]]:
        return [*java_command("Counters", downloads()), *self._arguments(app)], {}

    def _quix(self, app: str) -> tuple[list[str], dict[str, str]]:
        return [
            str(python_of("quix", downloads())),
            str(HERE / "quix_counters.py"),
            *self._arguments(app),
        ], {}

    def _faust(self, app: str) -> tuple[list[str], dict[str, str]]:
        program = [str(python_of("faust", downloads())), str(HERE / "faust_counters.py")]
        return [*program, *self._arguments(app), str(PARTITIONS)], {}

    def _arguments(self, app: str) -> list[str]:
        return [self.bootstrap, INCIDENT_REPORTS.name, OUTPUT, app, str(self.place / app)]


def worker_process(what: str, bootstrap: str, place: Path) -> tuple[list[str], dict[str, str]]:
    """The worker as a measured process, and its settings."""
    command = [sys.executable, "-m", "tests.benchmarks.measured.worker", what]
    settings = {
        "FENGHUO_KAFKA_BOOTSTRAP": bootstrap,
        "FENGHUO_DATA": str(place),
        "FENGHUO_WORKER_HEALTH": "127.0.0.1:0",
        "FENGHUO_LOG_LEVEL": "WARNING",
    }
    return command, settings


def run(size: Size) -> Report:
    """Rounds of all racers in turn."""
    report = Report("runtime")
    rounds: dict[str, list[float]] = {}
    per_processor: dict[str, list[float]] = {}
    with benchmark_broker() as (bootstrap, place):
        create_all_topics(bootstrap, PARTITIONS)
        create_topic(bootstrap, OUTPUT, PARTITIONS)
        fill(bootstrap, event_messages(size.runtime_events))
        contest = Contest(bootstrap, place, size.runtime_events, size.race_seconds)
        for attempt in range(size.rounds):
            for name in (FENGHUO, LIMIT, JAVA, QUIX, FAUST):
                pace = contest.run(name, attempt)
                rounds.setdefault(name, []).append(pace.per_second)
                per_processor.setdefault(name, []).append(pace.per_processor_second)
                print(f"  {name:14} {pace.per_second:10,.0f} events/s", flush=True)
    report.rounds = {"events_per_second": rounds, "events_per_processor_second": per_processor}
    report.add("Fenghuo, worker's own path", median(rounds[FENGHUO]), "events/s")
    for name, goal in GOALS.items():
        report.add(
            name,
            median(rounds[name]),
            "events/s",
            beside=f"Fenghuo / {name}",
            ratio=paired(rounds, FENGHUO, name),
            goal=Goal("at least", goal),
        )
        report.add(
            f"{name}, by processor time",
            median(per_processor[name]),
            "events/s",
            beside=f"Fenghuo / {name}",
            ratio=paired(per_processor, FENGHUO, name),
            goal=Goal("at least", goal),
        )
    return report
