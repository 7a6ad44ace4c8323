"""Kafka: topics are created before anything reads them; producers wait for every in-sync replica."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

# A record is at most 256 KiB; an update row with all its figures stays far below this too.
MAX_MESSAGE_BYTES = 4 << 20
STOP_SECONDS = 5.0

# aiokafka's own; one batch of a partition is on its way at a time, so bulk wants larger ones.
DEFAULT_BATCH_BYTES = 16 << 10


@dataclass(frozen=True)
class TopicSpec:
    """A topic to create. `config` are Kafka topic settings."""

    name: str
    partitions: int
    replication: int = 1
    config: Mapping[str, str] = field(default_factory=dict)


class TopicMismatchError(RuntimeError):
    """A topic exists with another partition count than the installation's: keys would land elsewhere."""


async def ensure_topics(bootstrap: str, specs: Iterable[TopicSpec]) -> list[str]:
    """Create the topics that do not exist, check the partition count of those that do; answers the created names.

    Raises TopicMismatchError, or aiokafka's KafkaError when the cluster cannot be reached or refuses.
    """
    wanted = {spec.name: spec for spec in specs}
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        existing = set(await admin.list_topics())
        missing = [spec for name, spec in wanted.items() if name not in existing]
        if missing:
            response = await admin.create_topics(
                [
                    NewTopic(spec.name, spec.partitions, spec.replication, topic_configs=dict(spec.config))
                    for spec in missing
                ]
            )
            for name, code, *rest in cast(Any, response).topic_errors:
                error = for_code(code)
                if code and error is not TopicAlreadyExistsError:
                    raise error(f"topic {name}: {rest[0] if rest else ''}")
        await _check_partitions(admin, [wanted[name] for name in wanted if name in existing])
        return [spec.name for spec in missing]
    finally:
        await admin.close()


async def _check_partitions(admin: AIOKafkaAdminClient, specs: list[TopicSpec]) -> None:
    if not specs:
        return
    for topic in await admin.describe_topics([spec.name for spec in specs]):
        spec = next(spec for spec in specs if spec.name == topic["topic"])
        if len(topic["partitions"]) != spec.partitions:
            raise TopicMismatchError(
                f"topic {spec.name} has {len(topic['partitions'])} partitions, the settings say {spec.partitions}:"
                f" set FENGHUO_PARTITIONS={len(topic['partitions'])}"
            )


def make_producer(
    bootstrap: str, *, client_id: str, max_batch_bytes: int = DEFAULT_BATCH_BYTES
) -> AIOKafkaProducer:
    """A producer that is idempotent and waits for all in-sync replicas; not started."""
    return AIOKafkaProducer(
        bootstrap_servers=bootstrap,
        client_id=client_id,
        acks="all",
        enable_idempotence=True,
        linger_ms=0,
        max_batch_size=max_batch_bytes,
        max_request_size=MAX_MESSAGE_BYTES,
        request_timeout_ms=10_000,
        metadata_max_age_ms=30_000,
    )


def make_consumer(
    bootstrap: str, *, client_id: str, group_id: str | None = None, auto_offset_reset: str = "earliest"
) -> AIOKafkaConsumer:
    """A consumer from the beginning that never commits by itself; without a group partitions are assigned by hand.

    `auto_offset_reset="none"`: a position that the log does not have is an error, never a silent jump.
    """
    return AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        client_id=client_id,
        group_id=group_id,
        enable_auto_commit=False,
        auto_offset_reset=auto_offset_reset,
        max_partition_fetch_bytes=MAX_MESSAGE_BYTES,
        fetch_max_wait_ms=250,
        max_poll_records=5_000,
        metadata_max_age_ms=30_000,
    )


async def stop_consumer(consumer: AIOKafkaConsumer) -> None:
    """Stop a consumer, also while the broker is away; never raises but the caller's own cancellation.

    While a fetch waits to be tried again, aiokafka 0.14 lets its cancellation escape from `stop()`: the caller would
    end as if it had been cancelled itself, and the connections would stay open. Here stop runs in a task of its own.
    """
    stopping = asyncio.create_task(consumer.stop())
    await asyncio.wait([stopping], timeout=STOP_SECONDS)
    if stopping.done() and not stopping.cancelled() and stopping.exception() is None:
        return
    stopping.cancel()
    closing = asyncio.create_task(consumer._client.close())
    await asyncio.wait([stopping, closing], timeout=STOP_SECONDS)
    closing.cancel()
    await asyncio.gather(stopping, closing, return_exceptions=True)
