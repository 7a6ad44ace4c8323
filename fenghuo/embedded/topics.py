"""Topics and tables of an installation, made before anything reads them; both steps may be repeated."""

from __future__ import annotations

from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from fenghuo.embedded.kafka import DURABLE_TOPIC
from fenghuo.platform.kafka import TopicSpec, ensure_topics
from fenghuo.platform.settings import Settings
from schemas.topics import ALL_TOPICS, Topic


def topic_specs(settings: Settings, *, single_broker: bool) -> list[TopicSpec]:
    """The topic table of `schemas.topics` as topics to create; on the single embedded broker the record topics flush
    every acknowledged record to disk.
    """
    return [
        TopicSpec(
            name=topic.name,
            partitions=settings.partitions,
            replication=settings.replication,
            config={**topic.config, **(DURABLE_TOPIC if single_broker and _is_record(topic) else {})},
        )
        for topic in ALL_TOPICS
    ]


def _is_record(topic: Topic) -> bool:
    return topic.kind == "record"


async def create_topics(bootstrap: str, settings: Settings, *, single_broker: bool) -> list[str]:
    """Create what is missing; answers the created names. Raises what `ensure_topics` raises."""
    return await ensure_topics(bootstrap, topic_specs(settings, single_broker=single_broker))


async def topic_differences(bootstrap: str, settings: Settings, *, single_broker: bool) -> list[str]:
    """How the broker's topics differ from the table, one phrase each. Raises aiokafka's KafkaError."""
    specs = topic_specs(settings, single_broker=single_broker)
    found = await _read_configs(bootstrap, [spec.name for spec in specs])
    differences = [f"{spec.name}: 缺失 missing" for spec in specs if spec.name not in found]
    for spec in specs:
        has = found.get(spec.name, spec.config)
        differences += [
            f"{spec.name}: {key}={has.get(key)}, 应为 should be {value}"
            for key, value in spec.config.items()
            if has.get(key) != value
        ]
    return differences


async def _read_configs(bootstrap: str, names: list[str]) -> dict[str, dict[str, str]]:
    """The settings of those of the topics that exist."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=10_000)
    await admin.start()
    try:
        present = sorted(set(names) & set(await admin.list_topics()))
        if not present:
            return {}
        answers: list[Any] = await admin.describe_configs(
            [ConfigResource(ConfigResourceType.TOPIC, name) for name in present]
        )
        return {
            resource[3]: {entry[0]: entry[1] for entry in resource[4]}
            for answer in answers
            for resource in answer.resources
        }
    finally:
        await admin.close()
