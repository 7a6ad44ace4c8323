"""What a worker does: reads all records, folds those of its partitions, publishes their picture.

The log is the state. Every worker reads every partition of the record topics from the beginning and keeps of each record
as much as all must know (who has which id, which incidents are one); in full it folds the incidents whose partitions are
its own. Killed at any instant it leaves nothing that the next owner would not make good:

- *Takeover*: of partitions that it gains it publishes nothing before it has folded all that was on the log when it
  gained them, and then only what does not stand on the outputs yet.
- *Adoption*: so it does with an incident that a merge, made or undone, brings to it from another owner.
- *Contest*: what another worker says under a key that is its own, it contradicts (`streams.worker.contests`).
"""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import msgspec
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import KafkaError

from fenghuo.platform.kafka_batches import partition_of
from fenghuo.platform.logs import get_logger
from schemas.outputs import DeadLetter, dead_letter_key
from schemas.topics import DEAD_LETTERS
from streams.picture.shown import Change
from streams.picture.stamped import Origin
from streams.worker import metrics
from streams.worker.contests import Others
from streams.worker.fetching import Fetching
from streams.worker.judging import Judging
from streams.worker.membership import Membership
from streams.worker.published import Published, read_published
from streams.worker.publisher import WRITER_HEADER, Publisher
from streams.worker.reading import Offsets, RecordReader, read_origins
from streams.worker.waiting import Waiting, with_leftovers

log = get_logger(__name__)

POLL_MS = 100
PROGRESS_SECONDS = 1.0
CONTEST_SECONDS = 0.5
RETRY_SECONDS = 1.0
NOBODYS: frozenset[int] = frozenset()


class Clients(NamedTuple):
    """How the Kafka clients of a worker are made; none is started.

    `member` joins the workers' group, `reader` reads without a group.
    """

    member: Callable[[], AIOKafkaConsumer]
    reader: Callable[[], AIOKafkaConsumer]
    producer: Callable[[], AIOKafkaProducer]


class Takeover(NamedTuple):
    """Partitions that were gained: `ends` of the log then, and what stands on the outputs, being read."""

    gained: frozenset[int]
    ends: Offsets
    published: asyncio.Task[Published]
    began: float


class TermLostError(Exception):
    """Others may have had our partitions: what was about to be published is dropped, and all is taken over anew."""


