"""Records that are missing, read from the log in the background, some at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from streams.picture.stamped import Origin
from streams.worker.reading import MakeConsumer, read_origins

CHUNKS_AHEAD = 2


class Fetching:
    """Reads the messages at these places; `take` until `is_done`."""

    def __init__(self, make_consumer: MakeConsumer, origins: Iterable[Origin]) -> None:
        self._chunks: asyncio.Queue[list[Any]] = asyncio.Queue(CHUNKS_AHEAD)
        self._reading = asyncio.create_task(self._read(make_consumer, origins))

    async def _read(self, make_consumer: MakeConsumer, origins: Iterable[Origin]) -> None:
        async for messages in read_origins(make_consumer, origins):
            await self._chunks.put(messages)

    def take(self) -> list[Any]:
        """What has come since; empty if nothing has. Raises LogLostError."""
        if self._reading.done():
            self._reading.result()
        return [] if self._chunks.empty() else self._chunks.get_nowait()

    @property
    def is_done(self) -> bool:
        """Whether everything was taken."""
        return self._reading.done() and self._chunks.empty()

    async def stop(self) -> None:
        """Leave the rest."""
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)
