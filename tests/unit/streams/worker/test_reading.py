"""The watermark promises no more than was read: not the rest of a millisecond, nor what came while an answer travelled."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.worker.reading import RecordReader

ONLY = TopicPartition("incident.reports", 0)


class Consumer:
    """One partition: `end` as the broker last answered, `answered_at` when that arrived (ms)."""

    def __init__(self) -> None:
        self.end, self.read_to, self.answered_at = 0, 0, 0
        self.waiting: list[Any] = []

    async def getmany(self, timeout_ms: int) -> dict[TopicPartition, list[Any]]:
        given, self.waiting = self.waiting, []
        self.read_to += len(given)
        return {ONLY: given} if given else {}

    async def position(self, _: TopicPartition) -> int:
        return self.read_to

    def highwater(self, _: TopicPartition) -> int:
        return self.end

    def last_poll_timestamp(self, _: TopicPartition) -> int:
        return self.answered_at


def reader_of(consumer: Consumer) -> RecordReader:
    return RecordReader(cast(AIOKafkaConsumer, consumer), [ONLY])


async def test_the_millisecond_of_the_last_message_may_have_more() -> None:
    consumer = Consumer()
    reader = reader_of(consumer)
    consumer.end, consumer.waiting = 2, [SimpleNamespace(timestamp=1_000)]
    assert len(await reader.read(0)) == 1
    assert await reader.read_until() == 999


async def test_an_answer_says_nothing_of_what_came_while_it_travelled() -> None:
    consumer = Consumer()
    reader = reader_of(consumer)
    consumer.answered_at = 5_000
    assert await reader.read_until() == 0  # unknown
    consumer.answered_at = 5_250
    assert await reader.read_until() == 4_999
    assert await reader.read_until() == 4_999
    consumer.answered_at = 5_500
    assert await reader.read_until() == 5_249
    consumer.end = 1  # there is one that was not given out yet
    assert await reader.read_until() == 0
