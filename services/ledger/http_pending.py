"""`PendingRecords` where intake is another process: asks its internal route, within the ledger's own answer time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import quote

import httpx

from services.ledger.ports import IntakeAwayError

# Seconds. Found within 2 s of its 202 (records.md 5), and the journal is asked after this.
ASK_SECONDS = 0.5
CONNECTIONS = 16


class HttpPendingRecords:
    """Asks intake at `url`, an address without a slash at its end. Usable while `open` is entered."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._client: httpx.AsyncClient | None = None

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Keeps connections to intake; whether it answers is not asked."""
        limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
        # No proxy of the environment stands between two services.
        async with httpx.AsyncClient(timeout=ASK_SECONDS, limits=limits, trust_env=False) as client:
            self._client = client
            try:
                yield
            finally:
                self._client = None

    async def find(self, record_id: str) -> bytes | None:
        """The record's JSON with its stamp; None when intake holds no such record. Raises IntakeAwayError."""
        assert self._client is not None, "entered `open`"
        try:
            answer = await self._client.get(f"{self._url}/internal/pending/{quote(record_id, safe='')}")
        except httpx.HTTPError as error:
            raise IntakeAwayError(f"intake does not answer: {error!r}") from error
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        if answer.status_code != httpx.codes.OK:
            raise IntakeAwayError(f"intake answers {answer.status_code}")
        return answer.content
