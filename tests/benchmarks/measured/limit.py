"""The limit: consume the topic with the worker's consumer settings and decode every message, nothing else.

`python -m tests.benchmarks.measured.limit BOOTSTRAP`
"""

from __future__ import annotations

import asyncio
import sys

import msgspec
from aiokafka import ConsumerRecord, TopicPartition

from fenghuo.platform.collector import spare_what_stays
from fenghuo.platform.kafka import make_consumer
from schemas.topics import INCIDENT_REPORTS
from tests.benchmarks.events import Event
from tests.benchmarks.measured.progress import tell


async def consume(bootstrap: str) -> None:
    """Until killed."""
    decode = msgspec.json.Decoder(Event).decode

    def decode_all(messages: list[ConsumerRecord[bytes, bytes]]) -> None:
        for message in messages:
            decode(message.value or b"")

    consumer = make_consumer(bootstrap, client_id="bench-limit")
    await consumer.start()
    await consumer._client.force_metadata_update()
    numbers = consumer.partitions_for_topic(INCIDENT_REPORTS.name) or set()
    partitions = [TopicPartition(INCIDENT_REPORTS.name, number) for number in numbers]
    consumer.assign(partitions)
    await consumer.seek_to_beginning(*partitions)
    spare_what_stays()
    done = 0
    while True:
        for messages in (await consumer.getmany(timeout_ms=100)).values():
            # In a thread, as the worker does: the next fetch is on its way meanwhile.
            await asyncio.to_thread(decode_all, messages)
            done += len(messages)
        tell(done)


if __name__ == "__main__":
    asyncio.run(consume(sys.argv[1]))
