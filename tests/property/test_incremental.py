"""Cost of a change, not of the history: and still the whole picture, marks, alternatives, alarms and all, is that of
a fold of the same records in one batch (records.md 1, fold(all) = incremental fold).

`FENGHUO_TEST_ROUNDS=n` runs n times as many examples, and other ones each time.
"""

from random import Random

import pytest
from hypothesis import given

from tests.property.generators.sets import random_records, record_sets
from tests.property.generators.vocabulary import Json
from tests.property.test_law import ROUNDS, in_batches, law, orders
from tests.property.whole_picture import WholePicture


def at_once(records: list[Json]) -> WholePicture:
    """The picture of a set that was delivered in one batch, in the order of the stamps."""
    whole = WholePicture()
    whole.apply(records)
    return whole


def agree(incremental: WholePicture, delivered: list[Json]) -> None:
    shown, expected = incremental.shown(), at_once(delivered).shown()
    for what, values in expected.items():
        assert {
            key: (shown[what].get(key), values.get(key))
            for key in shown[what].keys() | values.keys()
            if shown[what].get(key) != values.get(key)
        } == {}, what


@law(150)
@given(record_sets(most=40), orders)
def test_one_by_one_in_any_order(records: list[Json], rng: Random) -> None:
    rng.shuffle(records)
    whole = WholePicture()
    for number, record in enumerate(records, start=1):
        whole.apply([record])
        if rng.random() < 0.1 or number == len(records):
            agree(whole, records[:number])


@law(100)
@given(record_sets(most=40, conflicting_ids=True), orders)
def test_other_stamps_and_contents_in_any_order(deliveries: list[Json], rng: Random) -> None:
    rng.shuffle(deliveries)
    whole = WholePicture()
    for batch in in_batches(rng, deliveries):
        whole.apply(batch)
    agree(whole, deliveries)


@law(60)
@given(record_sets(most=40), orders)
def test_what_is_told_twice_changes_nothing(records: list[Json], rng: Random) -> None:
    whole = WholePicture()
    for batch in in_batches(rng, records):
        whole.apply(batch)
    before = whole.changes
    whole.apply(rng.sample(records, len(records)))
    assert whole.changes == before


@pytest.mark.parametrize("part", range(4))
def test_large_sets_one_by_one(part: int) -> None:
    """Fixed seeds at full size: hypothesis prefers small sets."""
    for seed in range(1000 + part * 5 * ROUNDS, 1000 + (part + 1) * 5 * ROUNDS):
        rng = Random(seed)
        deliveries = random_records(seed, 150, conflicting_ids=seed % 2 == 1)
        rng.shuffle(deliveries)
        whole = WholePicture()
        for record in deliveries:
            whole.apply([record])
        agree(whole, deliveries)
