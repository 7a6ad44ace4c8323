"""The worker as it is, Faust app, consumer, aggregation and publisher, with two things of the benchmark's own.

It takes over as if its topics were empty, so that all that lies there is folded on the live path, and it tells how far
it is. `python -m tests.benchmarks.measured.worker counters|picture`, settings as `FENGHUO_*`.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import faust
import msgspec
from aiokafka import AIOKafkaConsumer

from fenghuo.platform import kafka
from fenghuo.platform.settings import Settings
from schemas.outputs import DeadLetter, Figure, UnitUpdate
from schemas.records import Status
from streams.picture.shown import Change
from streams.picture.stamped import Origin
from streams.worker import __main__ as worker
from streams.worker import wiring
from streams.worker.judging import Judging
from streams.worker.publisher import Publisher
from tests.benchmarks.events import COUNTERS, Event
from tests.benchmarks.measured.progress import tell

STATUS: Status = "Exercise"
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

    def assign(self, owns: Callable[[str], bool]) -> None:
        """Everything is ours."""

    def missing(self) -> list[Origin]:
        """Nothing is ever given up, so nothing is missing."""
        return []

    def missing_snapshots(self) -> list[Any]:
        """There are none."""
        return []

    def sizes(self) -> dict[Any, int]:
        """Nothing of which a snapshot would be taken."""
        return {}

    def knows(self, status: str, canonical_id: str) -> bool:
        """Everything is in memory."""
        return True

    def canonical(self, status: str, incident_id: str) -> str:
        """There are no merges."""
        return incident_id

    def still_true(self, changes: list[Change]) -> list[Change]:
        """Nothing ever goes elsewhere."""
        return changes

    def silent(self, since: int) -> list[Any]:
        """Nothing is ever closed."""
        return []

    def index(self) -> bytes:
        """Nothing needs to be known of a record."""
        return b""

    def settle(self, now: int | None = None) -> tuple[list[Change], list[DeadLetter]]:
        """What changed since a second ago."""
        clock = time.monotonic()
        if clock - self._told < PUBLISH_SECONDS:
            return [], []
        self._told = clock
        changes = [self._change(unit, incident) for unit, incident in self._changed.items()]
        self._changed.clear()
        return changes, []

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


class NothingThere(AIOKafkaConsumer):
    """A consumer to which every log ends where it begins."""

    async def end_offsets(self, partitions: Any) -> Any:
        """Nothing is there to be taken over."""
        return dict.fromkeys(partitions, 0)


def counted(judging: Any) -> Any:
    """Tell how many messages it has taken whenever all that came of them has been published."""
    take, publish, taken = judging.take, Publisher.publish, 0

    def take_and_count(messages: Iterable[Any]) -> Any:
        nonlocal taken
        batch = list(messages)
        taken += len(batch)
        return take(batch)

    async def publish_and_tell(self: Publisher, *arguments: Any, **named: Any) -> None:
        before = taken
        await publish(self, *arguments, **named)
        tell(before)

    judging.take = take_and_count
    Publisher.publish = publish_and_tell  # type: ignore[method-assign]
    return judging


def main(what: str) -> None:
    """Run until killed."""
    setattr(kafka, "AIOKafkaConsumer", NothingThere)  # noqa: B010 (for the type checker it is not exported)
    job: Any = {"counters": Counting, "picture": Judging}[what]

    def build(settings: Settings) -> faust.App:
        return wiring.build(settings, lambda: counted(job()))

    setattr(worker, "build", build)  # noqa: B010
    sys.argv[1:] = []
    worker.main()


if __name__ == "__main__":
    main(sys.argv[1])
