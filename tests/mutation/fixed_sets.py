"""Seeded record sets with what the naive model makes of them, worked out once a process: mutants are forked from it."""

from __future__ import annotations

from functools import cache
from random import Random
from typing import Any, NamedTuple

from tests.model.fold import fold
from tests.property.both_folds import Seen, by_the_model
from tests.property.generators.sets import random_records
from tests.property.generators.vocabulary import Json
from tests.property.test_alarms import raised_by_the_model, ranges_by_the_model


class Expected(NamedTuple):
    """Figures, outcomes and aliases; alarms; ranges and village sums."""

    seen: Seen
    raised: dict[Any, Any]
    ranges: dict[Any, Any]


class FixedSet(NamedTuple):
    """`batches` = deliveries as they arrive; `middle` = after how many batches the picture is looked at once before."""

    batches: tuple[tuple[Json, ...], ...]
    middle: int
    in_the_middle: Expected
    in_the_end: Expected

    @property
    def deliveries(self) -> list[Json]:
        """All of them, in order."""
        return [record for batch in self.batches for record in batch]


@cache
def fixed_set(seed: int, size: int) -> FixedSet:
    """Some of them hold repeats and conflicting contents; those of even seeds arrive in the order they were made in."""
    rng = Random(seed)
    deliveries = random_records(seed, size, conflicting_ids=seed % 3 == 0)
    if seed % 2:
        deliveries += rng.sample(deliveries, len(deliveries) // 4)
        rng.shuffle(deliveries)
    batches = []
    while deliveries:
        count = rng.choice((1, 1, 1, 2, 5))
        batches.append(tuple(deliveries[:count]))
        deliveries = deliveries[count:]
    middle = rng.randrange(len(batches) // 2, len(batches))
    return FixedSet(tuple(batches), middle, _expected(batches[:middle]), _expected(batches))


def _expected(batches: list[tuple[Json, ...]]) -> Expected:
    deliveries = [record for batch in batches for record in batch]
    result = fold(deliveries)
    return Expected(by_the_model(deliveries), raised_by_the_model(result), ranges_by_the_model(result))
