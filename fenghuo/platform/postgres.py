"""PostgreSQL: small pools, one error for "away", migrations as numbered SQL files."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import asyncpg

from fenghuo.platform.logs import get_logger

if TYPE_CHECKING:
    from asyncpg import Connection, Pool, Record
    from asyncpg.pool import PoolConnectionProxy

# asyncpg's classes are generic for type checkers only.
AnyConnection: TypeAlias = "Connection[Record] | PoolConnectionProxy[Record]"

log = get_logger(__name__)

CONNECT_SECONDS = 5.0
COMMAND_SECONDS = 30.0

# jit: short queries on warm tables run in less time than compiling them takes. Custom plans: a filter on a hot and on
# a rare value want different indexes, and a generic plan knows neither.
_SERVER_SETTINGS = {"jit": "off", "plan_cache_mode": "force_custom_plan", "timezone": "UTC"}

_AWAY = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
)


class DatabaseAwayError(RuntimeError):
    """PostgreSQL does not answer, refuses connections or has no room; the text says which. Worth a retry."""


class MigrationError(RuntimeError):
    """The database's recorded migrations do not fit this program's; the text says what to do."""


@asynccontextmanager
async def away_as_error() -> AsyncIterator[None]:
    """Turn every form of a lost or refused connection into DatabaseAwayError; other errors pass."""
    try:
        yield
    except _AWAY as error:
        raise DatabaseAwayError(str(error) or type(error).__name__) from error
    except asyncpg.InterfaceError as error:
        # asyncpg has no type of its own for "this connection was closed under you".
        if "clos" not in str(error):
            raise
        raise DatabaseAwayError(str(error)) from error


async def connect(dsn: str, **settings: str) -> Connection[Record]:
    """One connection outside any pool, with server `settings`. Raises DatabaseAwayError."""
    async with away_as_error():
        return await asyncpg.connect(
            dsn,
            timeout=CONNECT_SECONDS,
            command_timeout=COMMAND_SECONDS,
            server_settings={**_SERVER_SETTINGS, **settings},
        )


class Database:
    """A pool that opens connections when they are needed, so that it can be made while PostgreSQL is away."""

    def __init__(self, dsn: str, *, connections: int = 4) -> None:
        self._dsn, self._connections = dsn, connections
        self._pool: Pool[Record] | None = None

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Database]:
        """The pool's life. Open connections are given a moment to finish, then cut."""
        self._pool = await asyncpg.create_pool(
            self._dsn,
            min_size=0,
            max_size=self._connections,
            timeout=CONNECT_SECONDS,
            command_timeout=COMMAND_SECONDS,
            max_inactive_connection_lifetime=60,
            server_settings=_SERVER_SETTINGS,
        )
        try:
            yield self
        finally:
            try:
                await asyncio.wait_for(self._pool.close(), timeout=CONNECT_SECONDS)
            except (TimeoutError, OSError, asyncpg.InterfaceError) as error:
                log.warning("database pool cut", error=repr(error))
                self._pool.terminate()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[AnyConnection]:
        """A connection of the pool. Raises DatabaseAwayError, also when it is lost while in use."""
        if self._pool is None:
            raise DatabaseAwayError("the pool is not open")
        async with away_as_error(), self._pool.acquire(timeout=CONNECT_SECONDS) as connection:
            yield connection

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AnyConnection]:
        """A connection whose statements all see one moment. Raises DatabaseAwayError."""
        async with (
            self.connection() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            yield connection


_NUMBERED = re.compile(r"^(\d{4})_[a-z0-9_]+\.sql$")

_REGISTRY = """
CREATE TABLE IF NOT EXISTS public.schema_migrations (
    component text NOT NULL,
    number integer NOT NULL,
    name text NOT NULL,
    sha256 text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (component, number)
)
"""


def _numbered_files(folder: Path) -> list[tuple[int, str, bytes]]:
    """Number, name and SQL of every migration."""
    files = [
        (int(match[1]), path.name, path.read_bytes())
        for path in folder.iterdir()
        if (match := _NUMBERED.match(path.name))
    ]
    files.sort()
    numbers = [number for number, _, _ in files]
    if numbers != list(range(1, len(files) + 1)):
        raise MigrationError(f"{folder.name}: migrations must be numbered 0001, 0002, …; found {numbers}")
    return files


async def apply_migrations(connection: AnyConnection, component: str, folder: Path) -> list[str]:
    """Apply the numbered SQL files of `folder` that this database lacks, each in a transaction; answers their names.

    Several processes may call it at once: an advisory lock makes them take turns. Raises MigrationError when a file
    was changed after it was applied, or the database is newer than this program.
    """
    files = await asyncio.to_thread(_numbered_files, folder)
    await connection.execute("SELECT pg_advisory_lock(hashtext('fenghuo.migrations'))")
    try:
        await connection.execute(_REGISTRY)
        rows = await connection.fetch(
            "SELECT number, sha256 FROM public.schema_migrations WHERE component = $1", component
        )
        applied: dict[int, str] = {row["number"]: row["sha256"] for row in rows}
        if applied and max(applied) > len(files):
            raise MigrationError(
                f"the database has migration {max(applied)} of {component}, this program knows {len(files)}:"
                " start the newer program, or use another database"
            )
        return [
            name
            for number, name, sql in files
            if await _apply(connection, component, number, name, sql, applied.get(number))
        ]
    finally:
        # After a lost connection the server has released the lock already.
        if not connection.is_closed():
            await connection.execute("SELECT pg_advisory_unlock(hashtext('fenghuo.migrations'))")


async def _apply(
    connection: AnyConnection, component: str, number: int, name: str, sql: bytes, applied_sha256: str | None
) -> bool:
    sha256 = hashlib.sha256(sql).hexdigest()
    if applied_sha256 == sha256:
        return False
    if applied_sha256 is not None:
        raise MigrationError(f"{name} of {component} was changed after it was applied: add a new migration")
    async with connection.transaction():
        await connection.execute(sql.decode())
        await connection.execute(
            "INSERT INTO public.schema_migrations (component, number, name, sha256) VALUES ($1, $2, $3, $4)",
            component,
            number,
            name,
            sha256,
        )
    return True


def command_count(status: str) -> int:
    """The number of rows in a command's status (`UPDATE 3`)."""
    return int(status.rpartition(" ")[2])
