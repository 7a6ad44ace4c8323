"""What a worker does: reads all records, folds those of its partitions, publishes their picture.

The log is the state. Every worker reads every partition of the record topics from the beginning and keeps of each record
as much as all must know (who has which id, which incidents are one); in full it folds the incidents whose partitions are
its own. Killed at any instant it leaves nothing that the next owner would not make good (`streams.worker.outbox`).
"""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import KafkaError

from fenghuo.platform.logs import get_logger
from schemas.outputs import DeadLetter
from streams.picture.marks import Mark
from streams.picture.shown import Change
from streams.worker import metrics
from streams.worker.fetching import Fetching
from streams.worker.judging import Judging
from streams.worker.membership import Membership
from streams.worker.outbox import Outbox
from streams.worker.published import Published, read_published
from streams.worker.publisher import Publisher
from streams.worker.reading import Offsets, RecordReader, read_origins
from streams.worker.share import NONE, Share
from streams.worker.snapshot_store import SnapshotStore
from streams.worker.snapshotting import Policy, Snapshotting

log = get_logger(__name__)

POLL_MS = 100
PROGRESS_SECONDS = 1.0
RETRY_SECONDS = 1.0


class Clients(NamedTuple):
    """How the Kafka clients of a worker are made; none is started.

    `member` joins the workers' group, `reader` reads without a group.
    """

    member: Callable[[], AIOKafkaConsumer]
    reader: Callable[[], AIOKafkaConsumer]
    producer: Callable[[], AIOKafkaProducer]


class TermLostError(Exception):
    """Others may have had our partitions: what was about to be published is dropped, and all is taken over anew."""


@dataclass
class Takeover:
    """Partitions that were gained: `ends` of the log then, and what stands on the outputs, being read.

    `marks`: snapshots of their incidents. Whether one fits shows only once all records are known: with some the
    incidents are folded (`is_folding`) only then, without any from the first record.
    """

    gained: frozenset[int]
    ends: Offsets
    published: asyncio.Task[Published]
    marks: list[Mark]
    is_folding: bool
    began: float


