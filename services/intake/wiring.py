"""The only place where intake's adapters are built."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from prometheus_client import REGISTRY, CollectorRegistry

from fenghuo.platform.health import Health
from fenghuo.platform.kafka import make_producer
from fenghuo.platform.logs import get_logger
from fenghuo.platform.settings import Settings
from fenghuo.platform.tasks import cancel_and_wait, run_in_background
from services.intake.clock import ArrivalClock
from services.intake.config import IntakeConfig
from services.intake.file_spool import FileRecordSpool
from services.intake.handlers import RecordIntake
from services.intake.http import build_internal_router, build_router, components
from services.intake.kafka_log import KafkaRecordLog
from services.intake.memory import KnownIds, RecentRecords
from services.intake.metrics import IntakeMetrics
from services.intake.ports import KnownRecords, PendingRecords
from services.intake.spooling import SpoolingLog

log = get_logger(__name__)


class AcceptedRecords:
    """`PendingRecords`: what waits in the spool and the newest accepted records."""

    def __init__(self, spool: FileRecordSpool, recent: RecentRecords) -> None:
        self._spool, self._recent = spool, recent

    def find(self, record_id: str) -> bytes | None:
        """The record's JSON with its stamp, None when it is not pending."""
        return self._recent.find(record_id) or self._spool.find(record_id)


@dataclass(frozen=True)
class Service:
    """What the web process includes: the routes, the lifespan they need, and what the neighbours may ask.

    `internal` has the routes for a ledger in another process.
    `recall_from` names a journal, before the lifespan is entered, from which ids of earlier processes are recalled.
    """

    router: APIRouter
    internal: APIRouter
    lifespan: Callable[[], AbstractAsyncContextManager[None]]
    pending: PendingRecords
    recall_from: Callable[[KnownRecords], None]
    components: dict[str, Any]


def build(settings: Settings, health: Health, registry: CollectorRegistry = REGISTRY) -> Service:
    """Intake's service. Raises SettingsError when no Kafka is named."""
    config = IntakeConfig.of(settings)
    metrics = IntakeMetrics(registry)
    spool = FileRecordSpool(config.spool_folder, config.spool_max_bytes, metrics)
    remote = KafkaRecordLog(
        lambda: make_producer(
            config.kafka_bootstrap, client_id="fenghuo-intake", max_batch_bytes=config.max_batch_bytes
        )
    )
    spooling = SpoolingLog(remote, spool)
    known, recent = KnownIds(config.known_ids), RecentRecords(config.recent_bytes)
    intake = RecordIntake(spooling, known, recent, ArrivalClock(), metrics)
    health.add("intake", spooling.problem)
    pending = AcceptedRecords(spool, recent)
    journals: list[KnownRecords] = []

    @asynccontextmanager
    async def lifespan() -> AsyncIterator[None]:
        await spool.open()
        await asyncio.to_thread(_remember_all, known, spool)
        tasks = [
            run_in_background("intake: kafka", remote.stay_connected()),
            run_in_background("intake: drain the spool", spooling.drain()),
        ]
        recalls = [Recall(known, journal, config) for journal in journals]
        warming = [asyncio.create_task(recall.run()) for recall in recalls]
        # A moment, so that a repeat right after a restart is known; the journal may be away for long.
        first_tries = [asyncio.create_task(recall.tried.wait()) for recall in recalls]
        if first_tries:
            await asyncio.wait(first_tries, timeout=config.recall_timeout)
        try:
            yield
        finally:
            await cancel_and_wait(*first_tries, *warming, *tasks)
            await spool.close()

    return Service(
        router=build_router(intake, metrics),
        internal=build_internal_router(pending),
        lifespan=lifespan,
        pending=pending,
        recall_from=journals.append,
        components=components(),
    )


def _remember_all(known: KnownIds, spool: FileRecordSpool) -> None:
    for record in spool.read_all():
        known.remember(record)


class Recall:
    """Recalls the newest records of earlier processes; until then a repeat is appended, and the fold drops it.

    `tried` is set after the first attempt, whatever came of it.
    """

    def __init__(self, known: KnownIds, journal: KnownRecords, config: IntakeConfig) -> None:
        self._known, self._journal, self._config = known, journal, config
        self.tried = asyncio.Event()

    async def run(self) -> None:
        """Try until the journal answers."""
        while not await self._try():
            self.tried.set()
            await asyncio.sleep(self._config.recall_retry)
        self.tried.set()

    async def _try(self) -> bool:
        try:
            records = await self._journal.newest(self._config.known_ids)
        except Exception as error:  # noqa: BLE001  whatever keeps the journal away, intake accepts without it
            log.warning("journal not readable yet", error=repr(error))
            return False
        self._known.recall(records)
        log.info("known records recalled", count=len(records))
        return True
