"""Whether a child does its job: asked from outside, as its users would.

A probe answers None when it does, else one short phrase that says why not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import asyncpg
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from fenghuo.embedded.postgres import PostgresServer
from fenghuo.platform.settings import split_address

Probe = Callable[[], Coroutine[Any, Any, str | None]]
_TIMEOUT_SECONDS = 5.0
_MAX_ANSWER_BYTES = 1 << 20


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


def database_probe(dsn: str) -> Probe:
    """Any PostgreSQL accepts a connection."""

    async def probe() -> str | None:
        try:
            connection = await asyncpg.connect(dsn, timeout=_TIMEOUT_SECONDS)
            await connection.close()
        except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
            return f"no connection: {error}"
        return None

    return probe


async def read_gauge(address: str, name: str) -> float | None:
    """The sum of a gauge on `/metrics`; None when the process does not answer or has none of that name."""
    try:
        status, body = await asyncio.wait_for(_get(address, "/metrics"), _TIMEOUT_SECONDS)
    except (OSError, TimeoutError, ValueError):
        return None
    rows = [line for line in body.splitlines() if line.split("{")[0].split(" ")[0] == name]
    return sum(float(line.split()[-1]) for line in rows) if status == 200 and rows else None


def ready_probe(address: str) -> Probe:
    """`GET /readyz` answers 200."""

    async def probe() -> str | None:
        try:
            status, body = await asyncio.wait_for(_get(address, "/readyz"), _TIMEOUT_SECONDS)
        except (OSError, TimeoutError, ValueError) as error:
            return f"no answer on {address}: {error or type(error).__name__}"
        return None if status == 200 else f"/readyz {status}: {body[:300]}"

    return probe


async def _get(address: str, path: str) -> tuple[int, str]:
    """Status and body of a GET. A probe runs several times a second beside everything else that starts: an HTTP
    client of its own, with its TLS context, would cost more than the answer.
    """
    host, port = split_address(address)
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n".encode())
        head, _, body = (await _read_all(reader)).partition(b"\r\n\r\n")
        return int(head.split()[1]), body.decode("utf-8", errors="replace")
    except IndexError as error:
        raise ValueError("the answer is not HTTP") from error
    finally:
        writer.close()


async def _read_all(reader: asyncio.StreamReader) -> bytes:
    answer = b""
    while len(answer) < _MAX_ANSWER_BYTES and (part := await reader.read(_MAX_ANSWER_BYTES)):
        answer += part
    return answer
