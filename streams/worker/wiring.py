"""The worker process: the Faust app, its aggregation service and its health. The only place where it is wired."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import faust
from aiokafka import AIOKafkaConsumer
from aiokafka.coordinator.assignors.abstract import AbstractPartitionAssignor
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from faust.app.base import BootStrategy
from mode import Service

from fenghuo.platform.health import Health
from fenghuo.platform.kafka import make_consumer, make_producer
from fenghuo.platform.settings import Settings
from streams.worker.aggregation import Aggregation
from streams.worker.judging import Judging
from streams.worker.serving import Clients
from streams.worker.snapshotting import Policy

GROUP = "fenghuo-workers"

# One batch of a partition is on its way at a time: with the 16 KiB of single sends a rebuild would wait for each.
PUBLISH_BATCH_BYTES = 512 << 10


class ServicesOnly(BootStrategy):
    """The app hosts services with Kafka clients of their own: no agents, tables, internal topics or web server.

    An agent costs hundreds of µs an event and commits past one that fails; a service takes raw batches (docs/decisions.md).
    """

    enable_kafka = False
    enable_web = False


class SituationApp(faust.App):
    """The Faust app of the worker."""

    BootStrategy = ServicesOnly


class HealthServer(Service):
    """`/healthz`, `/readyz`, `/metrics` of the worker."""

    def __init__(self, health: Health, address: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._server = health.server(address)

    @Service.task
    async def _serve(self) -> None:
        await self._server.serve()

    async def on_stop(self) -> None:
        """Let the server end."""
        self._server.should_exit = True


def build(settings: Settings, make_judging: Callable[[], Judging] = Judging) -> faust.App:
    """The Faust app. Raises SettingsError when no Kafka is named. `make_judging`: benchmarks put another job there."""
    bootstrap = settings.require_kafka()
    app = SituationApp(
        GROUP,
        broker=f"kafka://{bootstrap}",
        web_enabled=False,
        topic_disable_leader=True,
        autodiscover=False,
        datadir=settings.data / "faust",
    )
    clients = Clients(
        member=lambda: _member_consumer(bootstrap, settings),
        reader=lambda: make_consumer(bootstrap, client_id="fenghuo-worker"),
        producer=lambda: make_producer(
            bootstrap, client_id="fenghuo-worker", max_batch_bytes=PUBLISH_BATCH_BYTES
        ),
    )
    policy = Policy(settings.closed_after, settings.snapshot_after, settings.index_after)
    aggregation = Aggregation(clients, policy=policy, make_judging=make_judging, loop=app.loop)
    health = Health("worker")
    health.add("aggregation", aggregation.not_ready)
    # Faust takes instances as well as classes here; its annotation only says classes.
    add_service: Any = app.service
    add_service(aggregation)
    add_service(HealthServer(health, settings.worker_health, loop=app.loop))
    return app


def _member_consumer(bootstrap: str, settings: Settings) -> AIOKafkaConsumer:
    """A consumer that only belongs to the workers' group."""
    # A kept assignor that remembers nothing: a worker that is started again joins as it did before, under the same name,
    # and so gets its place at once and disturbs nobody.
    strategy: tuple[type[AbstractPartitionAssignor], ...] = (RangePartitionAssignor,)
    session_ms = int(settings.worker_session * 1000)
    return AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        client_id="fenghuo-worker",
        group_id=GROUP,
        group_instance_id=f"worker-{settings.worker_name or socket.gethostname()}",
        partition_assignment_strategy=strategy,
        enable_auto_commit=False,
        auto_offset_reset="latest",
        session_timeout_ms=session_ms,
        heartbeat_interval_ms=session_ms // 10,
        max_poll_interval_ms=60_000,
        metadata_max_age_ms=30_000,
    )
