"""The worker process: the Faust app, its aggregation service and its health. The only place where it is wired."""

from __future__ import annotations

import socket
from typing import Any

import faust
from aiokafka import AIOKafkaConsumer
from aiokafka.coordinator.assignors.abstract import AbstractPartitionAssignor
from faust.app.base import BootStrategy
from mode import Service

from fenghuo.platform.health import Health
from fenghuo.platform.kafka import MAX_MESSAGE_BYTES, make_producer
from fenghuo.platform.settings import Settings
from streams.worker.aggregation import Aggregation
from streams.worker.one_owner import OneOwnerAssignor
from streams.worker.published import read_published

GROUP = "fenghuo-situation"

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


def build(settings: Settings) -> faust.App:
    """The Faust app. Raises SettingsError when no Kafka is named."""
    bootstrap = settings.require_kafka()
    app = SituationApp(
        GROUP,
        broker=f"kafka://{bootstrap}",
        web_enabled=False,
        topic_disable_leader=True,
        autodiscover=False,
        datadir=settings.data / "faust",
    )
    aggregation = Aggregation(
        make_consumer=lambda: _record_consumer(bootstrap),
        make_producer=lambda: make_producer(
            bootstrap, client_id="fenghuo-worker", max_batch_bytes=PUBLISH_BATCH_BYTES
        ),
        read_published=lambda: read_published(bootstrap),
        loop=app.loop,
    )
    health = Health("worker")
    health.add("aggregation", aggregation.not_ready)
    # Faust takes instances as well as classes here; its annotation only says classes.
    add_service: Any = app.service
    add_service(aggregation)
    add_service(HealthServer(health, settings.worker_health, loop=app.loop))
    return app


def _record_consumer(bootstrap: str) -> AIOKafkaConsumer:
    """A consumer of the record topics in the owners' group; the offsets it commits are for onlookers only."""
    strategy: tuple[type[AbstractPartitionAssignor], ...] = (OneOwnerAssignor,)
    return AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        client_id="fenghuo-worker",
        group_id=GROUP,
        # A worker that is started again on the same machine takes its place at once instead of waiting for its own
        # ghost's session to end.
        group_instance_id=f"worker-{socket.gethostname()}",
        partition_assignment_strategy=strategy,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        session_timeout_ms=10_000,
        heartbeat_interval_ms=1_000,
        max_poll_interval_ms=600_000,
        max_poll_records=5_000,
        max_partition_fetch_bytes=MAX_MESSAGE_BYTES,
        fetch_max_wait_ms=100,
        metadata_max_age_ms=30_000,
    )
