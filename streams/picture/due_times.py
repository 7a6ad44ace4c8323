"""When incidents are to be looked at again though nothing arrives: an office's next report falls due."""

from __future__ import annotations

import heapq
from collections.abc import Iterator


class DueTimes:
    """One moment an incident, the earliest planned; µs since 1970. A later one is planned when that has come."""

    def __init__(self) -> None:
        self._queue: list[tuple[int, str]] = []
        self._planned: dict[str, int] = {}

    def plan(self, incident_id: str, due: int | None) -> None:
        """Look at an incident again after this moment; an earlier plan stands and finds that there is more time."""
        known = self._planned.get(incident_id)
        if due is not None and (known is None or due < known):
            self._planned[incident_id] = due
            heapq.heappush(self._queue, (due, incident_id))

    def take(self, now: int) -> Iterator[str]:
        """The incidents whose moment has passed."""
        while self._queue and self._queue[0][0] < now:
            due, incident_id = heapq.heappop(self._queue)
            if self._planned.get(incident_id) == due:
                del self._planned[incident_id]
                yield incident_id
