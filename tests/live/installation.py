"""The topics of an installation on a broker of the tests' own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable

from aiokafka.admin import AIOKafkaAdminClient

from fenghuo.embedded.topics import create_topics
from fenghuo.platform.settings import Settings
from schemas.topics import ALL_TOPICS, Topic

GONE_SECONDS = 30.0


async def make_topics(bootstrap: str, topics: Iterable[Topic] = ALL_TOPICS) -> None:
    """These topics, empty; what was there before is deleted. Nobody may read or write them meanwhile."""
    await _delete_topics(bootstrap, {topic.name for topic in topics})
    await create_topics(bootstrap, Settings(kafka_bootstrap=bootstrap), single_broker=True)


async def _delete_topics(bootstrap: str, names: set[str]) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        present = names & set(await admin.list_topics())
        if present:
            await admin.delete_topics(sorted(present))
        deadline = time.monotonic() + GONE_SECONDS
        while names & set(await admin.list_topics()):
            assert time.monotonic() < deadline, "the topics are deleted"
            await asyncio.sleep(0.05)
    finally:
        await admin.close()
