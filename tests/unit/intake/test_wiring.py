"""Intake starts and accepts whatever its neighbours do."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from fenghuo.platform.health import Health
from fenghuo.platform.settings import Settings, SettingsError
from fenghuo.platform.tasks import cancel_and_wait
from services.intake.config import IntakeConfig
from services.intake.memory import KnownIds
from services.intake.wiring import Recall, build
from tests.unit.intake.fakes import MORNING

AWAY = "127.0.0.1:1"


class Journal:
    """`KnownRecords` that is away for the first `failures` questions."""

    def __init__(self, failures: int) -> None:
        self._failures = failures

    async def newest(self, limit: int) -> Sequence[tuple[str, bytes, datetime]]:
        if self._failures:
            self._failures -= 1
            raise ConnectionRefusedError("away")
        return [("r1", b"digest", MORNING)][:limit]


def config(folder: Path, **changes: float) -> IntakeConfig:
    return IntakeConfig(
        kafka_bootstrap=AWAY, spool_folder=folder, spool_max_bytes=1 << 20, recall_retry=0.01, **changes
    )


async def test_the_journal_is_asked_until_it_answers(tmp_path: Path) -> None:
    known = KnownIds(10)
    recall = Recall(known, Journal(failures=2), config(tmp_path))
    running = asyncio.create_task(recall.run())
    async with asyncio.timeout(5):
        await recall.tried.wait()
        assert known.find("r1") is None, "the first attempt failed, and the start goes on"
        await running
    found = known.find("r1")
    assert found is not None
    assert (found.digest, found.stamp) == (b"digest", MORNING)


async def test_a_journal_that_never_answers_is_given_up_with_the_process(tmp_path: Path) -> None:
    recall = Recall(KnownIds(10), Journal(failures=10**9), config(tmp_path))
    running = asyncio.create_task(recall.run())
    async with asyncio.timeout(5):
        await recall.tried.wait()
        await cancel_and_wait(running)


async def test_the_service_runs_while_kafka_and_journal_are_away(tmp_path: Path) -> None:
    health = Health("web", CollectorRegistry())
    settings = Settings(kafka_bootstrap=AWAY, data=tmp_path)
    service = build(settings, health, CollectorRegistry())
    service.recall_from(Journal(failures=10**9))
    async with asyncio.timeout(10), service.lifespan():
        assert "Kafka is away" in health.problems()["intake"]
        assert service.pending.find("r1") is None
    async with asyncio.timeout(10), service.lifespan():
        assert settings.spool_folder.is_dir(), "the folder was let go and can be owned again"


def test_without_a_kafka_it_says_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="FENGHUO_KAFKA_BOOTSTRAP"):
        build(
            Settings(kafka_bootstrap=None, data=tmp_path),
            Health("web", CollectorRegistry()),
            CollectorRegistry(),
        )
