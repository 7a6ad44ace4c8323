"""When a snapshot is taken: an incident has grown by half, or has changed and is quiet, or leaves memory; the index when
the records have grown by a tenth. Taking one costs as much as its incident is large, and nothing is folded meanwhile: so it
is never more than a twentieth of the time.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import NamedTuple

import msgspec
from aiokafka.errors import KafkaError
from prometheus_client import Counter

from fenghuo.platform.logs import get_logger
from schemas.outputs import DeadLetter
from schemas.records import Status
from streams.worker import metrics
from streams.worker.judging import Judging
from streams.worker.reading import RecordReader
from streams.worker.share import Share
from streams.worker.snapshot_store import SnapshotStore

log = get_logger(__name__)

GROWN_RECORDS = 1_000
INDEX_PARTITION = 0
"""Its owner writes the index, which is the same for all."""
SHARE_OF_TIME = 20


class IndexContent(msgspec.Struct, frozen=True, array_like=True):
    """The index, and the dead letters before it that only their partitions' owners have sent, without their bytes."""

    index: bytes
    dead: list[DeadLetter]


class Policy(NamedTuple):
    """`closed_after` seconds of silence a closed incident leaves memory; `snapshot_after` seconds after it has changed an
    incident has a snapshot; `index_after` records later the index is written anew.
    """

    closed_after: float
    snapshot_after: float
    index_after: int


class Snapshotting:
    """Takes snapshots of what is settled and published; `step` whenever nothing else is to be done."""

    def __init__(self, store: SnapshotStore, judging: Judging, share: Share, policy: Policy) -> None:
        self._policy = policy
        self._store = store
        self._judging = judging
        self._share = share
        self._seen_at: dict[tuple[Status, str], float] = {}
        """When an incident that has changed since its snapshot was first found so."""
        self._indexed = 0
        self._writing: asyncio.Task[None] | None = None
        self._not_before = 0.0

    async def stop(self) -> None:
        """Leave what is being written."""
        if self._writing is not None:
            self._writing.cancel()
            await asyncio.gather(self._writing, return_exceptions=True)
        await self._store.stop()

    async def restore(self, reader: RecordReader) -> list[DeadLetter]:
        """Begin with the index, where there is one of use; answers its dead letters. Raises KafkaError."""
        await self._store.look()
        found = await self._store.index()
        if found is None:
            return []
        content = msgspec.msgpack.decode(found[0], type=IndexContent)
        if not await asyncio.to_thread(self._judging.restore, content.index):
            log.warning("the index of records is of no use, the log is read from its beginning")
            return []
        reader.go_to(found[1])
        self._indexed = len(self._judging)
        log.info("began with the index of records", records=self._indexed)
        return content.dead

    async def step(self, reader: RecordReader, known_until: int, dead: list[DeadLetter]) -> None:
        """One snapshot, if one is due. `known_until`: append time (ms) up to which all records are in the picture."""
        began = time.monotonic()
        if began < self._not_before or not self._is_written():
            return
        records = len(self._judging)
        grown = records - self._indexed
        if INDEX_PARTITION in self._share.live and grown >= max(
            self._policy.index_after, self._indexed // 10
        ):
            await self._take_index(reader, dead)
        elif (due := self._due(known_until)) is not None:
            await self._take(*due)
        self._not_before = time.monotonic() + SHARE_OF_TIME * (time.monotonic() - began)

    def _is_written(self) -> bool:
        """Whether the snapshot before is, or could not be."""
        if self._writing is None:
            return True
        if not self._writing.done():
            return False
        writing, self._writing = self._writing, None
        try:
            writing.result()
        except KafkaError as error:
            log.warning("a snapshot was not written", error=repr(error))
        return True

    def _due(self, known_until: int) -> tuple[Status, str] | None:
        """The next incident to be taken; those that may leave memory do."""
        now = time.monotonic()
        sizes = self._judging.sizes()
        silent_since = int((known_until / 1000 - self._policy.closed_after) * 1_000_000)
        for incident in self._judging.silent(silent_since):
            if self._share.is_live(incident[1]):
                if self._store.records_at(*incident) != sizes[incident]:
                    return incident
                if self._judging.release(*incident, self._store.mark(*incident)):
                    metrics.RELEASED.inc()
        for incident, records in sizes.items():
            before = self._store.records_at(*incident)
            if records == before or not self._share.is_live(incident[1]):
                self._seen_at.pop(incident, None)
            elif (
                records - before >= max(GROWN_RECORDS, before // 2)
                or now - self._seen_at.setdefault(incident, now) >= self._policy.snapshot_after
            ):
                return incident
        return None

    async def _take(self, status: Status, incident_id: str) -> None:
        with metrics.SNAPSHOT_SECONDS.time():
            snapshot = await asyncio.to_thread(self._judging.snapshot, status, incident_id)
        self._seen_at.pop((status, incident_id), None)
        if snapshot is not None:
            self._writing = asyncio.create_task(self._store.write(snapshot.mark, snapshot.content))
            self._writing.add_done_callback(_counted(metrics.SNAPSHOTS))

    async def _take_index(self, reader: RecordReader, dead: list[DeadLetter]) -> None:
        positions, self._indexed = await reader.positions(), len(self._judging)
        index = await asyncio.to_thread(self._judging.index)
        content = msgspec.msgpack.encode(IndexContent(index, dead))
        self._writing = asyncio.create_task(self._store.write_index(content, positions))
        self._writing.add_done_callback(_counted(metrics.INDEXES))


def _counted(counter: Counter) -> Callable[[asyncio.Task[None]], None]:
    """Counts what was written to its end."""

    def done(task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is None:
            counter.inc()

    return done
