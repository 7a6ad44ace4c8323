"""Rows are applied when their change is complete, whatever a killed owner or compaction left of others."""

from __future__ import annotations

from schemas.outputs import UnitUpdate
from services.gateway.changes import EPOCH_BITS, ChangeAssembler


def row(number: int, incident: str = "A", *, epoch: int = 1, last: bool = False) -> UnitUpdate:
    return UnitUpdate(
        status="Actual",
        incident_id=incident,
        unit="000000000000",
        figures={},
        last=last,
        version=(epoch << EPOCH_BITS) + number,
    )


def test_rows_wait_for_the_last() -> None:
    change = ChangeAssembler()
    assert change.add(row(1)) == []
    assert change.add(row(2)) == []
    assert change.add(row(3, last=True)) == [row(1), row(2), row(3, last=True)]
    assert len(change) == 0


def test_a_single_row_is_a_change() -> None:
    assert ChangeAssembler().add(row(1, last=True)) == [row(1, last=True)]


def test_orphans_of_a_killed_owner_wait_for_their_incident() -> None:
    change = ChangeAssembler()
    change.add(row(1, "A"))
    assert change.add(row(1, "B", epoch=2, last=True)) == [row(1, "B", epoch=2, last=True)]
    closing = row(2, "A", epoch=2, last=True)
    assert change.add(closing) == [row(1, "A"), closing], "half a change of A was never shown"


def test_a_stale_owner_ends_only_its_own_change() -> None:
    change = ChangeAssembler()
    change.add(row(1, "A", epoch=2))
    assert change.add(row(9, "A", epoch=1, last=True)) == [row(9, "A", epoch=1, last=True)]
    assert len(change) == 1


def test_settling_lets_orphans_through_but_not_what_is_being_published() -> None:
    change = ChangeAssembler()
    change.add(row(1, "A", epoch=1))
    change.add(row(2, "B", epoch=2))
    assert change.settle() == [row(1, "A", epoch=1)]
    assert change.add(row(3, "B", epoch=2, last=True)) == [
        row(2, "B", epoch=2),
        row(3, "B", epoch=2, last=True),
    ]
