"""Workers are killed, join, leave, are restarted in turn and hang while records arrive that merge their incidents: the
outputs come to equal the fold of all records, and everything of it is told.

Three rounds; `FENGHUO_TEST_ROUNDS=n` runs n times as many, with `FENGHUO_TEST_LONG=1` ten times n (200 in test-long).
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from random import Random

import pytest

from tests.live.installation import make_topics
from tests.live.merging import with_merges
from tests.live.outputs import Log, agree, log_of, outputs
from tests.live.workers import READY_SECONDS, SESSION_SECONDS, Crew, WorkerProcess, crew
from tests.property.generators.sets import random_records
from tests.system import kafka_broker, server_folder, wait_until

pytestmark = pytest.mark.fault

ROUNDS = (10 if os.environ.get("FENGHUO_TEST_LONG") else 3) * int(os.environ.get("FENGHUO_TEST_ROUNDS", "1"))
FRESH_ROUNDS = 20
"""After so many rounds the topics are made anew: every start of a worker reads them from the beginning."""
SNAPSHOTS = (
    {"FENGHUO_SNAPSHOT_AFTER": "0.3", "FENGHUO_INDEX_AFTER": "40", "FENGHUO_CLOSED_AFTER": "1"},
    {"FENGHUO_SNAPSHOT_AFTER": "86400", "FENGHUO_INDEX_AFTER": "1000000", "FENGHUO_CLOSED_AFTER": "86400"},
)
"""As many as can be, and none: with each fresh start the other."""
SIZE = 150
PAUSE_SECONDS = 0.04
WORKERS = ("anna", "bert")
JOINERS = ("cora", "dora")


@dataclass
class Place:
    """One broker for all rounds. `recovered`: seconds until the outputs agreed after the last record of each round."""

    bootstrap: str
    workers: Crew
    round_seconds: list[float] = field(default_factory=list)
    recovered: list[float] = field(default_factory=list)


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    with (
        server_folder() as folder,
        kafka_broker(folder) as bootstrap,
        crew(folder, bootstrap) as workers,
    ):
        found = Place(bootstrap, workers)
        yield found
        count = len(found.recovered)
        if count:
            found.recovered.sort()
            print(
                f"\n{count} rounds, {sum(found.round_seconds) / count:.1f} s each; outputs agree after the last record:"
                f" median {found.recovered[count // 2]:.2f} s, slowest {found.recovered[-1]:.2f} s"
            )


class Round:
    """Records that arrive while a harm is done."""

    def __init__(self, place: Place, log: Log, number: int) -> None:
        self.crew = place.workers
        self.rng = Random(number)
        self._log = log
        prefix = f"w{number}-"
        records = random_records(1000 + number, SIZE, conflicting_ids=number % 2 == 1, prefix=prefix)
        self.records = with_merges(records, self.rng, prefix)
        self.rng.shuffle(self.records)
        self._appended = 0
        self._grown = asyncio.Condition()

    async def append_all(self) -> None:
        """A few at a time."""
        while self._appended < len(self.records):
            count = self.rng.choice((1, 2, 3, 8))
            await self._log.append(self.records[self._appended : self._appended + count])
            async with self._grown:
                self._appended += count
                self._grown.notify_all()
            await asyncio.sleep(PAUSE_SECONDS)

    async def has_reached(self, share: float) -> None:
        """Wait until this share of the records is on the log."""
        async with self._grown:
            await self._grown.wait_for(lambda: self._appended >= share * len(self.records))

    def somebody(self) -> WorkerProcess:
        """A worker that runs."""
        return self.rng.choice(sorted(self.crew.running(), key=lambda worker: worker.name))


async def killed_and_started_again(round_: Round) -> None:
    """As a supervisor does: the same name is back at once, also in the middle of its rebuild."""
    for share in (0.15, 0.3, 0.5, 0.75):
        await round_.has_reached(share)
        victim = round_.somebody()
        await asyncio.to_thread(victim.kill)
        victim.start()


async def killed_for_good(round_: Round) -> None:
    """Its partitions go to the others when its session has ended."""
    await round_.has_reached(0.3)
    victim = round_.somebody()
    await asyncio.to_thread(victim.kill)
    (other,) = [worker for worker in round_.crew.running() if worker is not victim][:1]
    await asyncio.to_thread(_owns_more, other)


async def joined_and_left(round_: Round) -> None:
    """Two more at once; then one of the first is stopped, and one that joined is killed while it takes over."""
    await round_.has_reached(0.1)
    joiners = [round_.crew.worker(name) for name in JOINERS]
    for joiner in joiners:
        if not joiner.is_running:
            joiner.start()
    await round_.has_reached(0.4)
    await asyncio.to_thread(round_.crew.worker(WORKERS[0]).stop)
    await round_.has_reached(0.6)
    await asyncio.to_thread(joiners[0].kill)
    await round_.has_reached(0.8)
    round_.crew.worker(WORKERS[0]).start()


async def restarted_in_turn(round_: Round) -> None:
    """A new release is rolled out: each is stopped and started, the next once it is ready."""
    await round_.has_reached(0.2)
    for worker in round_.crew.running():
        await asyncio.to_thread(worker.stop)
        worker.start()
        await asyncio.to_thread(round_.crew.wait_ready)


async def hung(round_: Round) -> None:
    """One hangs until its partitions are others', and then goes on as if they were still its own."""
    await round_.has_reached(0.3)
    victim = round_.somebody()
    others = [worker for worker in round_.crew.running() if worker is not victim]
    victim.pause()
    try:
        await asyncio.to_thread(_owns_more, others[0])
        await round_.has_reached(0.7)
    finally:
        victim.pause(resume=True)


