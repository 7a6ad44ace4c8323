"""The law on fixed sets, fast enough to be asked for every mutant: at once, and as deliveries come in any order."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.mutation.fixed_sets import Expected, fixed_set
from tests.property.both_folds import Seen, differences
from tests.property.test_alarms import raised_in, ranges_in
from tests.property.whole_picture import WholePicture

SMALL = tuple((seed, 30) for seed in range(36))
LARGE = tuple((seed, 90) for seed in range(100, 108))


def agree(seed: int, size: int) -> None:
    """A set is what the naive model says, as it comes and at once; and all that is shown of both is the same."""
    records = fixed_set(seed, size)
    at_once = WholePicture()
    at_once.apply(records.deliveries)
    assert_is(records.in_the_end, at_once)
    as_it_comes = WholePicture()
    for number, batch in enumerate(records.batches):
        if number == records.middle:
            assert_is(records.in_the_middle, as_it_comes)
        as_it_comes.apply(batch)
    shown, expected = as_it_comes.shown(), at_once.shown()
    for what in expected:
        assert _differing(shown[what], expected[what]) == {}, what


def assert_is(expected: Expected, whole: WholePicture) -> None:
    """The picture is what the naive model makes of its records."""
    assert differences(_seen(whole), expected.seen) == {}
    assert _differing(raised_in(whole), expected.raised) == {}
    assert _differing(ranges_in(whole), expected.ranges) == {}


def _seen(whole: WholePicture) -> Seen:
    figures = {
        (*key, name): (Decimal(figure["total"]), None if figure["own"] is None else Decimal(figure["own"]))
        for key, row in whole.rows.items()
        for name, figure in row["figures"].items()
    }
    outcomes = {
        record_id: (
            *(outcome["disposition"], sorted(outcome["flags"]), outcome["standing"]),
            *(outcome["status"], outcome["incident_id"]),
        )
        for record_id, outcome in whole.outcomes.items()
    }
    aliases = {key[:2]: row["merged_into"] for key, row in whole.rows.items() if row.get("merged_into")}
    return {"figures": figures, "outcomes": outcomes, "aliases": aliases}


def _differing(shown: dict[Any, Any], expected: dict[Any, Any]) -> dict[Any, Any]:
    return {
        key: (shown.get(key), expected.get(key))
        for key in shown.keys() | expected.keys()
        if shown.get(key) != expected.get(key)
    }


@pytest.mark.parametrize("part", range(5))
def test_fixed_sets(part: int) -> None:
    for seed, size in (SMALL + LARGE)[part::5]:
        agree(seed, size)
