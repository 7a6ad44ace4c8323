"""Which partitions are this worker's, and of which of them it publishes the picture."""

from __future__ import annotations

from fenghuo.platform.kafka_batches import partition_of
from streams.worker import metrics

NONE: frozenset[int] = frozenset()


class Share:
    """`mine` are given to us by the group; `live` those of them that were taken over. `count` = all partitions."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.mine = self.live = NONE

    @property
    def is_everything(self) -> bool:
        """Whether no other worker has any."""
        return len(self.mine) == self.count

    @property
    def gained(self) -> frozenset[int]:
        """Ours, and not taken over yet."""
        return self.mine - self.live

    def give(self, mine: frozenset[int]) -> None:
        """These are ours from now on; nothing that we lose is live."""
        self.mine = mine
        self._set_live(self.live & mine)

    def take_over(self, gained: frozenset[int]) -> None:
        """Their picture is ours to publish from now on."""
        self._set_live(self.live | (gained & self.mine))

    def partition_of(self, incident_id: str) -> int:
        """The number of the partition of an incident id."""
        return partition_of(incident_id.encode(), self.count)

    def is_mine(self, incident_id: str) -> bool:
        """Whether we fold a canonical incident."""
        return self.partition_of(incident_id) in self.mine

    def is_live(self, incident_id: str) -> bool:
        """Whether we publish the picture of a canonical incident."""
        return self.partition_of(incident_id) in self.live

    def _set_live(self, live: frozenset[int]) -> None:
        self.live = live
        for number in range(self.count):
            metrics.LIVE.labels(str(number)).set(number in live)
