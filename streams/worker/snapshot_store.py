"""Snapshots on the log: written when there is something to gain, found again by their manifests.

A snapshot is a cache: what is damaged, was written by another programme or is not there any more is passed over with one
line in the log, and the records are read instead.

The content lies in chunks under the message limit on `situation.snapshots`; a manifest, written after them, says where.
The chunks of two snapshots of one thing have different keys (slots), so that compaction leaves the older one whole until
the newer one is.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any

import cramjam
import msgspec
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from fenghuo.platform.kafka import stop_consumer
from fenghuo.platform.kafka_batches import partition_of
from fenghuo.platform.logs import get_logger
from schemas.records import Status
from schemas.topics import SNAPSHOT_CHUNKS, SNAPSHOT_MANIFESTS
from streams.picture.fingerprint import fingerprint
from streams.picture.marks import Mark
from streams.picture.stamped import Origin
from streams.worker.reading import Offsets, has_reached, partitions_of, read_origins

log = get_logger(__name__)

CHUNK_BYTES = 768 << 10
INDEX = "index"


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """Where a snapshot lies. `mark`: what an incident's depends on; None: the index, read up to `positions`.

    `programme`: the fingerprint of what wrote it; `slot`, `chunks`: its keys; `places`: their offsets.
    """

    name: str
    programme: bytes
    partition: int
    slot: int
    places: tuple[int, ...]
    size: int
    mark: Mark | None = None
    positions: tuple[tuple[str, int, int], ...] = ()


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Manifest).decode


def name_of(mark: Mark) -> str:
    """The key of an incident's manifest."""
    return f"{mark.status}|{mark.incident_id}"


