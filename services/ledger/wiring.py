"""The only place where the ledger's adapters are built."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from prometheus_client import REGISTRY, CollectorRegistry

from fenghuo.platform.health import Health
from fenghuo.platform.logs import get_logger
from fenghuo.platform.postgres import Database, DatabaseAwayError
from fenghuo.platform.settings import Settings, SettingsError
from fenghuo.platform.tasks import cancel_and_wait, run_in_background
from schemas.regions import regions
from services.ledger import answers, points_http, reference
from services.ledger.consumer import LedgerConsumer
from services.ledger.freshness import ConsumerState
from services.ledger.http import build_router
from services.ledger.http_pending import HttpPendingRecords
from services.ledger.known_at import PastPictures
from services.ledger.known_at_records import RecordsKnown
from services.ledger.known_at_worker import FoldProcess
from services.ledger.lists import LedgerLists
from services.ledger.metrics import LedgerMetrics
from services.ledger.points_file import ImportedPoints, PointsFileError, read_points
from services.ledger.points_reader import LedgerPoints
from services.ledger.ports import KnownRecord, KnownRecords, PendingRecords
from services.ledger.reader import LedgerReader

log = get_logger(__name__)

CONNECTIONS = 4
PROBE_SECONDS = 1.0


@dataclass(frozen=True)
class Service:
    """What the web process includes: the routes, the lifespan they need, and what intake may ask."""

    router: APIRouter
    lifespan: Callable[[], AbstractAsyncContextManager[None]]
    known_records: KnownRecords
    components: dict[str, Any]


class DatabaseProbe:
    """Knows whether PostgreSQL answers, without making a health check wait for it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._problem: str | None = "尚未连接 not connected yet"

    def reason(self) -> str | None:
        """Why it is not reachable; None when it is."""
        return self._problem

    async def run(self) -> None:
        """Ask every second; never ends by itself."""
        while True:
            try:
                async with self._database.connection() as connection:
                    await connection.fetchval("SELECT 1")
                self._problem = None
            except DatabaseAwayError as error:
                self._problem = f"PostgreSQL 没有应答 does not answer: {error}"
            await asyncio.sleep(PROBE_SECONDS)


class JournalRecords:
    """`KnownRecords` for an intake in another process than the ledger's: reads the journal with a connection of its
    own, which lasts as long as one question.
    """

    def __init__(self, settings: Settings) -> None:
        """Raises SettingsError when no PostgreSQL is named."""
        self._dsn = settings.require_database()

    async def newest(self, limit: int) -> list[KnownRecord]:
        """At most `limit` records, newest first. Raises DatabaseAwayError."""
        database = Database(self._dsn, connections=1)
        async with database.open():
            return await LedgerReader(database).newest(limit)


def imported_points(settings: Settings) -> ImportedPoints:
    """What FENGHUO_POINTS names; nothing where it is unset. Raises SettingsError when the file cannot be used."""
    if settings.points is None:
        return ImportedPoints()
    try:
        found = read_points(settings.points)
    except PointsFileError as error:
        raise SettingsError(f"FENGHUO_POINTS: {error}") from error
    # Kept all the same: offices that no register has report too (371371, 卧龙).
    unknown = sorted(found.positions.keys() - regions().keys())
    log.info("points imported", units=len(found.positions), unknown=len(unknown), first_unknown=unknown[:5])
    return found


def build(
    settings: Settings,
    health: Health,
    pending: PendingRecords | None = None,
    registry: CollectorRegistry = REGISTRY,
) -> Service:
    """The ledger's service. `pending`: intake's records that the journal may not have yet; None: intake is another
    process, asked at FENGHUO_INTAKE_URL where that is set.

    Raises SettingsError when no Kafka or no PostgreSQL is named, or the file of points cannot be used.
    """
    bootstrap, dsn = settings.require_kafka(), settings.require_database()
    imported = imported_points(settings)
    database = Database(dsn, connections=CONNECTIONS)
    reader, lists = LedgerReader(database), LedgerLists(database)
    folding = FoldProcess()
    past = PastPictures(RecordsKnown(database), folding)
    state, probe = ConsumerState(), DatabaseProbe(database)
    consumer = LedgerConsumer(bootstrap, dsn, state, LedgerMetrics(registry))
    remote = (
        HttpPendingRecords(settings.require_intake()) if pending is None and settings.intake_url else None
    )
    health.add("ledger: database", probe.reason)
    health.add("ledger: log", lambda: state.reason(time.monotonic()))

    @asynccontextmanager
    async def lifespan() -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(database.open())
            await stack.enter_async_context(folding.open())
            if remote is not None:
                await stack.enter_async_context(remote.open())
            tasks = [
                run_in_background("ledger: database probe", probe.run()),
                run_in_background("ledger: consumer", consumer.run()),
            ]
            try:
                yield
            finally:
                await cancel_and_wait(*tasks)

    return Service(
        router=build_router(reader, lists, past, LedgerPoints(database, imported), pending or remote),
        lifespan=lifespan,
        known_records=reader,
        components=answers.components() | reference.components() | points_http.components(),
    )
