"""Worker processes on a broker of the tests' own: started, killed, joined and stopped one by one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import psutil

from fenghuo.embedded import ports
from fenghuo.embedded.deathsig import die_with_parent
from tests.system import REPOSITORY, lives, wait_until

READY_SECONDS = 60.0
STOP_SECONDS = 20.0
SESSION_SECONDS = 2.0


class Nursery:
    """Where workers are started: see `tests.live.worker_nursery`."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.live.worker_nursery"],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=die_with_parent(signal.SIGKILL),
        )

    def start(self, environment: dict[str, str], log: Path) -> psutil.Process:
        """A worker of its own."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"environment": environment, "log": str(log)}) + "\n")
        self._process.stdin.flush()
        return psutil.Process(int(self._process.stdout.readline()))

    def close(self) -> None:
        """All that were started here end."""
        self._process.kill()
        self._process.communicate()


class WorkerProcess:
    """`streams.worker` under a name of its own; the name outlives the process."""

    def __init__(self, name: str, folder: Path, environment: dict[str, str], nursery: Nursery) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        (port,) = ports.choose(1)
        self.health = f"127.0.0.1:{port}"
        self._nursery = nursery
        self._environment = {
            **environment,
            "FENGHUO_WORKER_NAME": name,
            "FENGHUO_WORKER_HEALTH": self.health,
        }
        self._process: psutil.Process | None = None

    @property
    def process(self) -> psutil.Process:
        """The running process."""
        assert self._process is not None, f"{self.name} does not run"
        return self._process

    @property
    def is_running(self) -> bool:
        """Whether it was started and neither killed nor stopped. Fails the test if it ended by itself."""
        if self._process is not None and not lives(self._process.pid):
            raise AssertionError(f"{self.name} ended by itself: {self.log.read_text()[-4000:]}")
        return self._process is not None

    def configure(self, settings: dict[str, str]) -> None:
        """For its next start."""
        self._environment |= settings

    def start(self) -> None:
        """Start it; it need not be ready yet."""
        assert not self.is_running
        self._process = self._nursery.start(self._environment, self.log)

    def kill(self) -> None:
        """kill -9."""
        assert self.is_running
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """As a supervisor stops it."""
        assert self.is_running
        self._end(signal.SIGTERM)

    def pause(self, *, resume: bool = False) -> None:
        """Nothing of it runs, as on a machine that hangs; `resume`: it goes on as if nothing had happened."""
        self.process.send_signal(signal.SIGCONT if resume else signal.SIGSTOP)

    def _end(self, by: signal.Signals) -> None:
        self.process.send_signal(by)
        self.process.wait(STOP_SECONDS)
        self._process = None

    def is_ready(self) -> bool:
        """What its health says."""
        assert self.is_running
        try:
            with urlopen(f"http://{self.health}/readyz", timeout=2) as answer:
                return bool(answer.status == 200)
        except (URLError, TimeoutError, ConnectionError):
            return False

    def partitions(self) -> set[int]:
        """The partitions whose picture it publishes."""
        start = 'fenghuo_worker_live{partition="'
        rows = [line.removeprefix(start).split('"') for line in self._metrics() if line.startswith(start)]
        return {int(number) for number, value in ((row[0], row[1]) for row in rows) if value.endswith(" 1.0")}

    def _metrics(self) -> list[str]:
        with urlopen(f"http://{self.health}/metrics", timeout=5) as answer:
            return list(answer.read().decode().splitlines())

    def metric(self, name: str) -> float:
        """The sum of a metric over its labels."""
        lines = self._metrics()
        return sum(float(line.split()[-1]) for line in lines if line.startswith((f"{name} ", f"{name}{{")))


class Crew:
    """The workers of one installation."""

    def __init__(self, folder: Path, bootstrap: str, **settings: str) -> None:
        self._folder = folder
        self._environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("FENGHUO_")},
            "FENGHUO_DATA": str(folder),
            "FENGHUO_KAFKA_BOOTSTRAP": bootstrap,
            "FENGHUO_WORKER_SESSION": str(SESSION_SECONDS),
            **settings,
        }
        self._nursery = Nursery()
        self.workers: dict[str, WorkerProcess] = {}

    def worker(self, name: str) -> WorkerProcess:
        """The worker of that name, running or not."""
        if name not in self.workers:
            self.workers[name] = WorkerProcess(name, self._folder, self._environment, self._nursery)
        return self.workers[name]

    def configure(self, **settings: str) -> None:
        """For those that are started from now on."""
        self._environment |= settings
        for worker in self.workers.values():
            worker.configure(settings)

    def close(self) -> None:
        """Every worker ends."""
        self._nursery.close()

    def running(self) -> list[WorkerProcess]:
        """Those that run. Fails the test if one ended by itself."""
        return [worker for worker in self.workers.values() if worker.is_running]

    def run(self, *names: str) -> None:
        """Exactly these run and are ready."""
        for worker in self.running():
            if worker.name not in names:
                worker.stop()
        for name in names:
            if not self.worker(name).is_running:
                self.worker(name).start()
        self.wait_ready()

    def are_ready(self) -> bool:
        """Whether every worker that runs is."""
        return all(worker.is_ready() for worker in self.running())

    def wait_ready(self) -> None:
        """Until every worker that runs is ready."""
        wait_until(self.are_ready, READY_SECONDS, "all workers are ready")


@contextmanager
def crew(folder: Path, bootstrap: str, **settings: str) -> Iterator[Crew]:
    """Workers that end with the block."""
    workers = Crew(folder, bootstrap, **settings)
    try:
        yield workers
    finally:
        workers.close()
