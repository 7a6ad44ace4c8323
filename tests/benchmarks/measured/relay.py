"""Consumes one topic and sends every message on to another at once: the middle of two bare Kafka hops.

`python -m tests.benchmarks.measured.relay BOOTSTRAP FROM TO`; prints `ready`.
"""

from __future__ import annotations

import sys

import uvloop
from aiokafka import AIOKafkaConsumer, TopicPartition

from fenghuo.platform.kafka import make_producer


async def hop_consumer(bootstrap: str, topic: str) -> AIOKafkaConsumer:
    """A started consumer of what will come."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, client_id="bench-hop", enable_auto_commit=False)
    await consumer.start()
    await consumer._client.force_metadata_update()
    partitions = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
    consumer.assign(partitions)
    await consumer.seek_to_end(*partitions)
    for partition in partitions:
        await consumer.position(partition)
    return consumer


async def relay(bootstrap: str, source: str, target: str) -> None:
    """Until killed."""
    consumer = await hop_consumer(bootstrap, source)
    producer = make_producer(bootstrap, client_id="bench-relay")
    await producer.start()
    print("ready", flush=True)
    while True:
        for messages in (await consumer.getmany(timeout_ms=1_000)).values():
            for message in messages:
                await producer.send(target, message.value, key=message.key)


if __name__ == "__main__":
    uvloop.run(relay(*sys.argv[1:4]))