def _owns_more(worker: WorkerProcess) -> None:
    """Wait until a worker has taken over something."""
    before = worker.metric("fenghuo_worker_takeovers_total")
    wait_until(
        lambda: worker.metric("fenghuo_worker_takeovers_total") > before,
        20 + 2 * SESSION_SECONDS,
        f"{worker.name} takes over",
    )


def _all_know_all(workers: Crew, records: int) -> None:
    """Every worker knows every record of the round, and as many of those before as any other."""
    wait_until(workers.are_ready, READY_SECONDS, "all workers are ready")

    def counts() -> set[float]:
        return {worker.metric("fenghuo_worker_records") for worker in workers.running()}

    wait_until(lambda: len(counts()) == 1, READY_SECONDS, "all workers know as many records")
    assert min(counts()) >= records


HARMS: tuple[tuple[Callable[[Round], Awaitable[None]], ...], ...] = (
    (killed_and_started_again,),
    (joined_and_left,),
    (restarted_in_turn,),
    (hung,),
    (killed_for_good,),
    (killed_and_started_again, joined_and_left),
)
FIRST_ROUNDS = ((joined_and_left, killed_and_started_again), (hung,), (killed_for_good, restarted_in_turn))
"""What every run does."""


@pytest.mark.parametrize("number", range(ROUNDS))
async def test_workers_come_and_go_while_records_arrive(place: Place, number: int) -> None:
    began = time.monotonic()
    if number % FRESH_ROUNDS == 0:
        await asyncio.to_thread(place.workers.run)
        await make_topics(place.bootstrap)
        place.workers.configure(**SNAPSHOTS[number // FRESH_ROUNDS % 2])
    await asyncio.to_thread(place.workers.run, *WORKERS)
    rng = Random(number)
    async with outputs(place.bootstrap) as found, log_of(place.bootstrap, rng, strays=0.05) as log:
        round_ = Round(place, log, number)
        appending = asyncio.create_task(round_.append_all())
        try:
            for harm in FIRST_ROUNDS[number] if number < len(FIRST_ROUNDS) else rng.choice(HARMS):
                await harm(round_)
            await appending
        finally:
            appending.cancel()
        ended = time.monotonic()
        expected = await agree(found, log)
        place.recovered.append(time.monotonic() - ended)
        await asyncio.to_thread(_all_know_all, place.workers, len(expected.records))
    place.round_seconds.append(time.monotonic() - began)
    print(
        f"  round {number}: {place.round_seconds[-1]:.1f} s, agreed {place.recovered[-1]:.2f} s after the last record"
    )
