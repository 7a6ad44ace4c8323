"""What is published: versions that only grow, changes marked as one, nothing twice, nothing left behind."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from aiokafka.errors import KafkaConnectionError
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record.default_records import DefaultRecordBatch

from fenghuo.platform.kafka_batches import partition_of
from schemas.outputs import Alarm, UnitUpdate, alarm_key, update_key
from schemas.topics import RECORD_OUTCOMES, SITUATION_ALARMS, SITUATION_UPDATES
from streams.picture.picture import Picture
from streams.picture.shown import Change
from streams.worker.published import Published
from streams.worker.publisher import Publisher
from streams.worker.waiting import with_leftovers
from tests.unit.streams.records import INCIDENT, NATION, OTHER_TOWN, TOWN, report, stamped

PARTITIONS = 6
BATCH_BYTES = 16 << 10


class Log:
    """Output topics in memory: every message, in order. `failures` sends fail first."""

    def __init__(self, failures: int = 0) -> None:
        self.messages: list[tuple[str, bytes, Any, int]] = []
        self.failures = failures
        self.producers = self.batches = 0

    def producer(self) -> Any:
        self.producers += 1
        return self

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def partitions_for(self, topic: str) -> set[int]:
        return set(range(PARTITIONS))

    def create_batch(self) -> BatchBuilder:
        return BatchBuilder(BATCH_BYTES, 0)

    async def send_batch(self, batch: BatchBuilder, topic: str, *, partition: int) -> asyncio.Future[None]:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self.failures:
            self.failures -= 1
            future.set_exception(KafkaConnectionError())
        else:
            self.batches += 1
            for message in DefaultRecordBatch(batch._build()):
                self.messages.append((topic, message.key, msgspec.json.decode(message.value), partition))
            future.set_result(None)
        return future

    def of(self, topic: str) -> list[Any]:
        return [value for name, _, value, _ in self.messages if name == topic]

    def published(self) -> Published:
        """What the next owner reads."""
        published = Published()
        types = {SITUATION_UPDATES.name: UnitUpdate, SITUATION_ALARMS.name: Alarm}
        for topic, key, value, _ in self.messages:
            if topic in types:
                published.note(topic, key, msgspec.convert(value, types[topic], strict=False))
        return published


def changes(*contents: dict[str, Any], picture: Picture | None = None) -> list[Change]:
    return list((picture or Picture()).apply(stamped(content) for content in contents).incidents)


def publisher_of(log: Log, epoch: int = 0) -> Publisher:
    publisher = Publisher(log.producer, PARTITIONS)
    publisher.raise_epoch(epoch)
    return publisher


async def take_over(log: Log, published: Published, whole: list[Change]) -> None:
    """As a new owner does: above all that stands, and only what differs from it."""
    publisher = publisher_of(log, published.epoch)
    await publisher.publish(with_leftovers(whole, published.standing), [], published)


async def test_versions_grow_and_the_last_row_of_a_change_is_marked() -> None:
    log, picture = Log(), Picture()
    publisher = publisher_of(log)
    first, second = report(1, TOWN, {"missing": 1}), report(2, OTHER_TOWN, {"missing": 2})
    await publisher.publish(changes(first, picture=picture), [])
    await publisher.publish(changes(second, picture=picture), [])
    versions = [value["version"] for _, _, value, _ in log.messages]
    assert versions == sorted(set(versions))
    assert {version >> 32 for version in versions} == {1}
    rows = log.of(SITUATION_UPDATES.name)
    assert [row["last"] for row in rows] == [False] * 4 + [True] + [False] * 4 + [True]
    assert {partition for topic, _, _, partition in log.messages if topic == SITUATION_UPDATES.name} == {
        partition_of(INCIDENT.encode(), PARTITIONS)
    }


async def test_a_new_owner_publishes_only_what_differs_under_a_higher_epoch() -> None:
    log = Log()
    first, second = report(1, TOWN, {"missing": 1}), report(2, OTHER_TOWN, {"injured": 2})
    await publisher_of(log).publish(changes(first), [])
    before = len(log.messages)
    await take_over(log, log.published(), changes(first, second))
    news = log.messages[before:]
    assert {value["version"] >> 32 for _, _, value, _ in news} == {2}
    assert {value["unit"] for topic, _, value, _ in news if topic == SITUATION_UPDATES.name} == {
        NATION,
        "370000000000",
        "371300000000",
        "371323000000",
        OTHER_TOWN,
    }


async def test_a_change_cut_off_by_a_crash_is_closed() -> None:
    log = Log()
    whole = changes(report(1, TOWN, {"missing": 1}))
    await publisher_of(log).publish(whole, [])
    rows = [message for message in log.messages if message[0] == SITUATION_UPDATES.name]
    # All rows arrived but the owner died before the mark: as if the last one had been published unmarked.
    log.messages = [(topic, key, value | {"last": False}, partition) for topic, key, value, partition in rows]
    await take_over(log, log.published(), whole)
    assert log.of(SITUATION_UPDATES.name)[len(rows) :][-1]["last"] is True


async def test_rows_and_alarms_that_are_no_more_are_taken_back() -> None:
    published = Published()
    row = UnitUpdate(
        status="Exercise",
        incident_id=INCIDENT,
        unit=OTHER_TOWN,
        figures=changes(report(1, OTHER_TOWN, {"missing": 1}))[0].updates[-1].figures,
        last=True,
        version=5,
    )
    alarm = Alarm(
        status="Exercise",
        incident_id=INCIDENT,
        kind="shelter_below_zero",
        subject=f"{TOWN}/小学",
        state="raised",
        unit=TOWN,
        version=6,
    )
    published.note(SITUATION_UPDATES.name, update_key("Exercise", INCIDENT, OTHER_TOWN), row)
    published.note(SITUATION_ALARMS.name, alarm_key(alarm), alarm)
    log = Log()
    await take_over(log, published, changes(report(1, TOWN, {"missing": 1})))
    rows = log.of(SITUATION_UPDATES.name)
    assert [value["figures"] for value in rows if value["unit"] == OTHER_TOWN] == [{}]
    assert [value["last"] for value in rows] == [False] * (len(rows) - 1) + [True]
    assert [value["state"] for value in log.of(SITUATION_ALARMS.name)] == ["cleared"]


async def test_what_fails_is_sent_again_with_the_same_versions() -> None:
    log = Log(failures=1)
    publisher = publisher_of(log)
    await publisher.publish(changes(report(1, TOWN, {"missing": 1})), [])
    assert log.producers == 2
    outcomes = log.of(RECORD_OUTCOMES.name)
    assert len({value["version"] for value in outcomes}) == 1
    assert log.of(SITUATION_UPDATES.name)[-1]["last"] is True


def test_an_older_version_says_nothing() -> None:
    published = Published()
    key = update_key("Exercise", INCIDENT, TOWN)
    newer = UnitUpdate(
        status="Exercise", incident_id=INCIDENT, unit=TOWN, figures={}, merged_into="x", last=True, version=9
    )
    older = msgspec.structs.replace(newer, merged_into=None, version=8)
    published.note(SITUATION_UPDATES.name, key, newer)
    published.note(SITUATION_UPDATES.name, key, older)
    assert published.standing.rows == {("Exercise", INCIDENT): {TOWN}}
    assert not published.is_news(SITUATION_UPDATES.name, key, newer)
    assert published.is_news(SITUATION_UPDATES.name, key, older)
