"""Whether a child does its job: asked from outside, as its users would.

A probe answers None when it does, else one short phrase that says why not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg
import httpx
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from fenghuo.embedded.postgres import PostgresServer

Probe = Callable[[], Awaitable[str | None]]
_TIMEOUT_SECONDS = 5.0


def kafka_probe(bootstrap: str) -> Probe:
    """A broker answers a metadata request."""

    async def probe() -> str | None:
        host, _, port = bootstrap.rpartition(":")
        try:
            # A bare connection first: the client would log every refusal while the broker starts.
            _, writer = await asyncio.wait_for(asyncio.open_connection(host, int(port)), _TIMEOUT_SECONDS)
            writer.close()
            admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=5_000)
            try:
                await admin.start()
                await admin.list_topics()
            finally:
                await admin.close()
        except (OSError, KafkaError, TimeoutError) as error:
            return f"no answer on {bootstrap}: {error}"
        return None

    return probe


def postgres_probe(server: PostgresServer) -> Probe:
    """The server accepts a connection to its database (made the first time)."""

    async def probe() -> str | None:
        try:
            await server.ensure_database()
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
            return f"no connection: {error}"
        return None

    return probe


def ready_probe(address: str) -> Probe:
    """`GET /readyz` answers 200."""

    async def probe() -> str | None:
        try:
            async with httpx.AsyncClient(timeout=_TIMEOUT_SECONDS, trust_env=False) as client:
                answer = await client.get(f"http://{address}/readyz")
        except httpx.HTTPError as error:
            return f"no answer on {address}: {error or type(error).__name__}"
        return None if answer.status_code == 200 else f"/readyz {answer.status_code}: {answer.text[:300]}"

    return probe
