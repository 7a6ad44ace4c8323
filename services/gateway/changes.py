"""Rows of `situation.updates` put together to the changes they were published as (records.md 3)."""

from __future__ import annotations

from collections.abc import Callable

from schemas.outputs import UnitUpdate

EPOCH_BITS = 32


def epoch(row: UnitUpdate) -> int:
    """Which owner wrote the row; version = epoch × 2³² + n."""
    return row.version >> EPOCH_BITS


class ChangeAssembler:
    """Holds the rows of one partition until the row marked `last` makes them one change.

    An owner that was killed between two rows leaves a change without its last row. Its successor (a higher epoch)
    publishes that incident again, so the orphans wait for it and are applied together with its rows: nobody sees
    half of a change. Compaction may also take a last row away once its key was written again; `settle`, called
    where the log ended at start, lets those orphans through.
    """

    def __init__(self) -> None:
        self._waiting: list[UnitUpdate] = []
        self._epoch = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, row: UnitUpdate) -> list[UnitUpdate]:
        """The rows that are complete with this one, in the order of the log; empty while the change goes on."""
        self._waiting.append(row)
        self._epoch = max(self._epoch, epoch(row))
        if not row.last:
            return []
        of_writer = {(each.status, each.incident_id) for each in self._waiting if epoch(each) == epoch(row)}
        return self._take(
            lambda each: (
                epoch(each) == epoch(row)
                or (epoch(each) < epoch(row) and (each.status, each.incident_id) in of_writer)
            )
        )

    def settle(self) -> list[UnitUpdate]:
        """Orphans of earlier owners; what the newest owner has begun keeps waiting for its last row."""
        return self._take(lambda each: epoch(each) < self._epoch)

    def _take(self, wanted: Callable[[UnitUpdate], bool]) -> list[UnitUpdate]:
        taken = [row for row in self._waiting if wanted(row)]
        self._waiting = [row for row in self._waiting if not wanted(row)]
        return taken
