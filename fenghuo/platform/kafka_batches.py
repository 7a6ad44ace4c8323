"""Many messages at once: whole batches cost a tenth of single sends, whose futures are most of what a send costs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from functools import lru_cache
from struct import unpack_from
from typing import NamedTuple

from aiokafka import AIOKafkaProducer

Headers = list[tuple[str, bytes]]
"""A list indeed: aiokafka insists."""

NO_HEADERS: Headers = []

_MASK = 0xFFFFFFFF
_SEED = 0x9747B28C
_M = 0x5BD1E995


class OutgoingMessage(NamedTuple):
    """A message to be sent. `partition` None: the one that the default partitioner gives its key."""

    topic: str
    key: bytes
    value: bytes
    partition: int | None = None
    headers: Headers = NO_HEADERS


async def send_in_batches(producer: AIOKafkaProducer, messages: Iterable[OutgoingMessage]) -> None:
    """Send all and return once every one is acknowledged; in order within a partition, partitions side by side.

    Raises aiokafka's KafkaError as soon as one fails; others may have arrived then, or arrive later.
    """
    lanes: dict[tuple[str, int], list[OutgoingMessage]] = {}
    counts: dict[str, int] = {}
    for message in messages:
        partition = message.partition
        if partition is None:
            if message.topic not in counts:
                counts[message.topic] = len(await producer.partitions_for(message.topic))
            partition = _partition(message.key, counts[message.topic])
        lanes.setdefault((message.topic, partition), []).append(message)
    await asyncio.gather(
        *(_send_lane(producer, topic, partition, lane) for (topic, partition), lane in lanes.items())
    )


async def _send_lane(
    producer: AIOKafkaProducer, topic: str, partition: int, messages: Sequence[OutgoingMessage]
) -> None:
    sent: list[asyncio.Future[object]] = []
    try:
        waiting = list(reversed(messages))
        while waiting:
            batch = producer.create_batch()
            # The first message always finds room, however large it is.
            while waiting and batch.append(
                timestamp=None, key=waiting[-1].key, value=waiting[-1].value, headers=waiting[-1].headers
            ):
                waiting.pop()
            batch.close()
            sent.append(await producer.send_batch(batch, topic, partition=partition))
        for future in sent:
            await future
    finally:
        for future in sent:
            # Several may fail together: one was raised, none may be left unheard.
            future.add_done_callback(_heard)


def _heard(future: asyncio.Future[object]) -> None:
    if not future.cancelled():
        future.exception()


@lru_cache(maxsize=4096)
def partition_of(key: bytes, partitions: int) -> int:
    """The partition that the default partitioner of every Kafka client gives a key; kept for keys that come again."""
    return _partition(key, partitions)


def _partition(key: bytes, partitions: int) -> int:
    return (murmur2(key) & 0x7FFFFFFF) % partitions


def murmur2(data: bytes) -> int:
    """Kafka's murmur2, unsigned; aiokafka's own takes twice as long, which every outcome's key would pay."""
    length = len(data)
    words = length >> 2
    h = _SEED ^ length
    for k in unpack_from(f"<{words}I", data):
        k = k * _M & _MASK
        h = (h * _M & _MASK) ^ ((k ^ (k >> 24)) * _M & _MASK)
    if rest := data[words << 2 :]:
        h = (h ^ int.from_bytes(rest, "little")) * _M & _MASK
    h = (h ^ (h >> 13)) * _M & _MASK
    return h ^ (h >> 15)
