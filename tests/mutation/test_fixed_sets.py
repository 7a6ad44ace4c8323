"""The law on fixed sets, fast enough to be asked for every mutant: at once, and as deliveries come in any order."""

from __future__ import annotations

import pytest

from tests.mutation.fixed_sets import fixed_set
from tests.property.both_folds import Viewer, differences

SMALL = tuple((seed, 30) for seed in range(36))
LARGE = tuple((seed, 90) for seed in range(100, 108))


def agree(seed: int, size: int) -> None:
    """Folded at once and folded as it comes, looked at once in the middle, a set is what the naive model says."""
    records = fixed_set(seed, size)
    viewer = Viewer()
    viewer.apply([record for batch in records.batches for record in batch])
    assert differences(viewer.seen(), records.expected) == {}
    viewer = Viewer()
    for number, batch in enumerate(records.batches):
        if number == records.middle:
            assert differences(viewer.seen(), records.expected_in_the_middle) == {}
        viewer.apply(batch)
    assert differences(viewer.seen(), records.expected) == {}


@pytest.mark.parametrize("part", range(5))
def test_fixed_sets(part: int) -> None:
    for seed, size in (SMALL + LARGE)[part::5]:
        agree(seed, size)
