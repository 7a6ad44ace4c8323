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
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg

from fenghuo.embedded import jars, ports
from fenghuo.embedded.deathsig import die_with_parent
from fenghuo.embedded.kafka import KafkaNode
from fenghuo.embedded.postgres import PostgresServer

REPOSITORY = Path(__file__).resolve().parent.parent
TEST_HEAP_MIB = 256
START_SECONDS = 60
STOP_SECONDS = 30


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
def kafka_broker(tmp: Path, heap_mib: int = TEST_HEAP_MIB) -> Iterator[str]:
    """A real broker of its own below `tmp`; gives its bootstrap address."""
    jars.fetch(downloads())
    port, controller_port = ports.choose(2)
    node = KafkaNode(tmp / "kafka", downloads(), port, controller_port, heap_mib)
    node.prepare()
    with _running(node.command(), tmp / "kafka.log", signal.SIGTERM, lambda: _accepts(port)):
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
