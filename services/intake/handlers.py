"""One function per command: `RecordIntake.accept` takes posted records."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec

from services.intake.domain import (
    Accepted,
    Candidate,
    Delivery,
    StampedRecord,
    Verdict,
    compare,
    read_candidate,
    stamp_record,
)
from services.intake.memory import KnownIds, RecentRecords
from services.intake.metrics import IntakeMetrics
from services.intake.ports import Clock, RecordLog
from services.intake.refusals import Refusal, id_taken

# A batch of 2,000 is decoded in slices, so that single posts beside it keep their answer times.
SLICE = 100


class RecordIntake:
    """Accepts records: shape, idempotency, stamp, append.

    An id is remembered only after its record is durable; while it is on its way, others of the same id wait for it.
    """

    def __init__(
        self,
        log: RecordLog,
        known: KnownIds,
        recent: RecentRecords,
        clock: Clock,
        metrics: IntakeMetrics,
    ) -> None:
        self._log, self._known, self._recent, self._clock, self._metrics = log, known, recent, clock, metrics
        self._on_the_way: dict[str, asyncio.Future[None]] = {}

    async def accept(self, posted: Sequence[bytes | msgspec.Raw]) -> list[Verdict]:
        """A verdict on each posted JSON value, in order; of equal ids the first wins.

        Raises what `RecordLog.append` raises. Then some records may be durable already; posting all again is harmless.
        """
        verdicts: list[Verdict | None] = [None] * len(posted)
        todo: list[tuple[int, Candidate]] = []
        for position, raw in enumerate(posted):
            read = read_candidate(raw)
            if isinstance(read, Refusal):
                verdicts[position] = read
            else:
                todo.append((position, read))
            if position % SLICE == SLICE - 1:
                await asyncio.sleep(0)
        while todo:
            todo = await self._round(todo, verdicts)
        done = [verdict for verdict in verdicts if verdict is not None]
        self._metrics.count(done)
        return done

    async def _round(
        self, todo: list[tuple[int, Candidate]], verdicts: list[Verdict | None]
    ) -> list[tuple[int, Candidate]]:
        """Settle what can be settled; answers those whose id is on its way, after waiting for it.

        Nothing is awaited between the look at the memory and the claim of the ids, and nothing is claimed while
        waiting for others: two posts can neither both win an id nor wait for each other.
        """
        claimed: list[StampedRecord] = []
        blocked: list[tuple[int, Candidate]] = []
        for position, candidate in todo:
            if candidate.record_id in self._on_the_way:
                blocked.append((position, candidate))
                continue
            delivery = compare(candidate, self._known.find(candidate.record_id))
            if delivery is Delivery.CONFLICTING:
                verdicts[position] = id_taken(candidate.record_id)
                continue
            verdicts[position] = Accepted(
                candidate.record_id, "stored" if delivery is Delivery.NEW else "already_stored"
            )
            if delivery is not Delivery.REPEATED:
                claimed.append(stamp_record(candidate, candidate.stamp or self._clock()))
                self._on_the_way[candidate.record_id] = asyncio.get_running_loop().create_future()
        others = [self._on_the_way[candidate.record_id] for _, candidate in blocked]
        if claimed:
            await self._append(claimed)
        if others:
            await asyncio.wait(others)
        return blocked

    async def _append(self, records: list[StampedRecord]) -> None:
        try:
            with self._metrics.append_seconds.time():
                await self._log.append(records)
            for record in records:
                self._known.remember(record)
                self._recent.add(record)
        finally:
            for record in records:
                self._on_the_way.pop(record.record_id).set_result(None)
