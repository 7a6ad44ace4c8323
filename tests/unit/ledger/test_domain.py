"""Which units a record concerns, how units nest, what changed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.ledger.domain import changed_figures, code_range, nest, scopes_of, within_depth
from streams.picture.units import NATION, ancestors

UNITS = st.builds(
    lambda digits, level: digits[:level].ljust(12, "0"),
    st.text("0123456789", min_size=12, max_size=12),
    st.sampled_from([0, 2, 4, 6, 9, 12]),
)


def test_scopes_hold_all_above_but_the_nation() -> None:
    assert scopes_of(["513221100000", NATION]) == [
        "510000000000",
        "513200000000",
        "513221000000",
        "513221100000",
    ]
    assert scopes_of([NATION]) == []


@given(UNITS, UNITS)
def test_the_range_of_a_unit_is_the_unit_and_all_below_it(unit: str, other: str) -> None:
    low, high = code_range(unit)
    assert (low <= other <= high) == (other == unit or unit in ancestors(other))


@given(UNITS, st.sets(UNITS))
def test_nesting_loses_and_doubles_nothing(unit: str, units: set[str]) -> None:
    below = {code for code in units if unit in ancestors(code)}
    children = nest(unit, units)
    hung = [child for children_of in children.values() for child in children_of]
    assert sorted(hung) == sorted(below)
    assert within_depth(unit, children, -1) == below | {unit}
    assert within_depth(unit, children, 0) == {unit}
    for above, children_of in children.items():
        for child in children_of:
            nearer = set(ancestors(child)) & below - set(ancestors(above)) - {above}
            assert above in ancestors(child)
            assert not nearer


def test_changed_figures_are_those_that_differ_or_left() -> None:
    before = {"dead": b"1", "injured": b"2", "missing": b"3"}
    after = {"dead": b"1", "injured": b"4", "new": b"5"}
    assert changed_figures(before, after) == [("injured", b"4"), ("missing", None), ("new", b"5")]
