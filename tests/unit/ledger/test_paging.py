"""Cursors lose nothing, and nothing else passes for one."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ledger.filters import Where
from services.ledger.lists import JournalQuery, journal_sql
from services.ledger.paging import CursorError, read_cursor, write_cursor

MOMENTS = st.datetimes(timezones=st.just(UTC))
NUMBERS = st.integers(-(1 << 63) + 1, (1 << 63) - 1)
TEXTS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]))


@given(MOMENTS, NUMBERS, TEXTS)
def test_a_cursor_is_read_as_it_was_written(moment: datetime, number: int, text: str) -> None:
    assert read_cursor(write_cursor(moment, number, text), datetime, int, str) == [moment, number, text]


@given(st.text())
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(CursorError):
        read_cursor(text, datetime, int)


@pytest.mark.parametrize(
    "cursor", [write_cursor(1), write_cursor(1, "x"), write_cursor(1 << 80, 1), write_cursor(1, 1 << 64)]
)
def test_a_cursor_of_another_list_is_refused(cursor: str) -> None:
    with pytest.raises(CursorError):
        read_cursor(cursor, datetime, int)


def test_values_travel_as_parameters() -> None:
    where = Where()
    where.optional("a = ?", None)
    where.optional("b = ?", "'; DROP")
    where.add("(c, d) < (?, ?)", 1, 2)
    where.any_of("e", ["x", "y"])
    assert str(where) == "b = $1 AND (c, d) < ($2, $3) AND e = ANY($4)"
    assert where.values == ["'; DROP", 1, 2, ["x", "y"]]
    assert str(Where()) == "true"


def test_the_nation_is_no_filter() -> None:
    assert journal_sql(JournalQuery(unit="000000000000"), None) == journal_sql(JournalQuery(), None)
