"""What is missing, read from the log in the background, some at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

AHEAD = 2


class Fetching:
    """Reads `parts`; each is to be given to `apply`. `take` them until `is_done`."""

    def __init__(self, parts: AsyncIterator[Any], apply: Callable[[Any], object]) -> None:
        self.apply = apply
        self._parts: asyncio.Queue[Any] = asyncio.Queue(AHEAD)
        self._reading = asyncio.create_task(self._read(parts))

    async def _read(self, parts: AsyncIterator[Any]) -> None:
        async for part in parts:
            await self._parts.put(part)

    def take(self) -> Any | None:
        """The next part; None if none has come. Raises what the reading raises (LogLostError)."""
        if self._reading.done():
            self._reading.result()
        return None if self._parts.empty() else self._parts.get_nowait()

    @property
    def is_done(self) -> bool:
        """Whether everything was taken."""
        return self._reading.done() and self._parts.empty()

    async def stop(self) -> None:
        """Leave the rest."""
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)
