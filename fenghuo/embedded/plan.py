"""The composition root of an embedded system: which children there are, where they listen, what they are told."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace

from fenghuo.embedded import jars, ports, remains
from fenghuo.embedded.child import ChildSpec
from fenghuo.embedded.folder import DataFolder
from fenghuo.embedded.kafka import KafkaNode
from fenghuo.embedded.postgres import PostgresServer
from fenghuo.embedded.probes import kafka_probe, postgres_probe, ready_probe
from fenghuo.embedded.state import Addresses
from fenghuo.platform.settings import Settings, split_address

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Plan:
    """Everything decided before the first child starts. `kafka`, `postgres`: None where an existing one is used."""

    folder: DataFolder
    settings: Settings
    addresses: Addresses
    kafka: KafkaNode | None
    postgres: PostgresServer | None

    def environment(self) -> Mapping[str, str]:
        """The environment of every child: ours, the addresses, and the mark by which remains are found."""
        return {
            **os.environ,
            **self.variables(),
            remains.MARKER: str(self.folder.root),
            "PYTHONUNBUFFERED": "1",
        }

    def variables(self) -> dict[str, str]:
        """The `FENGHUO_*` variables with which another process joins this system."""
        points = self.settings.points
        return {
            # Children run in the data folder: what the user named from elsewhere is theirs all the same.
            **({"FENGHUO_POINTS": str(points.absolute())} if points is not None else {}),
            "FENGHUO_DATA": str(self.folder.root),
            "FENGHUO_HTTP": self.addresses.web,
            "FENGHUO_FEED": self.addresses.feed,
            "FENGHUO_WORKER_HEALTH": self.addresses.worker_health,
            "FENGHUO_GATEWAY_HEALTH": self.addresses.gateway_health,
            "FENGHUO_KAFKA_BOOTSTRAP": self.addresses.kafka,
            "FENGHUO_DATABASE_URL": self.addresses.database,
        }

    def infrastructure(self) -> list[ChildSpec]:
        """Kafka and PostgreSQL, as far as they are ours, in the order of their stopping from last to first."""
        specs = []
        if self.kafka is not None:
            specs.append(self._kafka_spec(self.kafka))
        if self.postgres is not None:
            specs.append(self._postgres_spec(self.postgres))
        return specs

    def services(self) -> list[ChildSpec]:
        """The Python children, in the order of their starting. Each waits for Kafka and PostgreSQL by itself."""
        address = self.addresses
        return [
            *(self._worker_spec(name, health) for name, health in address.workers.items()),
            self._python_spec("gateway", "实时推送", "services.gateway", address.gateway_health),
            self._python_spec("web", "接口服务", "services.web", address.web),
        ]

    def _kafka_spec(self, node: KafkaNode) -> ChildSpec:
        return ChildSpec(
            name="kafka",
            zh="消息日志",
            command=node.command,
            probe=kafka_probe(node.bootstrap),
            address=node.bootstrap,
            environment=self.environment(),
            folder=self.folder.root,
            prepare=lambda: asyncio.to_thread(node.prepare),
            death_signal=signal.SIGTERM,
            stop_seconds=30,
        )

    def _postgres_spec(self, server: PostgresServer) -> ChildSpec:
        async def prepare() -> None:
            await asyncio.to_thread(self._clear_cluster, server)
            await asyncio.to_thread(server.prepare)

        return ChildSpec(
            name="postgres",
            zh="数据库",
            command=server.command,
            probe=postgres_probe(server),
            address=self.addresses.database,
            environment=self.environment(),
            folder=server.cluster,
            prepare=prepare,
            popen_options=lambda: server.account.popen_options(),
            stop_signal=signal.SIGINT,
            death_signal=signal.SIGINT,
            stop_seconds=30,
        )

    def _clear_cluster(self, server: PostgresServer) -> None:
        """Backends outlive a killed postmaster for a moment, in sessions of their own; and its pid file names a pid
        that another process may have by now, which would keep the server from starting.
        """
        remains.clear(remains.in_cluster(server.cluster))
        (server.cluster / "postmaster.pid").unlink(missing_ok=True)

    def _worker_spec(self, name: str, health: str) -> ChildSpec:
        """Several share the partitions; each has a name that is its own beside those of other machines."""
        number = name.removeprefix("worker")
        own_name = (self.settings.worker_name or socket.gethostname()) + number
        spec = self._python_spec(name, "态势折叠" + number.replace("-", " "), "streams.worker", health)
        own = {"FENGHUO_WORKER_NAME": own_name, "FENGHUO_WORKER_HEALTH": health}
        return replace(spec, environment={**spec.environment, **own})

    def _python_spec(self, name: str, zh: str, module: str, address: str) -> ChildSpec:
        return ChildSpec(
            name=name,
            zh=zh,
            # -P: what lies in the working directory is not importable.
            command=lambda: [sys.executable, "-P", "-m", module],
            probe=ready_probe(address),
            address=self.addresses.feed if name == "gateway" else address,
            environment=self.environment(),
            folder=self.folder.root,
            needs=tuple(spec.name for spec in self.infrastructure()),
            stop_seconds=self.settings.drain_timeout + 5,
        )


def make_plan(settings: Settings, folder: DataFolder, previous: Addresses | None) -> Plan:
    """Decide ports and addresses; the ports of the previous run are kept where they are free.

    Raises EmbeddedError (PORT_BUSY) when the web or the gateway port is taken.
    """
    ports.require_free(settings.http, "FENGHUO_HTTP", "web")
    ports.require_free(settings.feed, "FENGHUO_FEED", "gateway")
    old = previous
    old_workers = list(old.workers.values()) if old else []
    gateway, broker, controller, worker, *more_workers = ports.choose(
        3 + settings.workers,
        [
            _port(old.gateway_health if old else None),
            _port(old.kafka if old and old.kafka_controller else None),
            _port(old.kafka_controller if old else None),
            *map(_port, old_workers),
        ],
    )
    kafka = None
    if settings.kafka_bootstrap is None:
        kafka = KafkaNode(folder.kafka, folder.downloads, broker, controller, settings.kafka_heap_mib)
    postgres = None if settings.database_url else PostgresServer(folder.postgres)
    addresses = Addresses(
        web=settings.http,
        feed=settings.feed,
        kafka=settings.kafka_bootstrap or f"{LOOPBACK}:{broker}",
        database=settings.database_url or PostgresServer(folder.postgres).dsn(),
        worker_health=f"{LOOPBACK}:{worker}",
        gateway_health=f"{LOOPBACK}:{gateway}",
        kafka_controller=f"{LOOPBACK}:{controller}" if kafka else None,
        more_workers=tuple(f"{LOOPBACK}:{port}" for port in more_workers),
    )
    return Plan(folder, settings, addresses, kafka, postgres)


def _port(address: str | None) -> int | None:
    return split_address(address)[1] if address else None


def require_jars(plan: Plan, progress: jars.Progress) -> None:
    """Have Kafka's jars, when Kafka is ours. Raises EmbeddedError (DOWNLOAD_FAILED)."""
    if plan.kafka is not None:
        jars.fetch(plan.folder.downloads, progress)
