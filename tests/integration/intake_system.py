"""A broker that can be killed and started again, and the web process, for intake's tests."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from aiokafka import ConsumerRecord, TopicPartition

from fenghuo.embedded import jars, ports
from fenghuo.embedded.deathsig import die_with_parent
from fenghuo.embedded.kafka import KafkaNode
from fenghuo.embedded.topics import create_topics
from fenghuo.platform.kafka import make_consumer
from fenghuo.platform.settings import Settings
from schemas.topics import RECORD_TOPICS
from tests.system import REPOSITORY, TEST_HEAP_MIB, downloads, wait_until

# Nothing listens on port 1: PostgreSQL is away in all these tests, which intake must not notice.
NO_DATABASE = "postgresql://127.0.0.1:1/fenghuo"
PARTITIONS = 3
ANSWER_SECONDS = 3.0


class Child:
    """A process with its log; started and killed at will."""

    def __init__(self, command: list[str], log: Path, **environment: str) -> None:
        self._command, self._log, self._environment = command, log, environment
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                self._command,
                cwd=REPOSITORY,
                env=os.environ | self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                preexec_fn=die_with_parent(signal.SIGKILL),
            )

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int | None:
        """Send `how`, wait for the end, answer the exit code; None when it does not run."""
        if self._process is None:
            return None
        self._process.send_signal(how)
        code = self._process.wait(30)
        self._process = None
        return code

    def wait(self) -> int:
        """Wait for the end of a process that was told to stop; answer the exit code. A second signal could meet the
        interpreter when its handlers are gone already.
        """
        assert self._process is not None
        code = self._process.wait(30)
        self._process = None
        return code

    def send(self, how: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(how)

    def assert_alive(self) -> None:
        assert self._process is not None
        assert self._process.poll() is None, self.text()[-3000:]

    def text(self) -> str:
        return self._log.read_text("utf-8", errors="replace")


class Broker(Child):
    """One Kafka node below `folder`; its ports and data stay the same from start to start."""

    def __init__(self, folder: Path) -> None:
        jars.fetch(downloads())
        port, controller = ports.choose(2)
        node = KafkaNode(folder / "kafka", downloads(), port, controller, TEST_HEAP_MIB)
        node.prepare()
        super().__init__(list(node.command()), folder / "kafka.log")
        self.bootstrap = node.bootstrap

    def create_topics(self) -> None:
        """Wait for the broker and create the topics."""
        settings = Settings(kafka_bootstrap=self.bootstrap, partitions=PARTITIONS)  # type: ignore[call-arg]
        asyncio.run(_patiently_create(self.bootstrap, settings))

    def messages(self) -> list[ConsumerRecord]:
        """Every message on the record topics, in the order of topic, partition and offset."""
        return asyncio.run(_read_everything(self.bootstrap))


class Web(Child):
    """The web process on a port and a data folder of its own; killed at the end of the block."""

    def __init__(self, folder: Path, bootstrap: str, **environment: str) -> None:
        (port,) = ports.choose(1)
        self.url = f"http://127.0.0.1:{port}"
        self.data = folder
        settings = {
            "FENGHUO_HTTP": f"127.0.0.1:{port}",
            "FENGHUO_KAFKA_BOOTSTRAP": bootstrap,
            "FENGHUO_DATABASE_URL": NO_DATABASE,
            "FENGHUO_DATA": str(folder),
        }
        super().__init__(
            [sys.executable, "-m", "services.web"], folder / "web.log", **(settings | environment)
        )

    def wait_alive(self) -> None:
        wait_until(lambda: self._get("/healthz") == 200, 30, "the web process answers")

    def wait_connected(self) -> None:
        """Until records go to Kafka at once."""
        wait_until(lambda: "intake" not in self.problems(), 60, "intake is connected to Kafka")

    def problems(self) -> dict[str, str]:
        problems: dict[str, str] = httpx.get(f"{self.url}/readyz").json()["problems"]
        return problems

    def post(self, body: object) -> httpx.Response:
        """Post and insist on an answer within the time that records.md 5 gives."""
        return self.post_bytes(json.dumps(body, ensure_ascii=False).encode())

    def post_bytes(self, body: bytes) -> httpx.Response:
        """The same for JSON text."""
        return httpx.post(
            f"{self.url}/v1/records",
            content=body,
            headers={"content-type": "application/json"},
            timeout=ANSWER_SECONDS,
        )

    def record(self, record_id: str) -> dict[str, Any]:
        """`GET /v1/records/{record_id}`."""
        answer = httpx.get(f"{self.url}/v1/records/{record_id}", timeout=ANSWER_SECONDS)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def journal(self, incident_id: str) -> list[Any]:
        """One page of the journal."""
        answer = httpx.get(f"{self.url}/v1/journal", params={"incident": incident_id})
        return list(answer.json().get("items", []))

    def _get(self, path: str) -> int:
        self.assert_alive()
        try:
            return httpx.get(self.url + path).status_code
        except httpx.TransportError:
            return 0


@contextmanager
def running(*children: Child) -> Iterator[None]:
    """Start the children; kill what still runs of them at the end."""
    try:
        for child in children:
            child.start()
        yield
    finally:
        for child in reversed(children):
            child.stop(signal.SIGKILL)


async def _patiently_create(bootstrap: str, settings: Settings) -> None:
    deadline = asyncio.get_running_loop().time() + 60
    while True:
        try:
            await create_topics(bootstrap, settings, single_broker=True)
            return
        except Exception:
            if asyncio.get_running_loop().time() > deadline:
                raise
            await asyncio.sleep(0.2)


async def _read_everything(bootstrap: str) -> list[ConsumerRecord]:
    consumer = make_consumer(bootstrap, client_id="test")
    await consumer.start()
    try:
        partitions = [
            TopicPartition(topic.name, number) for topic in RECORD_TOPICS for number in range(PARTITIONS)
        ]
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        found: list[ConsumerRecord] = []
        while any([await consumer.position(partition) < end for partition, end in ends.items()]):
            for messages in (await consumer.getmany(timeout_ms=200)).values():
                found.extend(messages)
        return sorted(found, key=lambda message: (message.topic, message.partition, message.offset))
    finally:
        await consumer.stop()