class Serving:
    """One worker's share, as `membership` says. `live` are those of its partitions whose picture it publishes."""

    def __init__(self, clients: Clients, membership: Membership, judging: Judging) -> None:
        self._clients = clients
        self._membership = membership
        self._judging = judging
        self._reader: RecordReader
        self._publisher: Publisher
        self._writer = os.urandom(8).hex().encode()
        self._generation = self._term = 0
        self._mine = self._live = NOBODYS
        self._has_company = False
        """Whether there were ever other writers than us."""
        self._takeover: Takeover | None = None
        self._waiting = Waiting()
        self._is_adopting = False
        self._adopted_at: Offsets | None = None
        self._elsewhere: dict[Origin, DeadLetter] = {}
        """Dead letters of others' partitions, without their bytes: an owner may die before it has sent them."""
        self._is_unsettled = False
        self._fetching: Fetching | None = None
        self._others: Others | None = None
        self._watching: asyncio.Task[None] | None = None
        self._state: str | None = "starting"
        self._told = self._looked = 0.0
        self._known_until = 0
        """Append time, ms, up to which all records are in the picture."""

    def not_ready(self) -> str | None:
        """None while live, or standing by for the owners; else what it is doing."""
        return self._state

    async def run(self) -> None:
        """Serve until cancelled. Raises LogLostError, TopicMissingError."""
        self._reader = await self._connect()
        self._publisher = Publisher(self._clients.producer, self._reader.count)
        self._publisher.headers = [(WRITER_HEADER, self._writer)]
        try:
            while True:
                await self._step()
        finally:
            await self._stop()

    async def _stop(self) -> None:
        tasks = [self._watching, self._takeover.published if self._takeover else None]
        running = [task for task in tasks if task is not None]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        if self._fetching is not None:
            await self._fetching.stop()
        await self._publisher.stop()
        await self._reader.stop()

    async def _connect(self) -> RecordReader:
        while True:
            try:
                return await RecordReader.at_beginning(self._clients.reader)
            except KafkaError as error:
                self._state = f"waiting for Kafka: {error}"
                log.warning("Kafka is away at start, trying again", error=repr(error))
                await asyncio.sleep(RETRY_SECONDS)

    async def _step(self) -> None:
        try:
            if not self._membership.generation:
                # What is read before our partitions are known would be read twice.
                await asyncio.sleep(POLL_MS / 1000)
                return
            if self._generation != self._membership.generation:
                await self._share_anew()
            await self._fold(await self._reader.read(POLL_MS))
            await self._finish_adoption()
            await self._finish_takeover()
            await self._contradict()
        except KafkaError as error:
            log.warning("Kafka is away, trying again", error=repr(error))
            await asyncio.sleep(RETRY_SECONDS)
        except TermLostError:
            log.warning("we hung: others may have had our partitions", partitions=sorted(self._mine))
        if time.monotonic() - self._told >= PROGRESS_SECONDS:
            await self._tell_progress()

    # Whose partitions are whose.

    def _is_mine(self, incident_id: str) -> bool:
        return partition_of(incident_id.encode(), self._reader.count) in self._mine

    def _is_live(self, incident_id: str) -> bool:
        return partition_of(incident_id.encode(), self._reader.count) in self._live

    @property
    def _is_shared(self) -> bool:
        return len(self._mine) < self._reader.count

    async def _share_anew(self) -> None:
        """The group has given us other partitions. Raises KafkaError; then it is to be done again."""
        generation, mine, term = self._membership.generation, self._membership.mine, self._membership.term
        ends = await self._reader.ends()
        if self._takeover is not None:
            self._takeover.published.cancel()
            self._takeover = None
        if term != self._term:
            # What we have shown is not what stands: all of it is folded and compared anew.
            await self._own(NOBODYS)
            self._term = term
        if mine != self._mine:
            await self._own(mine)
        self._has_company |= bool(mine) and (self._is_shared or bool(self._live))
        if gained := mine - self._live:
            published = asyncio.create_task(read_published(self._clients.reader))
            self._takeover = Takeover(gained, ends, published, time.monotonic())
        self._state = f"taking over partitions {sorted(gained)}" if gained else None
        self._generation = generation

    def _set_live(self, live: frozenset[int]) -> None:
        self._live = live
        for number in range(self._reader.count):
            metrics.LIVE.labels(str(number)).set(number in live)

    async def _own(self, mine: frozenset[int]) -> None:
        """Fold the incidents of these partitions and no others."""
        await self._stop_fetching()
        self._mine = mine
        self._set_live(self._live & mine)
        count = self._reader.count
        await asyncio.to_thread(
            self._judging.assign, lambda incident_id: partition_of(incident_id.encode(), count) in mine
        )
        self._is_unsettled = True
        _, dead = self._waiting.take(
            lambda incident_id: not self._is_mine(incident_id), lambda number: number not in mine
        )
        self._note_elsewhere(dead)

    # Folding.

    async def _fold(self, messages: list[Any]) -> None:
        """Take what was read; judge it, unless more must be read first; publish what may be published."""
        for topic, count in _counted(messages).items():
            metrics.FOLDED.labels(topic).inc(count)
        if self._fetching is not None:
            await self._fill(self._fetching, messages)
            return
        if self._takeover and not self._live and not await self._reader.has_passed(self._takeover.ends):
            # Judged once, when all is there.
            self._route([], await asyncio.to_thread(self._judging.take, messages))
            self._is_unsettled = True
            return
        if not messages and not self._is_unsettled:
            return
        with metrics.FOLD_SECONDS.time():
            changes, dead, missing = await asyncio.to_thread(self._judge, messages)
        metrics.RECORDS.set(len(self._judging))
        self._is_unsettled = bool(missing)
        if missing:
            log.info("records are read again", count=len(missing))
            self._fetching = Fetching(self._clients.reader, missing)
        with metrics.PUBLISH_SECONDS.time():
            await self._publish(*self._route(changes, dead))

    async def _publish(self, changes: list[Change], dead: Iterable[DeadLetter]) -> None:
        """Raises TermLostError."""
        if changes or dead:
            await self._still_owning()
        await self._publisher.publish(changes, dead)
        if self._others is not None:
            self._others.standing.note_changes(changes)

    async def _still_owning(self) -> None:
        """Raises TermLostError."""
        await self._membership.confirmed()
        if self._membership.term != self._term:
            raise TermLostError

    def _judge(self, messages: list[Any]) -> tuple[list[Change], list[DeadLetter], list[Origin]]:
        dead = self._judging.take(messages)
        missing = self._judging.missing()
        if missing:
            return [], dead, missing
        changes, unjudgeable = self._judging.settle(self._known_until * 1000 or None)
        return changes, dead + unjudgeable, []

    async def _fill(self, fetching: Fetching, messages: list[Any]) -> None:
        """Nothing can be judged before what is missing is there."""
        filled = fetching.take()
        dead = await asyncio.to_thread(self._judging.take, messages) if messages else []
        if filled:
            await asyncio.to_thread(self._judging.fill, filled)
        await self._publish(*self._route([], dead))
        if fetching.is_done:
            await self._stop_fetching()

    async def _stop_fetching(self) -> None:
        if self._fetching is not None:
            await self._fetching.stop()
            self._fetching = None

    def _route(self, changes: list[Change], dead: list[DeadLetter]) -> tuple[list[Change], list[DeadLetter]]:
        """What may be published now; the rest waits, or is others' business."""
        if self._others is not None and self._has_company:
            if any(letter.record_id is not None for letter in dead):
                # An id has another content now, which may lie in an incident of another owner: so does its outcome.
                self._publisher.raise_epoch_above(self._others.epoch)
            if any(map(self._comes_over, changes)):
                self._is_adopting = True
        now, later = [], []
        for change in changes:
            if not self._is_adopting and self._may_publish(change):
                now.append(change)
            elif self._is_mine(change.canonical_id):
                later.append(change)
        self._waiting.add(later, [letter for letter in dead if letter.partition in self._mine - self._live])
        self._note_elsewhere(letter for letter in dead if letter.partition not in self._mine)
        return now, [letter for letter in dead if letter.partition in self._live]

    def _may_publish(self, change: Change) -> bool:
        # An incident that was merged into another owner's only has its alarms cleared.
        return self._is_live(change.canonical_id) or (
            not change.updates and not change.outcomes and self._is_live(change.incident_id)
        )

    def _comes_over(self, change: Change) -> bool:
        """Whether an incident comes to us from another owner, by a merge that was made or undone."""
        assert self._others is not None
        return (
            change.whole
            and self._is_live(change.canonical_id)
            and (
                not self._is_mine(change.incident_id)
                or self._others.standing.knows((change.status, change.incident_id))
            )
        )

    def _note_elsewhere(self, dead: Iterable[DeadLetter]) -> None:
        for letter in dead:
            origin = (letter.topic, letter.partition, letter.offset)
            self._elsewhere[origin] = msgspec.structs.replace(letter, key=None, value=b"")

    # Incidents and partitions that come over.

    async def _finish_adoption(self) -> None:
        """What came over from another owner is published once all is folded that was there then."""
        if not self._is_adopting or self._fetching is not None or self._is_unsettled:
            return
        if self._adopted_at is None:
            self._adopted_at = await self._reader.ends()
        if not await self._reader.has_passed(self._adopted_at):
            return
        assert self._others is not None
        changes, dead = self._waiting.take(self._is_live, lambda number: number in self._live)
        self._publisher.raise_epoch(self._others.epoch)
        await self._publish(with_leftovers(changes, self._others.standing), dead)
        self._is_adopting, self._adopted_at = False, None

    async def _finish_takeover(self) -> None:
        """What was gained is published once all is folded that was there then, as far as it does not stand yet."""
        takeover = self._takeover
        if takeover is None or self._fetching is not None or self._is_unsettled or self._is_adopting:
            return
        if not takeover.published.done() or not await self._reader.has_passed(takeover.ends):
            return
        # What time alone has brought about stands already: else it would be cleared, and raised again a second later.
        self._known_until = max(self._known_until, await self._reader.read_until())
        by_time, unjudgeable, _ = await asyncio.to_thread(self._judge, [])
        await self._publish(*self._route(by_time, unjudgeable))
        if self._is_adopting:
            return
        try:
            published = takeover.published.result()
        except KafkaError:
            self._generation = -1
            raise
        letters = await self._letters_of(takeover.gained, published)
        changes, dead = self._waiting.take(self._is_mine, lambda number: number in takeover.gained)
        self._publisher.raise_epoch(max(published.epoch, self._others.epoch if self._others else 0))
        changes = [
            *with_leftovers(changes, published.standing),
            *self._forgotten(changes, takeover, published),
        ]
        await self._still_owning()
        await self._publisher.publish(changes, [*letters, *dead], published)
        self._set_live(self._live | takeover.gained)
        self._takeover, self._state = None, None
        if self._others is None:
            self._others = Others(published, self._writer)
        self._others.standing.note_changes(changes)
        seconds = time.monotonic() - takeover.began
        metrics.REBUILD_SECONDS.set(seconds)
        metrics.TAKEOVERS.inc()
        log.info(
            "took over",
            partitions=sorted(takeover.gained),
            records=len(self._judging),
            seconds=round(seconds, 3),
        )

    async def _letters_of(self, gained: frozenset[int], published: Published) -> list[DeadLetter]:
        """Dead letters that an owner before us should have sent and has not."""
        known = {origin: letter for origin, letter in self._elsewhere.items() if origin[1] in gained}
        unsent = [
            origin
            for origin in known
            if (DEAD_LETTERS.name, dead_letter_key(*origin)) not in published.digests
        ]
        letters = []
        async for messages in read_origins(self._clients.reader, unsent):
            for message in messages:
                letter = known[message.topic, message.partition, message.offset]
                letters.append(msgspec.structs.replace(letter, key=message.key, value=message.value or b""))
        for origin in known:
            del self._elsewhere[origin]
        return letters

    def _forgotten(self, changes: list[Change], takeover: Takeover, published: Published) -> Iterator[Change]:
        """Incidents of which something stands and of which the log does not know any more."""
        told = {(change.status, change.incident_id) for change in changes}
        for incident in sorted(published.standing.incidents() - told):
            status, incident_id = incident
            canonical = self._judging.canonical(status, incident_id)
            if partition_of(canonical.encode(), self._reader.count) in takeover.gained:
                yield from with_leftovers(
                    [Change(status, incident_id, canonical, whole=True)], published.standing
                )

    # What the others say, and what we tell them.

    async def _contradict(self) -> None:
        """Say again what another worker says otherwise of what is ours."""
        if self._others is None:
            return
        await self._watch(self._others)
        if (
            self._watching is None
            or self._fetching is not None
            or self._is_unsettled
            or self._is_adopting
            or time.monotonic() - self._looked < CONTEST_SECONDS
        ):
            return
        self._looked = time.monotonic()
        outputs = self._others.take()
        if not outputs:
            return
        found = await asyncio.to_thread(self._judging.contested, outputs, self._is_live)
        if not found:
            return
        self._publisher.raise_epoch_above(max(epoch for epoch, _ in found))
        waiting = Waiting()
        waiting.add([change for _, change in found if change is not None], [])
        changes, _ = waiting.take(lambda _: True, lambda _: True)
        metrics.CONTESTED.inc(len(found))
        await self._publish(changes, [])

    async def _watch(self, others: Others) -> None:
        """Watch them once there were any: also one that was replaced may still write. Raises KafkaError; the next call
        begins again.
        """
        if self._watching is not None and self._watching.done():
            watching, self._watching = self._watching, None
            watching.result()
        if self._has_company and self._watching is None:
            self._watching = asyncio.create_task(others.watch(self._clients.reader))

    async def _tell_progress(self) -> None:
        """How far our partitions are folded; nothing while something of theirs waits to be published."""
        if not self._live or self._is_adopting or self._fetching is not None or self._is_unsettled:
            return
        if self._generation != self._membership.generation or self._membership.has_hung():
            return
        self._known_until = await self._reader.read_until()
        self._told = time.monotonic()
        if self._known_until:
            # What time alone brings about, such as a report that is overdue.
            changes, dead, _ = await asyncio.to_thread(self._judge, [])
            await self._publish(*self._route(changes, dead))
        if self._known_until and not self._is_adopting:
            await self._publisher.publish_progress(self._live, self._known_until)


def _counted(messages: Iterable[Any]) -> Counter[str]:
    return Counter(message.topic for message in messages)
