"""A broker on a core of its own, the topics of an installation, and the messages on them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import psutil
from aiokafka import AIOKafkaProducer, TopicPartition

from fenghuo.embedded.topics import create_topics
from fenghuo.platform.kafka import TopicSpec, ensure_topics, make_consumer, make_producer, stop_consumer
from fenghuo.platform.kafka_batches import OutgoingMessage, send_in_batches
from fenghuo.platform.settings import Settings
from tests.benchmarks.machine import BROKER_CORE
from tests.system import kafka_broker, server_folder

HEAP_MIB = 768
CHUNK = 20_000
BATCH_BYTES = 512 << 10


@contextmanager
def benchmark_broker() -> Iterator[tuple[str, Path]]:
    """(bootstrap, scratch folder). The broker and whoever fills it keep to the first core."""
    os.environ.pop("JDK_JAVA_OPTIONS", None)
    with server_folder() as place:
        before = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {BROKER_CORE})
        try:
            with kafka_broker(place, HEAP_MIB, java={}) as bootstrap:
                yield bootstrap, place
        finally:
            os.sched_setaffinity(0, before)


def create_all_topics(bootstrap: str, partitions: int) -> None:
    """The record and output topics, as an installation has them."""
    settings = Settings(kafka_bootstrap=bootstrap, partitions=partitions)
    asyncio.run(create_topics(bootstrap, settings, single_broker=True))


def create_topic(bootstrap: str, name: str, partitions: int) -> None:
    """One more topic."""
    asyncio.run(ensure_topics(bootstrap, [TopicSpec(name, partitions)]))


def fill(bootstrap: str, messages: Iterable[OutgoingMessage]) -> int:
    """Send all; how many there were."""
    return asyncio.run(_fill(bootstrap, messages))


async def _fill(bootstrap: str, messages: Iterable[OutgoingMessage]) -> int:
    producer: AIOKafkaProducer = make_producer(bootstrap, client_id="bench-fill", max_batch_bytes=BATCH_BYTES)
    await producer.start()
    try:
        remaining, count = iter(messages), 0
        while chunk := list(islice(remaining, CHUNK)):
            await send_in_batches(producer, chunk)
            count += len(chunk)
        return count
    finally:
        await producer.stop()


def count(bootstrap: str, topic: str) -> int:
    """How many messages lie on a topic."""
    return asyncio.run(_count(bootstrap, topic))


async def _count(bootstrap: str, topic: str) -> int:
    consumer = make_consumer(bootstrap, client_id="bench-count")
    await consumer.start()
    try:
        await consumer._client.force_metadata_update()
        numbers = consumer.partitions_for_topic(topic) or set()
        ends = await consumer.end_offsets([TopicPartition(topic, number) for number in numbers])
        return sum(ends.values())
    finally:
        await stop_consumer(consumer)


def processes_below(pid: int) -> list[psutil.Process]:
    """A process and all that it started."""
    root = psutil.Process(pid)
    return [root, *root.children(recursive=True)]
