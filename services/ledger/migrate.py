"""Bring a database to this program's tables: `FENGHUO_DATABASE_URL=… python -m services.ledger.migrate`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from fenghuo.platform.postgres import (
    AnyConnection,
    DatabaseAwayError,
    MigrationError,
    apply_migrations,
    away_as_error,
    connect,
)
from fenghuo.platform.settings import Settings, SettingsError

FOLDER = Path(__file__).parent / "migrations"
COMPONENT = "ledger"


async def migrate_connection(connection: AnyConnection) -> list[str]:
    """Apply what is missing; answers the names of the files applied. Raises MigrationError."""
    return await apply_migrations(connection, COMPONENT, FOLDER)


async def migrate(dsn: str) -> list[str]:
    """The same on a connection of its own. Raises DatabaseAwayError, MigrationError."""
    connection = await connect(dsn)
    try:
        async with away_as_error():
            return await migrate_connection(connection)
    finally:
        await connection.close()


def main() -> int:
    """Exit code 0, or 1 with one sentence on standard error."""
    try:
        applied = asyncio.run(migrate(Settings().require_database()))
    except (SettingsError, DatabaseAwayError, MigrationError) as error:
        print(f"数据库未能升级。The database was not migrated: {error}", file=sys.stderr)
        return 1
    print(", ".join(applied) or "数据库已是最新。The database is up to date.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
