"""`RecordIntake.accept`: idempotency, order, races, failures."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import pytest

from services.intake.clock import ArrivalClock
from services.intake.domain import Accepted, Verdict
from services.intake.handlers import RecordIntake
from services.intake.memory import KnownIds, RecentRecords
from services.intake.ports import LogUnavailableError
from tests.unit.intake.fakes import MORNING, MemoryLog, dispatch, metrics, report, ticking


class World:
    """An intake over a log in memory."""

    def __init__(self) -> None:
        moments = ticking()
        self.log = MemoryLog()
        self.known, self.recent = KnownIds(1_000), RecentRecords(1 << 20)
        self.intake = RecordIntake(
            self.log, self.known, self.recent, ArrivalClock(lambda: next(moments)), metrics()
        )

    async def post(self, *raws: bytes) -> list[str]:
        return words(await self.intake.accept(raws))


def words(verdicts: list[Verdict]) -> list[str]:
    return [verdict.result if isinstance(verdict, Accepted) else verdict.code for verdict in verdicts]


@pytest.fixture
async def world() -> World:
    return World()


async def turns(count: int = 10) -> None:
    """Let every task that can go on do so."""
    for _ in range(count):
        await asyncio.sleep(0)


async def test_a_record_is_stored_once(world: World) -> None:
    assert await world.post(report()) == ["stored"]
    assert await world.post(report()) == ["already_stored"]
    assert await world.post(report(note="other")) == ["id-conflict"]
    assert world.log.ids == ["r1"]
    assert json.loads(world.log.records[0].value)["received_at"] == "2026-08-20T09:00:01.000000+08:00"
    assert world.recent.find("r1") == world.log.records[0].value


async def test_verdicts_come_in_order_and_refusals_hold_nothing_up(world: World) -> None:
    verdicts = await world.post(report("a"), b"5", report("a", note="x"), dispatch("b"), report("a"), b"{}")
    assert verdicts == [
        "stored",
        "invalid-record",
        "id-conflict",
        "stored",
        "already_stored",
        "invalid-record",
    ]
    assert world.log.ids == ["a", "b"]


async def test_a_batch_is_stamped_in_its_order(world: World) -> None:
    await world.post(*(report(f"r{number}") for number in range(250)))
    assert world.log.ids == [f"r{number}" for number in range(250)]
    stamps = [record.stamp for record in world.log.records]
    assert stamps == sorted(set(stamps))


async def test_an_earlier_stamp_is_appended_and_counts(world: World) -> None:
    def at(hours: int) -> bytes:
        return report(received_at=(MORNING + timedelta(hours=hours)).isoformat())

    assert await world.post(at(5)) == ["stored"]
    assert await world.post(at(6)) == ["already_stored"]
    assert await world.post(at(3)) == ["already_stored"]
    assert await world.post(at(4)) == ["already_stored"]
    assert await world.post(report()) == ["already_stored"]
    assert [record.stamp - MORNING for record in world.log.records] == [
        timedelta(hours=5),
        timedelta(hours=3),
    ]


async def test_an_earlier_stamp_later_in_the_same_batch_is_appended(world: World) -> None:
    first, second = (report(received_at=(MORNING + timedelta(hours=h)).isoformat()) for h in (2, 1))
    assert await world.post(first, second, report(note="x")) == ["stored", "already_stored", "id-conflict"]
    assert len(world.log.records) == 2


async def test_nothing_is_remembered_before_the_log_has_it(world: World) -> None:
    world.log.fail = True
    with pytest.raises(LogUnavailableError):
        await world.post(report())
    world.log.fail = False
    assert world.recent.find("r1") is None
    assert await world.post(report(note="other content now")) == ["stored"]


async def test_racing_posts_of_one_id_have_one_winner(world: World) -> None:
    world.log.hold()
    posts = [asyncio.create_task(world.post(report(note=note))) for note in ("a", "b", "a")]
    await turns()
    assert not any(post.done() for post in posts), "the others wait for the first"
    world.log.release()
    assert await asyncio.gather(*posts) == [["stored"], ["id-conflict"], ["already_stored"]]
    assert len(world.log.records) == 1


async def test_when_the_first_fails_the_next_takes_its_place(world: World) -> None:
    world.log.hold()
    world.log.fail = True
    first = asyncio.create_task(world.post(report(note="a")))
    await turns()
    second = asyncio.create_task(world.post(report(note="b")))
    await turns()
    world.log.release()
    with pytest.raises(LogUnavailableError):
        await first
    world.log.fail = False
    assert await second == ["stored"]
    assert json.loads(world.log.records[0].value)["note"] == "b"


async def test_crossing_batches_do_not_wait_for_each_other_for_ever(world: World) -> None:
    world.log.hold()
    one = asyncio.create_task(world.post(report("a"), report("b")))
    other = asyncio.create_task(world.post(report("b"), report("c"), report("a")))
    await turns()
    world.log.release()
    async with asyncio.timeout(5):
        assert await one == ["stored", "stored"]
        assert await other == ["already_stored", "stored", "already_stored"]
    assert sorted(world.log.ids) == ["a", "b", "c"]


async def test_a_cancelled_post_frees_its_ids(world: World) -> None:
    world.log.hold()
    first = asyncio.create_task(world.post(report()))
    await turns()
    second = asyncio.create_task(world.post(report()))
    await turns()
    first.cancel()
    world.log.release()
    assert await second == ["stored"]
