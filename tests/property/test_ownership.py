"""Several pictures share the incidents, lose and gain some, and let closed ones go: together they show the one picture.

`FENGHUO_TEST_ROUNDS=n` runs n times as many examples, and other ones each time.
"""

from random import Random

import pytest
from hypothesis import given

from tests.property.both_folds import by_the_model, differences
from tests.property.generators.sets import random_records, record_sets
from tests.property.generators.vocabulary import Json
from tests.property.several_owners import (
    PARTITIONS,
    Log,
    Owner,
    Owns,
    partition_of,
    seen,
    union,
    with_closings,
)
from tests.property.test_law import ROUNDS, law, orders
from tests.property.whole_picture import WholePicture


class Workers:
    """Pictures that share the partitions of one log."""

    def __init__(self, deliveries: list[Json], rng: Random) -> None:
        self._rng = rng
        self.log = Log(deliveries)
        self._count = rng.randint(1, 4)
        self._owner_of = self._split()
        self.owners = [Owner(self.log, rng, self._owned_by(number)) for number in range(self._count)]

    def run(
        self,
        *,
        rebalances: float = 0.0,
        releases: float = 0.0,
        snapshots: float = 0.0,
        at_once: bool = False,
        deaths: float = 0.0,
    ) -> None:
        """All of them read all of the log, each at its own pace."""
        running = list(self.owners)
        behind: list[int] = []
        while running:
            owner = self._rng.choice(running)
            if not owner.goes_on():
                running.remove(owner)
            if self._rng.random() < releases:
                owner.release_some()
            if self._rng.random() < snapshots:
                owner.take_snapshots(0.5, at_once=at_once)
            if self._rng.random() < deaths:
                owner.starts_again()
            if self._rng.random() < rebalances:
                self._owner_of = self._split()
                behind = list(range(self._count))
            if behind and self._rng.random() < 0.5:
                self._assign(behind.pop(self._rng.randrange(len(behind))))
        for number in behind:
            self._assign(number)
        for owner in self.owners:
            owner.settle()

    def agree(self) -> None:
        """What the owners show together is what one picture of everything shows, and what the model says."""
        shown = union(self.owners)
        whole = WholePicture()
        whole.apply(self.log.deliveries)
        for what, expected in whole.shown().items():
            assert {
                key: (shown[what].get(key), expected.get(key))
                for key in shown[what].keys() | expected.keys()
                if shown[what].get(key) != expected.get(key)
            } == {}, what
        assert differences(seen(shown), by_the_model(self.log.deliveries)) == {}

    def _split(self) -> list[int]:
        return [self._rng.randrange(self._count) for _ in range(PARTITIONS)]

    def _owned_by(self, number: int) -> Owns:
        mine = {partition for partition, owner in enumerate(self._owner_of) if owner == number}
        return lambda incident_id: partition_of(incident_id) in mine

    def _assign(self, number: int) -> None:
        self.owners[number].assign(self._owned_by(number))


@law(150)
@given(record_sets(most=40), orders)
def test_the_owners_together_show_the_picture(records: list[Json], rng: Random) -> None:
    workers = Workers(records, rng)
    workers.run()
    workers.agree()


@law(150)
@given(record_sets(most=40, conflicting_ids=True), orders)
def test_incidents_change_their_owner(deliveries: list[Json], rng: Random) -> None:
    workers = Workers(deliveries, rng)
    workers.run(rebalances=0.1)
    workers.agree()


@law(150)
@given(record_sets(most=40), orders)
def test_closed_incidents_leave_memory_and_come_back(records: list[Json], rng: Random) -> None:
    workers = Workers(with_closings(rng, records), rng)
    workers.run(releases=0.6)
    workers.agree()


@law(200)
@given(record_sets(most=50, conflicting_ids=True), orders)
def test_all_of_it_at_once(deliveries: list[Json], rng: Random) -> None:
    workers = Workers(with_closings(rng, deliveries), rng)
    workers.run(rebalances=0.1, releases=0.5)
    workers.agree()


@law(150)
@given(record_sets(most=40, conflicting_ids=True), orders)
def test_a_snapshot_that_is_loaded_at_once_is_the_fold(deliveries: list[Json], rng: Random) -> None:
    workers = Workers(deliveries, rng)
    workers.run(snapshots=0.5, at_once=True)
    workers.agree()


@law(150)
@given(record_sets(most=40, conflicting_ids=True), orders)
def test_a_snapshot_that_is_loaded_when_something_reaches_it_is_the_fold(
    deliveries: list[Json], rng: Random
) -> None:
    workers = Workers(deliveries, rng)
    workers.run(rebalances=0.1, snapshots=0.5)
    workers.agree()


@law(150)
@given(record_sets(most=40, conflicting_ids=True), orders)
def test_processes_die_and_begin_with_older_snapshots(deliveries: list[Json], rng: Random) -> None:
    workers = Workers(with_closings(rng, deliveries), rng)
    workers.run(rebalances=0.1, releases=0.2, snapshots=0.4, deaths=0.15)
    workers.agree()


@pytest.mark.parametrize("part", range(4))
def test_large_sets(part: int) -> None:
    """Fixed seeds at full size: hypothesis prefers small sets."""
    released = loaded = 0
    for seed in range(2000 + part * 10 * ROUNDS, 2000 + (part + 1) * 10 * ROUNDS):
        rng = Random(seed)
        deliveries = with_closings(rng, random_records(seed, 120, conflicting_ids=seed % 2 == 1))
        workers = Workers(deliveries, rng)
        workers.run(rebalances=0.05, releases=0.3, snapshots=0.2, deaths=0.05)
        workers.agree()
        loaded += sum(owner.loaded for owner in workers.owners)
        released += sum(owner.released for owner in workers.owners)
    assert released > 20
    assert loaded > 20
