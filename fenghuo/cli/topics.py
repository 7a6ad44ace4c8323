"""`fenghuo topics`: the topic table, and what the broker has of it."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import msgspec
import typer
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError
from rich.console import Console
from rich.table import Table

from fenghuo.cli.api import give_up, running, say
from fenghuo.cli.options import DataOption, JsonOption, load_settings
from fenghuo.embedded.errors import Exit
from fenghuo.embedded.topics import create_topics
from fenghuo.platform.kafka import TopicMismatchError
from fenghuo.platform.settings import Settings
from schemas.topics import ALL_TOPICS, Topic

Offsets = dict[TopicPartition, int]

SET_ON_TOPIC = 1
"""Kafka's config source of a setting of the topic itself; the rest are the broker's defaults."""


class BrokerTopic(msgspec.Struct, frozen=True):
    """What the broker says of a topic. `config`: what is set on the topic itself. `first`, `next`: sums over its partitions of the first and the next offset."""

    partitions: int
    replicas: int
    first: int
    next: int
    config: dict[str, str]


def topics(
    create: Annotated[bool, typer.Option("--create", help="建立缺少的主题 create what is missing")] = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """主题表 Show the topic table and, where a broker is reachable, partitions, offsets and settings.

    例 Examples:  fenghuo topics   ·   FENGHUO_KAFKA_BOOTSTRAP=kafka:9092 fenghuo topics --create

    退出码 Exit codes: 0, 1 主题与设置不符 a topic does not fit the settings, 2 连接不上 broker not reachable (--create).
    """
    settings = load_settings(data)
    addresses = running(settings)
    bootstrap = settings.kafka_bootstrap or (addresses.kafka if addresses else None)
    if create:
        _create(settings, bootstrap)
    found: dict[str, BrokerTopic] = {}
    if bootstrap:
        try:
            found = asyncio.run(describe(bootstrap))
        except KafkaError as error:
            say(f"连接不上 Kafka {bootstrap} is not reachable: {error}")
    if as_json:
        typer.echo(
            msgspec.json.encode([{**_row(topic), "broker": found.get(topic.name)} for topic in ALL_TOPICS])
        )
    else:
        console = Console()
        console.print(_contract_table())
        if bootstrap and found:
            console.print(_broker_table(bootstrap, found))
        elif not bootstrap:
            say("没有正在运行的 Kafka：只显示约定。No broker is running: this is the contract only.")


def _create(settings: Settings, bootstrap: str | None) -> None:
    if not bootstrap:
        give_up("没有可用的 Kafka：请设置 FENGHUO_KAFKA_BOOTSTRAP。No Kafka: set FENGHUO_KAFKA_BOOTSTRAP.")
    try:
        # With one replica nothing but the disk keeps an acknowledged record, embedded or not.
        names = asyncio.run(create_topics(bootstrap, settings, single_broker=settings.replication == 1))
    except TopicMismatchError as error:
        give_up(f"主题与设置不符。A topic does not fit the settings: {error}", Exit.WRONG)
    except KafkaError as error:
        give_up(f"主题未能建立。The topics were not created at {bootstrap}: {error}")
    say(f"已建立 created: {', '.join(names) or '无 none'}")


async def describe(bootstrap: str) -> dict[str, BrokerTopic]:
    """What the broker has of the contract's topics. Raises KafkaError."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=10_000)
    await admin.start()
    try:
        names = sorted({topic.name for topic in ALL_TOPICS} & set(await admin.list_topics()))
        if not names:
            return {}
        described = {topic["topic"]: topic["partitions"] for topic in await admin.describe_topics(names)}
        configs = await _configs(admin, names)
    finally:
        await admin.close()
    places = [TopicPartition(name, part["partition"]) for name, parts in described.items() for part in parts]
    first, following = await _offsets(bootstrap, places)
    return {
        name: BrokerTopic(
            partitions=len(parts),
            replicas=len(parts[0]["replicas"]),
            first=sum(offset for place, offset in first.items() if place.topic == name),
            next=sum(offset for place, offset in following.items() if place.topic == name),
            config=configs[name],
        )
        for name, parts in described.items()
    }


async def _offsets(bootstrap: str, places: list[TopicPartition]) -> tuple[Offsets, Offsets]:
    """The first and the next offset of every partition."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, request_timeout_ms=10_000)
    try:
        await consumer.start()
        return await consumer.beginning_offsets(places), await consumer.end_offsets(places)
    finally:
        await consumer.stop()


async def _configs(admin: AIOKafkaAdminClient, names: list[str]) -> dict[str, dict[str, str]]:
    responses: list[Any] = await admin.describe_configs(
        [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    )
    return {
        resource[3]: {name: value for name, value, _, source, *_ in resource[4] if source == SET_ON_TOPIC}
        for response in responses
        for resource in response.resources
    }


def _row(topic: Topic) -> dict[str, Any]:
    return {
        "name": topic.name,
        "zh": topic.zh,
        "kind": topic.kind,
        "key": topic.key,
        "producer": topic.producer,
        "consumers": topic.consumers,
        "types": topic.types,
        "config": topic.config,
    }


def _contract_table() -> Table:
    table = Table(title="主题 Topics", highlight=False)
    table.add_column("主题 topic", no_wrap=True)
    for heading in ("键 key", "写 → 读 producer → consumers", "类型 types"):
        table.add_column(heading, overflow="fold")
    for topic in ALL_TOPICS:
        table.add_row(
            f"{topic.name}\n{topic.zh}",
            topic.key,
            f"{topic.producer} → {', '.join(topic.consumers)}",
            ", ".join(topic.types) or "–",
        )
    return table


def _broker_table(bootstrap: str, found: dict[str, BrokerTopic]) -> Table:
    table = Table(title=f"Kafka {bootstrap}", highlight=False)
    table.add_column("主题 topic", no_wrap=True)
    table.add_column("分区×副本\nparts × replicas", justify="right", no_wrap=True)
    table.add_column("条数\nmessages", justify="right", no_wrap=True)
    table.add_column("设置 settings", overflow="fold")
    for topic in ALL_TOPICS:
        broker = found.get(topic.name)
        if broker is None:
            table.add_row(topic.name, "–", "–", "没有 missing", style="red")
            continue
        config = ", ".join(f"{key}={value}" for key, value in sorted(broker.config.items()))
        table.add_row(
            topic.name,
            f"{broker.partitions} × {broker.replicas}",
            str(broker.next - broker.first),
            config,
        )
    return table
