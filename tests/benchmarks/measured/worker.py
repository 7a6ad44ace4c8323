"""The worker as it is, Faust app, consumer, aggregation and publisher, with two things of the benchmark's own.

It takes over as if its topics were empty, so that all that lies there is folded on the live path, and it tells how far
it is. `python -m tests.benchmarks.measured.worker counters|picture`, settings as `FENGHUO_*`.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
from aiokafka import AIOKafkaConsumer

from schemas.outputs import DeadLetter, Figure, UnitUpdate
from streams.picture.shown import Change
from streams.worker import __main__ as worker
from streams.worker import aggregation
from streams.worker.judging import Judging
from tests.benchmarks.events import COUNTERS, Event
from tests.benchmarks.measured.progress import tell

STATUS = "Exercise"
PUBLISH_SECONDS = 1.0


class Counting:
    """The small job in place of the fold: decode, seven counters a unit, what changed once a second."""

    def __init__(self) -> None:
        self._decode = msgspec.json.Decoder(Event).decode
        self._sums: dict[str, list[int]] = {}
        self._changed: dict[str, str] = {}
        self._seen = 0
        self._told = time.monotonic()

    def __len__(self) -> int:
        return self._seen

    def take(self, messages: Iterable[Any]) -> list[DeadLetter]:
        """Decode and add."""
        tell(self._seen)
        for message in messages:
            event = self._decode(message.value)
            sums = self._sums.get(event.unit)
            if sums is None:
                sums = self._sums[event.unit] = [0] * len(COUNTERS)
            sums[0] += event.dead
            sums[1] += event.missing
            sums[2] += event.injured
            sums[3] += event.reloc
            sums[4] += event.collapsed
            sums[5] += event.damaged
            sums[6] += event.sorties
            self._changed[event.unit] = event.incident_id
            self._seen += 1
        return []

    def settle(self) -> tuple[list[Change], list[DeadLetter]]:
        """What changed since a second ago."""
        now = time.monotonic()
        if now - self._told < PUBLISH_SECONDS:
            return [], []
        self._told = now
        changes = [self._change(unit, incident) for unit, incident in self._changed.items()]
        self._changed.clear()
        return changes, []

    def fold(self, messages: Iterable[Any]) -> tuple[list[Change], list[DeadLetter]]:
        """Take a batch, answer what is to be published."""
        self.take(messages)
        return self.settle()

    def _change(self, unit: str, incident_id: str) -> Change:
        moment = datetime.fromtimestamp(0, UTC)
        figures = {
            counter: Figure(
                total=Decimal(total),
                own=Decimal(total),
                qualifier="exact",
                newest_as_of=moment,
                oldest_as_of=moment,
                status="unverified",
                parts=1,
            )
            for counter, total in zip(COUNTERS, self._sums[unit], strict=True)
        }
        row = UnitUpdate(status=STATUS, incident_id=incident_id, unit=unit, figures=figures)
        return Change(STATUS, incident_id, incident_id, (row,))


class ToldJudging(Judging):
    """The real fold; what it took before has been published when it is asked again."""

    def take(self, messages: Iterable[Any]) -> list[DeadLetter]:
        """Tell, then take."""
        tell(len(self))
        return super().take(messages)


class NothingThere(AIOKafkaConsumer):
    """A consumer to which every log ends where it begins."""

    async def end_offsets(self, partitions: Any) -> Any:
        """Nothing is there to be taken over."""
        return dict.fromkeys(partitions, 0)


def main(what: str) -> None:
    """Run until killed."""
    from streams.worker import wiring

    wiring.AIOKafkaConsumer = NothingThere  # type: ignore[misc]
    aggregation.Judging = {"counters": Counting, "picture": ToldJudging}[what]  # type: ignore[assignment,misc]
    sys.argv[1:] = []
    worker.main()


if __name__ == "__main__":
    main(sys.argv[1])
