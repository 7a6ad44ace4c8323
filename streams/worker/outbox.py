"""What goes out of a worker: what may be published now, what must wait, and what must be said again.

- *Takeover*: the picture of partitions that are gained waits until all is folded that was on the log then; of it only
  that is published which does not stand on the outputs yet.
- *Adoption*: so it is with an incident that a merge, made or undone, brings to us from another owner.
- *Contest*: what another worker says under a key that is ours, we contradict (`streams.worker.contests`).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from typing import Any

import msgspec

from fenghuo.platform.logs import get_logger
from schemas.outputs import DeadLetter, dead_letter_key
from schemas.topics import DEAD_LETTERS
from streams.picture.shown import Change
from streams.picture.stamped import Origin
from streams.worker import metrics
from streams.worker.contests import Others
from streams.worker.judging import Judging
from streams.worker.published import Published
from streams.worker.publisher import Publisher
from streams.worker.reading import MakeConsumer, read_origins
from streams.worker.share import Share
from streams.worker.waiting import Waiting, with_leftovers

log = get_logger(__name__)

CONTEST_SECONDS = 0.5


class Outbox:
    """`still_owning` raises when others may have had our partitions meanwhile: nothing is published then."""

    def __init__(
        self,
        publisher: Publisher,
        share: Share,
        make_reader: MakeConsumer,
        still_owning: Callable[[], Awaitable[None]],
    ) -> None:
        self._publisher = publisher
        self._share = share
        self._make_reader = make_reader
        self._still_owning = still_owning
        self._waiting = Waiting()
        self._elsewhere: dict[Origin, DeadLetter] = {}
        """Dead letters of others' partitions, without their bytes: an owner may die before it has sent them."""
        self.is_adopting = False
        self._has_company = False
        """Whether there were ever other writers than us."""
        self._others: Others | None = None
        self._watching: asyncio.Task[None] | None = None
        self._looked = 0.0

    async def stop(self) -> None:
        """Close the connections; all that was published has been acknowledged already."""
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)
        await self._publisher.stop()

    def share_changed(self) -> None:
        """Other partitions are ours: what waits of those that were lost is no business of ours any more."""
        share = self._share
        self._has_company |= bool(share.mine) and (not share.is_everything or bool(share.live))
        _, dead = self._waiting.take(
            lambda incident_id: not share.is_mine(incident_id), lambda number: number not in share.mine
        )
        self.note_elsewhere(dead)

    async def put(self, changes: list[Change], dead: list[DeadLetter]) -> None:
        """Publish what may be published now; the rest waits, or is others' business."""
        share = self._share
        if self._others is not None and self._has_company:
            self._prepare_for_keys_that_come_over(self._others, changes, dead)
        now, later = [], []
        for change in changes:
            if not self.is_adopting and self._may_publish(change):
                now.append(change)
            elif share.is_mine(change.canonical_id):
                later.append(change)
        self._waiting.add(later, [letter for letter in dead if letter.partition in share.gained])
        self.note_elsewhere(letter for letter in dead if letter.partition not in share.mine)
        await self._publish(now, [letter for letter in dead if letter.partition in share.live])

    async def progress(self, folded_until: int) -> None:
        """How far our partitions are folded and published (append time, ms)."""
        if not self.is_adopting:
            await self._publisher.publish_progress(self._share.live, folded_until)

    async def _publish(self, changes: list[Change], dead: Iterable[DeadLetter]) -> None:
        """Of a whole change also what stands and is no more: an incident at rest does not know its rows any more."""
        if changes or dead:
            await self._still_owning()
        if self._others is not None:
            changes = with_leftovers(changes, self._others.standing)
        await self._publisher.publish(changes, dead)
        if self._others is not None:
            self._others.standing.note_changes(changes)

    def _may_publish(self, change: Change) -> bool:
        # An incident that was merged into another owner's only has its alarms cleared.
        return self._share.is_live(change.canonical_id) or (
            not change.updates and not change.outcomes and self._share.is_live(change.incident_id)
        )

    def elsewhere(self) -> list[DeadLetter]:
        """Dead letters that others have sent, or should have."""
        return list(self._elsewhere.values())

    def note_elsewhere(self, dead: Iterable[DeadLetter]) -> None:
        """Dead letters that others will send."""
        for letter in dead:
            origin = (letter.topic, letter.partition, letter.offset)
            self._elsewhere[origin] = msgspec.structs.replace(letter, key=None, value=b"")

    # Adoption.

    def _prepare_for_keys_that_come_over(
        self, others: Others, changes: list[Change], dead: list[DeadLetter]
    ) -> None:
        if any(letter.record_id is not None for letter in dead):
            # An id has another content now, which may lie in an incident of another owner: so does its outcome.
            self._publisher.raise_epoch_above(others.epoch)
        if any(self._comes_over(others, change) for change in changes):
            self.is_adopting = True

    def _comes_over(self, others: Others, change: Change) -> bool:
        """Whether an incident comes to us from another owner, by a merge that was made or undone."""
        return (
            change.whole
            and self._share.is_live(change.canonical_id)
            and (
                not self._share.is_mine(change.incident_id)
                or others.standing.knows((change.status, change.incident_id))
            )
        )

    async def adopt(self, judging: Judging) -> None:
        """All is folded that was on the log when an incident came over: publish what waits."""
        assert self._others is not None
        share = self._share
        changes, dead = self._waiting.take(share.is_live, lambda number: number in share.live)
        changes = judging.still_true(changes)
        self._publisher.raise_epoch(self._others.epoch)
        await self._publish(changes, dead)
        self.is_adopting = False

    # Takeover.

    async def take_over(self, gained: frozenset[int], published: Published, judging: Judging) -> None:
        """All is folded that was on the log when these partitions were gained: publish what does not stand yet."""
        await self._still_owning()
        letters = [letter async for letter in self._unsent(gained, published)]
        changes, dead = self._waiting.take(self._share.is_mine, lambda number: number in gained)
        changes = judging.still_true(changes)
        changes = [
            *with_leftovers(changes, published.standing),
            *self._forgotten(changes, gained, published, judging),
        ]
        self._publisher.raise_epoch(max(published.epoch, self._others.epoch if self._others else 0))
        await self._publisher.publish(changes, [*letters, *dead], published)
        if self._others is None:
            self._others = Others(published, self._publisher.writer)
        self._others.standing.note_changes(changes)
        self._share.take_over(gained)

    async def _unsent(self, gained: frozenset[int], published: Published) -> AsyncIterator[DeadLetter]:
        """Dead letters that an owner before us should have sent and has not."""
        known = [origin for origin in self._elsewhere if origin[1] in gained]
        unsent = [
            origin
            for origin in known
            if (DEAD_LETTERS.name, dead_letter_key(*origin)) not in published.digests
        ]
        async for messages in read_origins(self._make_reader, unsent):
            for message in messages:
                letter = self._elsewhere[message.topic, message.partition, message.offset]
                yield msgspec.structs.replace(letter, key=message.key, value=message.value or b"")
        for origin in known:
            del self._elsewhere[origin]

    def _forgotten(
        self, changes: list[Change], gained: frozenset[int], published: Published, judging: Judging
    ) -> Iterator[Change]:
        """Incidents of which something stands and of which the log does not know any more."""
        told = {(change.status, change.incident_id) for change in changes}
        for status, incident_id in sorted(published.standing.incidents() - told):
            canonical = judging.canonical(status, incident_id)
            if self._share.partition_of(canonical) in gained and not judging.knows(status, canonical):
                nothing = Change(status, incident_id, canonical, whole=True)
                yield from with_leftovers([nothing], published.standing)

    # Contests.

    async def contradict(self, judging: Judging) -> None:
        """Say again what another worker says otherwise of what is ours. Raises KafkaError; then call it again."""
        if self._others is None or not self._has_company:
            return
        self._watch(self._others)
        if self.is_adopting or time.monotonic() - self._looked < CONTEST_SECONDS:
            return
        self._looked = time.monotonic()
        outputs = self._others.take()
        if not outputs:
            return
        found = await asyncio.to_thread(judging.contested, outputs, self._share.is_live)
        if not found:
            return
        self._publisher.raise_epoch_above(max(epoch for epoch, _ in found))
        together = Waiting()
        together.add((change for _, change in found if change is not None), ())
        changes, _ = together.take(_any, _any)
        metrics.CONTESTED.inc(len(found))
        await self._publish(changes, [])

    def _watch(self, others: Others) -> None:
        """Once there were others, go on watching: also one that was replaced may still write."""
        if self._watching is not None and self._watching.done():
            watching, self._watching = self._watching, None
            watching.result()
        if self._watching is None:
            self._watching = asyncio.create_task(others.watch(self._make_reader))


def _any(_: Any) -> bool:
    return True
