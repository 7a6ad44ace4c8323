"""The partitions of the output topics, asked of the cluster without creating anything."""

from __future__ import annotations

from collections.abc import Iterable

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient


class TopicMissingError(RuntimeError):
    """An output topic has not been created yet."""


async def partitions_of(bootstrap: str, topics: Iterable[str]) -> list[TopicPartition]:
    """Every partition of the topics. Raises TopicMissingError, or aiokafka's KafkaError when Kafka is away."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        await admin.start()
        # All topics: asking for one by name can create it, with a partition count of the broker's choice.
        known = {topic["topic"]: topic["partitions"] for topic in await admin.describe_topics()}
    finally:
        await admin.close()
    found = []
    for topic in topics:
        if topic not in known:
            raise TopicMissingError(
                f"topic {topic} does not exist: create the topics (`fenghuo topics --create`)"
            )
        found += [TopicPartition(topic, part["partition"]) for part in known[topic]]
    return found
