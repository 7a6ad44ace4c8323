"""The broker's configuration is what design and issue ask for."""

from __future__ import annotations

from pathlib import Path

from fenghuo.embedded import jars
from fenghuo.embedded.kafka import DURABLE_TOPIC, KafkaNode
from fenghuo.embedded.topics import topic_specs
from fenghuo.platform.settings import Settings
from schemas.topics import RECORD_TOPICS

NODE = KafkaNode(Path("/data/kafka"), Path("/data/downloads"), 21_000, 21_001)


def test_it_listens_on_loopback_only() -> None:
    listeners = NODE.properties()["listeners"].split(",")
    assert listeners == ["PLAINTEXT://127.0.0.1:21000", "CONTROLLER://127.0.0.1:21001"]


def test_one_node_replicates_nothing() -> None:
    properties = NODE.properties()
    factors = {
        key: value for key, value in properties.items() if key.endswith(("replication.factor", "min.isr"))
    }
    assert len(factors) >= 4
    assert set(factors.values()) == {"1"}


def test_topics_are_made_by_us_and_kept_for_ever() -> None:
    properties = NODE.properties()
    assert properties["auto.create.topics.enable"] == "false"
    assert properties["log.retention.ms"] == "-1"
    assert int(properties["message.max.bytes"]) > 256 << 10
    assert properties["group.initial.rebalance.delay.ms"] == "0"


def test_command_line_has_a_bounded_heap_and_the_locked_class_path() -> None:
    command = NODE.command()
    assert "-Xmx512m" in command
    assert "-XX:+UseSerialGC" in command
    class_path = command[command.index("-cp") + 1]
    assert class_path == jars.class_path(NODE.downloads)
    assert command[-2:] == ["kafka.Kafka", "/data/kafka/server.properties"]


def test_record_topics_flush_on_the_single_broker_and_only_there() -> None:
    names = {topic.name for topic in RECORD_TOPICS}
    single = {spec.name: spec.config for spec in topic_specs(Settings(), single_broker=True)}
    cluster = {spec.name: spec.config for spec in topic_specs(Settings(), single_broker=False)}
    assert {name for name, config in single.items() if config.items() >= DURABLE_TOPIC.items()} == names
    assert not any("flush.messages" in config for config in cluster.values())
    assert all(single[name]["retention.ms"] == "-1" for name in names)


def test_all_topics_have_one_partition_count() -> None:
    specs = topic_specs(Settings(partitions=3), single_broker=True)
    assert {spec.partitions for spec in specs if spec.name in {topic.name for topic in RECORD_TOPICS}} == {3}
