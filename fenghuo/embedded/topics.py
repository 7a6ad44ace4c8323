"""Topics and tables of an installation, made before anything reads them; both steps may be repeated."""

from __future__ import annotations

from fenghuo.embedded.kafka import DURABLE_TOPIC
from fenghuo.platform.kafka import TopicSpec, ensure_topics
from fenghuo.platform.settings import Settings
from schemas.topics import TOPICS, Topic


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
        for topic in TOPICS
    ]


def _is_record(topic: Topic) -> bool:
    return topic.kind == "record"


async def create_topics(bootstrap: str, settings: Settings, *, single_broker: bool) -> list[str]:
    """Create what is missing; answers the created names. Raises what `ensure_topics` raises."""
    return await ensure_topics(bootstrap, topic_specs(settings, single_broker=single_broker))
