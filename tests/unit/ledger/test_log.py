"""Where reading goes on, and when it must not."""

from __future__ import annotations

import pytest

from services.ledger.log import LogReplacedError, StoredPosition, check_cluster, resume
from tests.integration.ledger_samples import MORNING

RECORDS, OUTPUT = ("incident.reports", 0), ("record.outcomes", 0)


def at(offset: int) -> StoredPosition:
    return StoredPosition(offset, MORNING)


def test_reading_goes_on_where_it_stopped_and_starts_at_the_start() -> None:
    starts, ends = {RECORDS: 0, OUTPUT: 4}, {RECORDS: 9, OUTPUT: 9}
    assert resume({RECORDS: at(9)}, starts, ends, {}) == ({RECORDS: 9, OUTPUT: 4}, {})
    assert resume({RECORDS: at(7), OUTPUT: at(2)}, starts, ends, {RECORDS: 7}) == (
        {RECORDS: 7, OUTPUT: 4},
        {},
    )


@pytest.mark.parametrize(
    ("end", "later"),
    [(6, {}), (20, {RECORDS: 5})],
    ids=["shorter than what was read", "cut and grown again"],
)
def test_a_record_topic_that_was_cut_is_an_error(end: int, later: dict[tuple[str, int], int]) -> None:
    with pytest.raises(LogReplacedError, match=r"incident.reports\[0\] was read up to offset 8"):
        resume({RECORDS: at(8)}, {RECORDS: 0}, {RECORDS: end}, later)


@pytest.mark.parametrize(("end", "later", "cut"), [(6, {}, 6), (20, {OUTPUT: 5}, 5)])
def test_an_output_topic_that_was_cut_is_read_again(
    end: int, later: dict[tuple[str, int], int], cut: int
) -> None:
    assert resume({OUTPUT: at(8)}, {OUTPUT: 2}, {OUTPUT: end}, later) == ({OUTPUT: 2}, {OUTPUT: cut})


def test_entries_deleted_before_they_were_read_are_an_error() -> None:
    with pytest.raises(LogReplacedError, match="entries 3 to 4 were deleted"):
        resume({RECORDS: at(3)}, {RECORDS: 5}, {RECORDS: 9}, {})


def test_a_partition_that_is_gone_is_an_error() -> None:
    with pytest.raises(LogReplacedError, match="does not exist any more"):
        resume({RECORDS: at(0), OUTPUT: at(0)}, {RECORDS: 0}, {RECORDS: 0}, {})


def test_another_cluster_is_an_error() -> None:
    check_cluster(None, "a")
    check_cluster("a", "a")
    with pytest.raises(LogReplacedError, match="cluster a, this one is b"):
        check_cluster("a", "b")
