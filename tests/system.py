"""Real components for tests: a Kafka broker, a PostgreSQL server, a whole running system.

Each is a context manager that owns its processes and its folder; Kafka's jars are shared (`FENGHUO_DOWNLOADS`, or the
checkout's own `.fenghuo/downloads`), never downloaded per test. Starting Kafka takes about 8 s: use session scope and
give each test topics and databases of its own.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import psutil

from fenghuo.embedded import jars, ports, remains
from fenghuo.embedded.deathsig import die_with_parent
from fenghuo.embedded.folder import DataFolder
from fenghuo.embedded.kafka import KafkaNode
from fenghuo.embedded.overview import look
from fenghuo.embedded.postgres import PostgresServer
from fenghuo.embedded.state import SystemState
from fenghuo.embedded.state import read as read_state

REPOSITORY = Path(__file__).resolve().parent.parent
TEST_HEAP_MIB = 256
# A broker that lives for a minute is better off without the optimising compiler: it starts with 2.5 instead of 4.2 s
# of CPU. The `java` launcher reads this variable.
TEST_JAVA = {"JDK_JAVA_OPTIONS": "-XX:TieredStopAtLevel=1"}
START_SECONDS = 60
STOP_SECONDS = 30
SYSTEM_SECONDS = 180


def downloads() -> Path:
    """Where all tests share Kafka's jars."""
    return Path(os.environ.get("FENGHUO_DOWNLOADS") or REPOSITORY / ".fenghuo" / "downloads")


def wait_until(condition: Callable[[], object], seconds: float, what: str) -> None:
    """Poll `condition` until it is true; fails the test with `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"after {seconds} s still not true: {what}")
        time.sleep(0.05)


def lives(pid: int) -> bool:
    """Whether a process runs; one that has ended and is not collected yet by its new parent does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def _running(
    command: list[str], log: Path, stop: signal.Signals, ready: Callable[[], bool], **options: object
) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("ab") as output:
        process = subprocess.Popen(  # type: ignore[call-overload]
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            **{"preexec_fn": die_with_parent(signal.SIGKILL), **options},
        )
    try:

        def settled() -> bool:
            assert process.poll() is None, f"{command[0]} ended: {log.read_text(errors='replace')[-2000:]}"
            return ready()

        wait_until(settled, START_SECONDS, f"{command[0]} is ready ({log})")
        yield process
    finally:
        process.send_signal(stop)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(STOP_SECONDS)


@contextmanager
def server_folder() -> Iterator[Path]:
    """A folder of one's own that every user may enter (0755), removed at the end."""
    with tempfile.TemporaryDirectory(prefix="fenghuo-") as name:
        place = Path(name)
        place.chmod(0o755)
        yield place


@contextmanager
def kafka_broker(
    tmp: Path, heap_mib: int = TEST_HEAP_MIB, java: Mapping[str, str] = TEST_JAVA
) -> Iterator[str]:
    """A real broker of its own below `tmp`; gives its bootstrap address. `java` = variables for its launcher."""
    jars.fetch(downloads())
    port, controller_port = ports.choose(2)
    node = KafkaNode(tmp / "kafka", downloads(), port, controller_port, heap_mib)
    node.prepare()
    environment = {**os.environ, **java}
    with _running(node.command(), tmp / "kafka.log", signal.SIGTERM, lambda: _accepts(port), env=environment):
        yield node.bootstrap


@contextmanager
def postgres_server(tmp: Path) -> Iterator[str]:
    """A real server of its own below `tmp`; gives the address (DSN) of an empty database."""
    server = PostgresServer(tmp / "postgres")
    server.prepare()

    def ready() -> bool:
        try:
            asyncio.run(server.ensure_database())
        except (OSError, asyncpg.PostgresError):
            return False
        return True

    with _running(
        server.command(),
        tmp / "postgres.log",
        signal.SIGINT,
        ready,
        cwd=server.cluster,
        **server.account.popen_options(),
    ):
        yield server.dsn()


@dataclass(frozen=True)
class RunningSystem:
    """A whole system that `fenghuo up --detach` started: `http` and `ws` are what a client is given."""

    folder: DataFolder
    environment: Mapping[str, str]

    @property
    def state(self) -> SystemState:
        """What the supervisor last wrote: addresses, children, restarts."""
        found = read_state(self.folder.state_file)
        assert found is not None
        return found

    @property
    def http(self) -> str:
        """Base address of the API."""
        return f"http://{self.state.addresses.web}"

    @property
    def ws(self) -> str:
        """Address of the gateway."""
        return f"ws://{self.state.addresses.feed}"

    def pid(self, name: str) -> int:
        """Process id of a child (kafka, postgres, worker, gateway, web); fails while it is being restarted."""
        child = self.state.child(name)
        assert child is not None, f"{name} is not a child of this system"
        assert child.process is not None, f"{name} is {child.phase}"
        return child.process.pid

    def kill(self, *names: str) -> None:
        """SIGKILL to children, all at once."""
        for pid in [self.pid(name) for name in names]:
            os.kill(pid, signal.SIGKILL)

    def is_ready(self) -> bool:
        """Whether every child does its job now: what `fenghuo status` says."""
        return asyncio.run(look(self.folder)).well

    def wait_ready(self, seconds: float = SYSTEM_SECONDS) -> None:
        """Wait until every child does its job; fails the test otherwise."""
        wait_until(self.is_ready, seconds, "every child is ready")

    def fenghuo(self, *arguments: str, seconds: float = SYSTEM_SECONDS) -> subprocess.CompletedProcess[str]:
        """Run a command against this system; the caller looks at its exit code."""
        return run_fenghuo(self.environment, *arguments, seconds=seconds)


def run_fenghuo(
    environment: Mapping[str, str], *arguments: str, seconds: float = SYSTEM_SECONDS
) -> subprocess.CompletedProcess[str]:
    """The command line, as a user runs it."""
    return subprocess.run(
        [sys.executable, "-m", "fenghuo.cli", *arguments],
        env={**environment},
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


def system_environment(data: Path, **settings: str) -> dict[str, str]:
    """The environment of a system of one's own in `data`, on free ports, with a small Kafka.

    `settings` are further `FENGHUO_*` variables.
    """
    web, feed = ports.choose(2)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("FENGHUO_")}
    return {
        **inherited,
        **TEST_JAVA,
        "FENGHUO_DATA": str(data),
        "FENGHUO_HTTP": f"127.0.0.1:{web}",
        "FENGHUO_FEED": f"127.0.0.1:{feed}",
        "FENGHUO_DOWNLOADS": str(downloads()),
        "FENGHUO_KAFKA_HEAP_MIB": str(TEST_HEAP_MIB),
        **settings,
    }


@contextmanager
def fenghuo_system(tmp: Path, **settings: str) -> Iterator[RunningSystem]:
    """The whole system below `tmp`, started by `fenghuo up --detach --no-demo`, stopped by `fenghuo down`.

    Ready when given. `settings` are further `FENGHUO_*` variables, for example FENGHUO_KAFKA_BOOTSTRAP.
    """
    environment = system_environment(tmp / "data", **settings)
    folder = DataFolder.at(tmp / "data")
    jars.fetch(downloads())
    try:
        started = run_fenghuo(environment, "up", "--detach", "--no-demo")
        assert started.returncode == 0, started.stdout + started.stderr
        yield RunningSystem(folder, environment)
    finally:
        stopped = run_fenghuo(environment, "down")
        remains.kill(remains.find(folder).processes)
        assert stopped.returncode == 0, stopped.stdout + stopped.stderr