class SnapshotStore:
    """Every manifest on the log that this programme wrote, and those written here since."""

    def __init__(
        self,
        make_consumer: Callable[[], AIOKafkaConsumer],
        make_producer: Callable[[], AIOKafkaProducer],
        partitions: int,
    ) -> None:
        self._make_consumer = make_consumer
        self._make_producer = make_producer
        self._producer: AIOKafkaProducer | None = None
        self._partitions = partitions
        self._manifests: dict[str, Manifest] = {}

    async def stop(self) -> None:
        """Close the connection."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await producer.stop()

    # Reading.

    async def look(self) -> None:
        """Read the manifests anew. Raises KafkaError."""
        found: dict[str, Manifest] = {}
        strangers = 0
        async for message in _whole_topic(self._make_consumer, SNAPSHOT_MANIFESTS.name):
            name = message.key.decode()
            try:
                manifest = _decode(message.value) if message.value else None
            except msgspec.MsgspecError:
                manifest = None
            found.pop(name, None)
            if manifest is not None and manifest.programme == fingerprint():
                found[name] = manifest
            else:
                strangers += 1
        if strangers:
            log.info("snapshots of another programme are passed over", count=strangers)
        self._manifests = found

    def marks(self) -> Iterable[Mark]:
        """What the incidents' snapshots depend on."""
        return [manifest.mark for manifest in self._manifests.values() if manifest.mark is not None]

    def mark(self, status: Status, incident_id: str) -> Mark | None:
        """What an incident's newest snapshot depends on; None without one."""
        manifest = self._manifests.get(f"{status}|{incident_id}")
        return manifest.mark if manifest is not None else None

    def records_at(self, status: Status, incident_id: str) -> int:
        """How many records an incident had when its newest snapshot was taken; 0 without one."""
        mark = self.mark(status, incident_id)
        return mark.records if mark is not None else 0

    async def contents(self, marks: Iterable[Mark]) -> AsyncIterator[tuple[Mark, bytes | None]]:
        """The snapshots of incidents, in no order; None where one is of no use."""
        wanted = {name_of(mark): mark for mark in marks}
        manifests = [
            manifest
            for name, mark in wanted.items()
            if (manifest := self._manifests.get(name)) is not None and manifest.mark == mark
        ]
        async for manifest, content in self._contents(manifests):
            yield wanted.pop(manifest.name), content
        for mark in wanted.values():
            yield mark, None

    async def index(self) -> tuple[bytes, Offsets] | None:
        """The index, and up to where it knows the log; None where there is none of use."""
        manifest = self._manifests.get(INDEX)
        if manifest is None:
            return None
        async for _, content in self._contents([manifest]):
            positions = {TopicPartition(topic, part): offset for topic, part, offset in manifest.positions}
            return None if content is None else (content, positions)
        return None

    async def _contents(self, manifests: Iterable[Manifest]) -> AsyncIterator[tuple[Manifest, bytes | None]]:
        """As soon as the last chunk of each has come."""
        of_place = {
            (manifest.partition, place): manifest for manifest in manifests for place in manifest.places
        }
        chunks: dict[str, dict[int, bytes]] = {}
        origins: list[Origin] = [(SNAPSHOT_CHUNKS.name, partition, place) for partition, place in of_place]
        reading = read_origins(self._make_consumer, origins, leap=1, may_be_lost=True)
        async for messages in reading:
            for message in messages:
                manifest = of_place[message.partition, message.offset]
                found = chunks.setdefault(manifest.name, {})
                found[message.offset] = message.value or b""
                if len(found) == len(manifest.places):
                    del chunks[manifest.name]
                    yield manifest, await asyncio.to_thread(_unpacked, manifest, found)
        for manifest in {
            manifest.name: manifest for manifest in of_place.values() if manifest.name in chunks
        }.values():
            log.warning("a snapshot is no longer whole and is passed over", name=manifest.name)

    # Writing.

    async def write(self, mark: Mark, content: bytes) -> None:
        """An incident's snapshot. Raises KafkaError; the older one stands then."""
        await self._write(
            name_of(mark), partition_of(mark.incident_id.encode(), self._partitions), content, mark
        )

    async def write_index(self, content: bytes, positions: Offsets) -> None:
        """The index of all records before these positions. Raises KafkaError; the older one stands then."""
        where = tuple((part.topic, part.partition, offset) for part, offset in sorted(positions.items()))
        await self._write(INDEX, 0, content, None, where)

    async def _write(
        self,
        name: str,
        partition: int,
        content: bytes,
        mark: Mark | None,
        positions: tuple[tuple[str, int, int], ...] = (),
    ) -> None:
        before = self._manifests.get(name)
        slot = 1 - before.slot if before is not None else 0
        packed = bytes(await asyncio.to_thread(cramjam.zstd.compress, content, 1))
        chunks = [packed[start : start + CHUNK_BYTES] for start in range(0, len(packed), CHUNK_BYTES)]
        producer = await self._started()
        try:
            places = await _sent(producer, partition, f"{name}|{slot}", chunks)
            manifest = Manifest(
                name=name,
                programme=fingerprint(),
                partition=partition,
                slot=slot,
                places=places,
                size=len(content),
                mark=mark,
                positions=positions,
            )
            await producer.send_and_wait(
                SNAPSHOT_MANIFESTS.name, _encode(manifest), key=name.encode(), partition=partition
            )
        except KafkaError:
            # After some errors an idempotent producer is of no use.
            await self.stop()
            raise
        self._manifests[name] = manifest

    async def _started(self) -> AIOKafkaProducer:
        if self._producer is None:
            producer = self._make_producer()
            await producer.start()
            self._producer = producer
        return self._producer


async def _sent(producer: AIOKafkaProducer, partition: int, key: str, chunks: list[bytes]) -> tuple[int, ...]:
    """The offsets at which the chunks lie."""
    futures = [
        await producer.send(SNAPSHOT_CHUNKS.name, chunk, key=f"{key}|{number}".encode(), partition=partition)
        for number, chunk in enumerate(chunks)
    ]
    return tuple([(await future).offset for future in futures])


def _unpacked(manifest: Manifest, chunks: dict[int, bytes]) -> bytes | None:
    """The content; None, said in the log, where its chunks are not what they were."""
    packed = b"".join(chunks[place] for place in manifest.places)
    try:
        return bytes(cramjam.zstd.decompress(packed, manifest.size))
    except cramjam.DecompressionError as error:
        log.warning("a snapshot is damaged and is passed over", name=manifest.name, error=repr(error))
        return None


async def _whole_topic(make_consumer: Callable[[], AIOKafkaConsumer], topic: str) -> Any:
    """Every message of a topic up to its present end. Raises KafkaError."""
    consumer = make_consumer()
    try:
        await consumer.start()
        partitions = await partitions_of(consumer, [topic])
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        ends = await consumer.end_offsets(partitions)
        while not await has_reached(consumer, ends):
            for messages in (await consumer.getmany(timeout_ms=200)).values():
                for message in messages:
                    yield message
    finally:
        await stop_consumer(consumer)
