"""The output topics as a consumer sees them: of every key the highest version."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from random import Random
from typing import Any

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition

from fenghuo.platform.kafka import make_consumer, make_producer, stop_consumer
from schemas.outputs import Alarm, DeadLetter, Outcome, Progress, UnitUpdate, alarm_key, update_key
from schemas.topics import (
    DEAD_LETTERS,
    OUTPUT_TOPICS,
    RECORD_OUTCOMES,
    RECORD_TOPICS,
    SITUATION_ALARMS,
    SITUATION_PROGRESS,
    SITUATION_UPDATES,
    TOPIC_OF_TYPE,
)
from streams.picture.picture import Picture
from streams.picture.stamped import stamped_from
from streams.worker.publisher import WRITER_HEADER
from streams.worker.reading import partitions_of
from tests.live.expected import Json, Seen, by_the_model, differences
from tests.live.postings import as_json

AGREE_SECONDS = 45.0
GRACE_SECONDS = 8.0
"""How long after the watermark has passed the last record a difference may still vanish before it is believed."""
LINES_SHOWN = 25

TYPES: dict[str, type[Any]] = {
    SITUATION_UPDATES.name: UnitUpdate,
    RECORD_OUTCOMES.name: Outcome,
    SITUATION_ALARMS.name: Alarm,
    SITUATION_PROGRESS.name: Progress,
    DEAD_LETTERS.name: DeadLetter,
}


class Outputs:
    """All output topics from their beginning. `written` counts the messages of each key."""

    def __init__(self, consumer: AIOKafkaConsumer, partitions: list[TopicPartition], count: int) -> None:
        self._consumer, self._partitions, self._count = consumer, partitions, count
        self.newest: dict[tuple[str, bytes], Any] = {}
        self.history: dict[tuple[str, bytes], list[str]] = {}
        """Every version: when, by whom, which, and what it says in short."""
        self.written: dict[tuple[str, bytes], int] = {}

    async def catch_up(self) -> None:
        """Read to the present end."""
        ends = await self._consumer.end_offsets(self._partitions)
        while True:
            for partition, messages in (await self._consumer.getmany(timeout_ms=20)).items():
                for message in messages:
                    self._note(partition.topic, message)
            if not [p for p, end in ends.items() if end > 0 and await self._consumer.position(p) < end]:
                return

    def _note(self, topic: str, message: Any) -> None:
        output = msgspec.json.decode(message.value, type=TYPES[topic])
        known = self.newest.get((topic, message.key))
        writer = dict(message.headers).get(WRITER_HEADER, b"?").decode()[:4]
        said = str(output)[-160:] if topic == RECORD_OUTCOMES.name else ""
        version = f"{output.version >> 32}.{output.version & 0xFFFFFFFF}"
        self.history.setdefault((topic, message.key), []).append(
            f"{message.timestamp % 1_000_000} {writer} {version} {said}"
        )
        self.written[topic, message.key] = self.written.get((topic, message.key), 0) + 1
        if known is None or output.version > known.version:
            self.newest[topic, message.key] = output

    def told(self, difference: str) -> list[str]:
        """Who wrote what a difference is about, and when."""
        return [
            f"    {line}"
            for (_, key), lines in self.history.items()
            if key.decode()
            in difference.replace("outcome of ", "outcome of \0").split("\0")[-1].split(": ")[0].split()
            for line in lines
        ]

    def watermark(self) -> datetime | None:
        """Append time up to which all input is folded."""
        told = [output for (topic, _), output in self.newest.items() if topic == SITUATION_PROGRESS.name]
        return min(item.folded_until for item in told) if len(told) == self._count else None

    def of(self, topic: str, incidents: set[str]) -> list[Any]:
        """The newest outputs of these incidents."""
        return [
            output
            for (name, _), output in self.newest.items()
            if name == topic and output.incident_id in incidents
        ]

    def seen(self, expected: Seen) -> Seen:
        """What they say of the incidents of a set. They tell no records."""
        seen = Seen(records=expected.records)
        incidents = {incident for _, incident in expected.canonical}
        for row in self.of(SITUATION_UPDATES.name, incidents):
            if row.unit == "000000000000" and (row.status, row.incident_id) in expected.canonical:
                seen.canonical[row.status, row.incident_id] = row.merged_into or row.incident_id
            for key, figure in row.figures.items():
                seen.figures[row.status, row.incident_id, row.unit, key] = figure.total, figure.own
        for outcome in self.of(RECORD_OUTCOMES.name, incidents):
            flags = tuple(sorted(outcome.flags))
            seen.outcomes[outcome.record_id] = outcome.disposition, flags, outcome.standing
        return seen


@asynccontextmanager
async def outputs(bootstrap: str) -> AsyncIterator[Outputs]:
    """A reader of the outputs."""
    consumer = make_consumer(bootstrap, client_id="test-outputs")
    await consumer.start()
    try:
        partitions = await partitions_of(consumer, (topic.name for topic in OUTPUT_TOPICS))
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        count = len(consumer.partitions_for_topic(SITUATION_PROGRESS.name) or ())
        yield Outputs(consumer, partitions, count)
    finally:
        await stop_consumer(consumer)


class Log:
    """Appends stamped records to the record topics, as intake does; some go astray to any topic and partition."""

    def __init__(self, producer: Any, rng: Random, strays: float = 0.0) -> None:
        self._producer, self._rng, self._strays = producer, rng, strays
        self.appended: list[bytes] = []
        self.newest_append_at = 0

    async def append(self, records: Sequence[Json]) -> None:
        """All at once; returns when they are acknowledged."""
        futures = []
        for record in records:
            value = as_json(record)
            topic, partition = TOPIC_OF_TYPE[record["type"]].name, None
            if self._rng.random() < self._strays:
                topic = self._rng.choice(RECORD_TOPICS).name
                partition = self._rng.choice(sorted(await self._producer.partitions_for(topic)))
            key = record["incident_id"].encode()
            futures.append(await self._producer.send(topic, value, key=key, partition=partition))
            self.appended.append(value)
        for future in futures:
            self.newest_append_at = max(self.newest_append_at, (await future).timestamp)


@asynccontextmanager
async def log_of(bootstrap: str, rng: Random, strays: float = 0.0) -> AsyncIterator[Log]:
    """A writer of records."""
    producer = make_producer(bootstrap, client_id="test-log")
    await producer.start()
    try:
        yield Log(producer, rng, strays)
    finally:
        await producer.stop()


def rows_and_alarms(deliveries: Sequence[bytes]) -> tuple[dict[bytes, Any], dict[bytes, Any]]:
    """What one picture of all these says: every row that says something, every alarm that is raised."""
    rows: dict[bytes, Any] = {}
    alarms: dict[bytes, Any] = {}
    stamped = [stamped_from(value, ("incident.reports", 0, at)) for at, value in enumerate(deliveries)]
    for change in Picture().apply(stamped).incidents:
        for row in change.updates:
            rows[update_key(row.status, row.incident_id, row.unit)] = _plain(row)
        for alarm in change.alarms:
            alarms[alarm_key(alarm)] = _plain(alarm)
    return rows, {key: alarm for key, alarm in alarms.items() if alarm.state == "raised"}


def _plain(output: Any) -> Any:
    plain = msgspec.structs.replace(output, version=0)
    return msgspec.structs.replace(plain, last=False) if isinstance(output, UnitUpdate) else plain


async def agree(found: Outputs, log: Log, seconds: float = AGREE_SECONDS) -> Seen:
    """Fail unless the outputs come to equal the model's fold of all that was appended, and one picture's every row and
    alarm; and the watermark passes the last of it.
    """
    expected = await asyncio.to_thread(by_the_model, log.appended)
    rows, alarms = await asyncio.to_thread(rows_and_alarms, log.appended)
    incidents = {incident for _, incident in expected.canonical}
    appended_at = datetime.fromtimestamp(log.newest_append_at / 1000, UTC)
    deadline = time.monotonic() + seconds
    is_past = False
    while True:
        await found.catch_up()
        watermark = found.watermark()
        wrong = differences(expected, found.seen(expected), "outputs")
        wrong += _other(rows, found, SITUATION_UPDATES.name, incidents)
        wrong += _other(alarms, found, SITUATION_ALARMS.name, incidents)
        if watermark is not None and watermark >= appended_at:
            if not wrong:
                return expected
            if not is_past:
                is_past, deadline = True, min(deadline, time.monotonic() + GRACE_SECONDS)
        if time.monotonic() > deadline:
            marks = f"appended at {appended_at}, watermark {watermark}"
            lines = [line for line in wrong[:LINES_SHOWN] for line in (line, *found.told(line))]
            raise AssertionError("\n".join([f"{len(wrong)} differences; {marks}", *lines]))
        await asyncio.sleep(0.1)


def _other(wanted: dict[bytes, Any], found: Outputs, topic: str, incidents: set[str]) -> list[str]:
    """Rows or alarms that differ; what says nothing is as good as none."""
    has = {
        key: _plain(output)
        for (name, key), output in found.newest.items()
        if name == topic and output.incident_id in incidents
    }
    if topic == SITUATION_ALARMS.name:
        has = {key: alarm for key, alarm in has.items() if alarm.state == "raised"}
    else:
        has = {key: row for key, row in has.items() if _says(row)}
        wanted = {key: row for key, row in wanted.items() if _says(row)}
    return [
        f"{topic} {key.decode()}: {_difference(has.get(key), wanted.get(key))}"
        for key in sorted(has.keys() | wanted.keys())
        if has.get(key) != wanted.get(key)
    ]


def _difference(found: Any, wanted: Any) -> str:
    """The fields that differ, not the whole of two long rows."""
    if found is None or wanted is None or type(found) is not type(wanted):
        return f"{str(found)[:200]} instead of {str(wanted)[:200]}"
    if isinstance(found, dict):
        pairs = {key: (found.get(key), wanted.get(key)) for key in sorted(found.keys() | wanted.keys())}
    elif isinstance(found, msgspec.Struct):
        pairs = {name: (getattr(found, name), getattr(wanted, name)) for name in found.__struct_fields__}
    else:
        return f"{str(found)[:200]} instead of {str(wanted)[:200]}"
    return "; ".join(f"{name}: {_difference(a, b)}" for name, (a, b) in pairs.items() if a != b)


def _says(row: Any) -> bool:
    return bool(row.figures or row.beside or row.merged_into or row.head)
