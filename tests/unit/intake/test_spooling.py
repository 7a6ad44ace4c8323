"""Kafka first, the spool while it is away: the same behaviour on the spool in memory and the one on disk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from fenghuo.platform.tasks import cancel_and_wait
from services.intake.file_spool import FileRecordSpool
from services.intake.ports import SpoolFullError
from services.intake.spooling import SpoolingLog
from tests.unit.intake.fakes import MemoryLog, MemorySpool, metrics, stamped

MAX_BYTES = 4_000


@pytest.fixture(params=["memory", "files"])
async def spool(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Any]:
    if request.param == "memory":
        yield MemorySpool(MAX_BYTES)
        return
    spool = FileRecordSpool(tmp_path / "spool", MAX_BYTES, metrics())
    await spool.open()
    yield spool
    await spool.close()


@pytest.fixture
async def remote() -> MemoryLog:
    return MemoryLog()


@pytest.fixture
async def log(remote: MemoryLog, spool: Any) -> AsyncIterator[SpoolingLog[Any]]:
    log = SpoolingLog(remote, spool, log_timeout=0.05)
    draining = asyncio.create_task(log.drain())
    yield log
    await cancel_and_wait(draining)


async def until(condition: Callable[[], object], what: str) -> None:
    """Wait for a condition that other tasks bring about; fails with `what` after 10 s."""
    deadline = asyncio.get_running_loop().time() + 10
    while not condition():
        assert asyncio.get_running_loop().time() < deadline, what
        await asyncio.sleep(0.01)


async def test_while_kafka_answers_nothing_is_spooled(
    log: SpoolingLog[Any], remote: MemoryLog, spool: Any
) -> None:
    await log.append([stamped(1), stamped(2)])
    assert remote.ids == ["r1", "r2"]
    assert spool.record_count == 0
    assert log.problem() is None


async def test_while_kafka_is_away_records_wait_and_then_move_in_order(
    log: SpoolingLog[Any], remote: MemoryLog, spool: Any
) -> None:
    remote.reason = "broken line"
    for number in range(5):
        await log.append([stamped(number)])
    assert remote.ids == []
    assert spool.record_count == 5
    assert spool.find("r3") == stamped(3).value
    problem = log.problem()
    assert problem is not None
    assert "5 records wait" in problem
    assert "broken line" in problem
    remote.reason = None
    await until(lambda: spool.record_count == 0, "the spool is moved")
    assert remote.ids == [f"r{number}" for number in range(5)]
    assert log.problem() is None


async def test_what_kafka_does_not_acknowledge_in_time_is_spooled(
    log: SpoolingLog[Any], remote: MemoryLog, spool: Any
) -> None:
    remote.hold()
    async with asyncio.timeout(2):
        await log.append([stamped(1)])
    assert spool.record_count == 1
    remote.release()
    await until(lambda: spool.record_count == 0, "moved")
    assert remote.ids == ["r1"]


async def test_a_failed_append_is_spooled(log: SpoolingLog[Any], remote: MemoryLog, spool: Any) -> None:
    remote.fail = True
    await log.append([stamped(1)])
    await until(lambda: remote.suspected, "the drain failed too and made intake connect afresh")
    assert spool.record_count == 1
    remote.fail = False
    await until(lambda: remote.ids == ["r1"], "moved")


async def test_new_records_follow_those_that_wait(
    log: SpoolingLog[Any], remote: MemoryLog, spool: Any
) -> None:
    remote.reason = "away"
    await log.append([stamped(1)])
    remote.hold()
    remote.reason = None
    await until(lambda: log._handover is not None, "the last segment is being moved")
    late = asyncio.create_task(log.append([stamped(2)]))
    await asyncio.sleep(0)
    assert not late.done(), "it waits for the last of the spool"
    remote.release()
    await late
    await until(lambda: spool.record_count == 0, "moved")
    assert remote.ids == ["r1", "r2"]


async def test_a_full_spool_says_so_and_recovers(
    log: SpoolingLog[Any], remote: MemoryLog, spool: Any
) -> None:
    remote.reason = "away"
    await asyncio.gather(*(log.append([stamped(number, size=300)]) for number in range(8)))
    with pytest.raises(SpoolFullError):
        await log.append([stamped(number, size=300) for number in range(8, 20)])
    kept = 8
    assert spool.record_count == kept
    remote.reason = None
    await until(lambda: spool.record_count == 0, "moved")
    assert remote.ids == [f"r{number}" for number in range(kept)]
    await log.append([stamped(200)])
    assert remote.ids[-1] == "r200"
