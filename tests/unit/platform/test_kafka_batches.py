"""Messages in batches: the partitions of every Kafka client, the order of each partition, and failures that are told."""

from __future__ import annotations

import asyncio

import pytest
from aiokafka.errors import KafkaConnectionError
from aiokafka.partitioner import murmur2 as reference
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record.default_records import DefaultRecordBatch
from hypothesis import given
from hypothesis import strategies as st

from fenghuo.platform.kafka_batches import OutgoingMessage, murmur2, partition_of, send_in_batches

PARTITIONS = 3
BATCH_BYTES = 1 << 10


class Producer:
    """As much of aiokafka's as is used; `fails` names partitions whose batches fail."""

    def __init__(self, fails: frozenset[int] = frozenset()) -> None:
        self.sent: dict[tuple[str, int], list[tuple[bytes, bytes, list[tuple[str, bytes]]]]] = {}
        self.batches = 0
        self._fails = fails

    async def partitions_for(self, topic: str) -> set[int]:
        return set(range(PARTITIONS))

    def create_batch(self) -> BatchBuilder:
        return BatchBuilder(BATCH_BYTES, 0)

    async def send_batch(self, batch: BatchBuilder, topic: str, *, partition: int) -> asyncio.Future[None]:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if partition in self._fails:
            future.set_exception(KafkaConnectionError())
            return future
        self.batches += 1
        lane = self.sent.setdefault((topic, partition), [])
        lane += [(m.key, m.value, list(m.headers)) for m in DefaultRecordBatch(batch._build())]
        future.set_result(None)
        return future


@given(st.binary(max_size=80))
def test_the_hash_is_that_of_kafka(key: bytes) -> None:
    assert murmur2(key) == reference(key)


async def test_every_message_arrives_in_order_on_the_partition_of_its_key() -> None:
    producer = Producer()
    messages = [
        OutgoingMessage("t", b"key-%d" % (n % 7), b"%d" % n * 20, None, [("h", b"%d" % n)])
        for n in range(200)
    ]
    await send_in_batches(producer, messages)  # type: ignore[arg-type]
    assert producer.batches > PARTITIONS
    for number in range(PARTITIONS):
        expected = [
            (m.key, m.value, m.headers) for m in messages if partition_of(m.key, PARTITIONS) == number
        ]
        assert producer.sent[("t", number)] == expected


async def test_a_message_larger_than_a_batch_goes_alone_and_a_named_partition_is_kept() -> None:
    producer = Producer()
    messages = [OutgoingMessage("t", b"a", b"x" * size, 2) for size in (10, 5 * BATCH_BYTES, 10)]
    await send_in_batches(producer, messages)  # type: ignore[arg-type]
    assert [len(value) for _, value, _ in producer.sent[("t", 2)]] == [10, 5 * BATCH_BYTES, 10]


async def test_a_failure_on_one_partition_is_raised() -> None:
    producer = Producer(fails=frozenset({1}))
    messages = [OutgoingMessage("t", b"", b"", number) for number in range(PARTITIONS)]
    with pytest.raises(KafkaConnectionError):
        await send_in_batches(producer, messages)  # type: ignore[arg-type]