class Serving:
    """One worker, from its start to its end."""

    def __init__(self, clients: Clients, membership: Membership, judging: Judging, policy: Policy) -> None:
        self._clients = clients
        self._policy = policy
        self._membership = membership
        self._judging = judging
        self._reader: RecordReader
        self._share: Share
        self._outbox: Outbox
        self._snapshots: Snapshotting
        self._store: SnapshotStore
        self._generation = self._term = 0
        self._takeover: Takeover | None = None
        self._adopted_at: Offsets | None = None
        self._is_unsettled = False
        """Whether something may be to be judged that no message brings."""
        self._fetching: Fetching | None = None
        self._state: str | None = "starting"
        self._told = 0.0
        self._known_until = 0
        """Append time, ms, up to which all records are in the picture."""

    def not_ready(self) -> str | None:
        """None while live, or standing by for the owners; else what it is doing."""
        return self._state

    async def run(self) -> None:
        """Serve until cancelled. Raises LogLostError, TopicMissingError."""
        self._reader = await self._connect()
        self._share = Share(self._reader.count)
        publisher = Publisher(self._clients.producer, self._reader.count, os.urandom(8).hex().encode())
        self._outbox = Outbox(publisher, self._share, self._clients.reader, self._still_owning)
        self._store = SnapshotStore(self._clients.reader, self._clients.producer, self._reader.count)
        self._snapshots = Snapshotting(self._store, self._judging, self._share, self._policy)
        try:
            self._outbox.note_elsewhere(await self._restored())
            while True:
                await self._try_step()
        finally:
            await self._stop()

    async def _stop(self) -> None:
        if self._takeover is not None:
            self._takeover.published.cancel()
        await self._stop_fetching()
        await self._outbox.stop()
        await self._snapshots.stop()
        await self._reader.stop()

    async def _connect(self) -> RecordReader:
        while True:
            try:
                return await RecordReader.at_beginning(self._clients.reader)
            except KafkaError as error:
                self._state = f"waiting for Kafka: {error}"
                log.warning("Kafka is away at start, trying again", error=repr(error))
                await asyncio.sleep(RETRY_SECONDS)

    async def _restored(self) -> list[DeadLetter]:
        while True:
            try:
                return await self._snapshots.restore(self._reader)
            except KafkaError as error:
                log.warning("Kafka is away at start, trying again", error=repr(error))
                await asyncio.sleep(RETRY_SECONDS)

    async def _try_step(self) -> None:
        try:
            await self._step()
        except KafkaError as error:
            log.warning("Kafka is away, trying again", error=repr(error))
            await asyncio.sleep(RETRY_SECONDS)
        except TermLostError:
            log.warning("we hung: others may have had our partitions", partitions=sorted(self._share.mine))

    async def _step(self) -> None:
        if not self._membership.generation:
            # What is read before our partitions are known would be read twice.
            await asyncio.sleep(POLL_MS / 1000)
            return
        if self._generation != self._membership.generation:
            await self._share_anew()
        await self._fold_what_was_gained()
        await self._fold(await self._reader.read(POLL_MS))
        if self._is_busy:
            return
        if self._outbox.is_adopting:
            await self._finish_adoption()
        elif self._takeover is not None:
            await self._finish_takeover(self._takeover)
        await self._outbox.contradict(self._judging)
        if self._share.live and time.monotonic() - self._told >= PROGRESS_SECONDS:
            await self._tell_progress()
        if self._known_until and not self._outbox.is_adopting and self._takeover is None:
            await self._snapshots.step(self._reader, self._known_until, self._outbox.elsewhere())

    @property
    def _is_busy(self) -> bool:
        """Whether the picture is not what the records read so far make of it."""
        return self._fetching is not None or self._is_unsettled

    async def _still_owning(self) -> None:
        """After we hung, wait until the group has said whether our partitions are still ours. Raises TermLostError."""
        await self._membership.confirmed()
        if self._membership.term != self._term:
            raise TermLostError

    # Whose partitions are whose.

    async def _share_anew(self) -> None:
        """The group has given us other partitions. Raises KafkaError; then it is to be done again."""
        generation, mine, term = self._membership.generation, self._membership.mine, self._membership.term
        ends = await self._reader.ends()
        if self._takeover is not None:
            self._takeover.published.cancel()
            self._takeover = None
        if term != self._term:
            # What we have shown may not be what stands: all of it is folded and compared anew.
            await self._give(NONE)
            self._term = term
        await self._give(mine)
        gained = self._share.gained
        if gained:
            await self._store.look()
            marks = [
                mark for mark in self._store.marks() if self._share.partition_of(mark.incident_id) in gained
            ]
            published = asyncio.create_task(read_published(self._clients.reader))
            self._takeover = Takeover(gained, ends, published, marks, False, time.monotonic())
            if not marks:
                await self._fold_all(self._takeover)
        self._state = f"taking over partitions {sorted(gained)}" if gained else None
        self._generation = generation

    async def _give(self, mine: frozenset[int]) -> None:
        """These are ours; of them only those that we have taken over are folded yet."""
        await self._stop_fetching()
        self._share.give(mine)
        self._outbox.share_changed()
        await self._fold_only(self._share.live)

    async def _fold_only(self, partitions: frozenset[int]) -> None:
        """Fold the incidents of these partitions and no others."""
        share = self._share
        await asyncio.to_thread(self._judging.assign, lambda one: share.partition_of(one) in partitions)
        self._is_unsettled = True

    async def _fold_what_was_gained(self) -> None:
        """Once all is known that was on the log when we gained it: snapshots that fit need not even be loaded."""
        takeover = self._takeover
        if takeover is None or takeover.is_folding or self._fetching is not None:
            return
        if await self._reader.has_passed(takeover.ends):
            self._judging.offer(takeover.marks)
            await self._fold_all(takeover)

    async def _fold_all(self, takeover: Takeover) -> None:
        takeover.is_folding = True
        await self._fold_only(self._share.mine)

    # Folding.

    async def _fold(self, messages: list[Any]) -> None:
        """Take what was read; judge it, unless more must be read first; publish what may be published."""
        for topic, count in Counter(message.topic for message in messages).items():
            metrics.FOLDED.labels(topic).inc(count)
        if self._fetching is not None:
            await self._fill(self._fetching, messages)
        elif (
            self._takeover and not self._share.live and not await self._reader.has_passed(self._takeover.ends)
        ):
            # Judged once, when all is there.
            await self._outbox.put([], await asyncio.to_thread(self._judging.take, messages))
            self._is_unsettled = True
        elif messages or self._is_unsettled:
            await self._judge_and_publish(messages)

    async def _judge_and_publish(self, messages: list[Any]) -> None:
        with metrics.FOLD_SECONDS.time():
            changes, dead, missing = await asyncio.to_thread(self._judge, messages)
        metrics.RECORDS.set(len(self._judging))
        self._fetching = missing() if missing is not None else None
        self._is_unsettled = missing is not None
        with metrics.PUBLISH_SECONDS.time():
            await self._outbox.put(changes, dead)

    def _judge(
        self, messages: list[Any]
    ) -> tuple[list[Change], list[DeadLetter], Callable[[], Fetching] | None]:
        """(changes, dead letters, how to fetch what must be there before anything can be judged)."""
        dead = self._judging.take(messages)
        if marks := self._judging.missing_snapshots():
            metrics.LOADED.inc(len(marks))
            return [], dead, lambda: Fetching(self._store.contents(marks), self._judging.load)
        if origins := self._judging.missing():
            metrics.READ_AGAIN.inc(len(origins))
            return [], dead, lambda: Fetching(read_origins(self._clients.reader, origins), self._judging.fill)
        changes, unjudgeable = self._judging.settle(self._known_until * 1000 or None)
        return changes, dead + unjudgeable, None

    async def _fill(self, fetching: Fetching, messages: list[Any]) -> None:
        """Nothing can be judged before what is missing is there."""
        part = fetching.take()
        dead = await asyncio.to_thread(self._judging.take, messages) if messages else []
        if part is not None:
            await asyncio.to_thread(fetching.apply, part)
        await self._outbox.put([], dead)
        if fetching.is_done:
            await self._stop_fetching()

    async def _stop_fetching(self) -> None:
        if self._fetching is not None:
            await self._fetching.stop()
            self._fetching = None

    # Incidents and partitions that come over.

    async def _finish_adoption(self) -> None:
        """What came over from another owner is published once all is folded that was on the log then."""
        if self._adopted_at is None:
            self._adopted_at = await self._reader.ends()
        if await self._reader.has_passed(self._adopted_at):
            await self._outbox.adopt(self._judging)
            self._adopted_at = None

    async def _finish_takeover(self, takeover: Takeover) -> None:
        """What was gained is published once all is folded that was on the log then."""
        if not takeover.is_folding or not takeover.published.done():
            return
        if not await self._reader.has_passed(takeover.ends):
            return
        try:
            published = takeover.published.result()
        except KafkaError:
            self._generation = -1
            raise
        # The clock of the owner before us: alarms that it raised are not cleared for want of the time.
        self._known_until = max(self._known_until, published.folded_until(takeover.gained))
        await self._judge_and_publish([])
        if self._is_busy:
            return
        await self._outbox.take_over(takeover.gained, published, self._judging)
        self._takeover, self._state = None, None
        seconds = time.monotonic() - takeover.began
        metrics.REBUILD_SECONDS.set(seconds)
        metrics.TAKEOVERS.inc()
        log.info(
            "took over",
            partitions=sorted(takeover.gained),
            records=len(self._judging),
            seconds=round(seconds, 3),
        )

    async def _tell_progress(self) -> None:
        """How far our partitions are folded, and what time alone brings about, such as a report that is overdue."""
        self._told = time.monotonic()
        if self._generation != self._membership.generation or self._membership.has_hung():
            return
        self._known_until = await self._reader.read_until()
        if self._known_until:
            await self._judge_and_publish([])
            if not self._is_busy:
                await self._outbox.progress(self._known_until)
