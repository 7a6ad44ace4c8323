"""Intake against a real broker: what is posted is what is read; a broker that dies loses nothing."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from aiokafka import ConsumerRecord
from aiokafka.partitioner import DefaultPartitioner
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary
from cloudevents.core.formats.json import JSONFormat

from schemas.topics import TOPIC_OF_TYPE
from services.intake.openapi import DISPATCH, REPORT
from services.ledger.migrate import migrate
from tests.integration.intake_system import PARTITIONS, Broker, Web, running
from tests.integration.ledger_system import Postgres
from tests.system import server_folder, wait_until

pytestmark = pytest.mark.integration

numbers = count()


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    broker = Broker(tmp_path_factory.mktemp("intake"))
    with running(broker):
        broker.create_topics()
        yield broker


@pytest.fixture
def postgres() -> Iterator[Postgres]:
    with server_folder() as folder:
        postgres = Postgres(folder)
        postgres.start()
        try:
            yield postgres
        finally:
            postgres.kill()


@pytest.fixture(scope="module")
def web(broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    web = Web(tmp_path_factory.mktemp("web"), broker.bootstrap)
    with running(web):
        web.wait_alive()
        web.wait_connected()
        yield web


def report(**fields: Any) -> dict[str, Any]:
    """A report with an id of its own."""
    return {**REPORT, "record_id": f"r{next(numbers)}-{time.time_ns()}", **fields}


def by_id(broker: Broker, posted: list[dict[str, Any]]) -> dict[str, list[ConsumerRecord]]:
    """The messages of the posted records."""
    wanted: dict[str, list[ConsumerRecord]] = {record["record_id"]: [] for record in posted}
    for message in broker.messages():
        record_id = json.loads(message.value)["record_id"]
        if record_id in wanted:
            wanted[record_id].append(message)
    return wanted


def test_a_posted_record_is_read_byte_for_byte_with_its_event_headers(broker: Broker, web: Web) -> None:
    records = {
        "loss_report": report(unknown_field="保留"),
        "dispatch": {**DISPATCH, "record_id": f"d{time.time_ns()}"},
        "alert": {key: value for key, value in report(type="alert").items() if key != "rows"},
    }
    # Numbers keep their digits and values their spaces: what travels is what was written.
    posted = {
        kind: json.dumps(record, ensure_ascii=False)[:-1].encode() + b', "n": {"a": 5.10, "b": [1e2 ]}}'
        for kind, record in records.items()
    }
    answer = web.post_bytes(b"[" + b",".join(posted.values()) + b"]")
    assert answer.status_code == 202, answer.text
    assert [result["result"] for result in answer.json()["results"]] == ["stored"] * 3

    found = by_id(broker, list(records.values()))
    for kind, record in records.items():
        (message,) = found[record["record_id"]]
        stamp = json.loads(message.value)["received_at"]
        assert stamp.endswith("+08:00")
        assert json.loads(message.value) == {**json.loads(posted[kind]), "received_at": stamp}
        assert message.value.endswith(b'"n":{"a": 5.10, "b": [1e2 ]},"received_at":"%b"}' % stamp.encode())
        assert message.topic == TOPIC_OF_TYPE[kind].name
        assert message.key == record["incident_id"].encode()
        assert message.partition == DefaultPartitioner()(message.key, list(range(PARTITIONS)), [])
        assert message.timestamp_type == 1, "the broker's append time is recorded_at"
        event = from_binary(KafkaMessage(dict(message.headers), None, message.value), JSONFormat())
        assert event.get_id() == record["record_id"]
        assert event.get_source() == "/fenghuo/intake"
        assert event.get_type() == f"cn.fenghuo.record.{kind}.v1"
        assert event.get_subject() == record["incident_id"]
        assert event.get_datacontenttype() == "application/json"
        assert dict(message.headers)["ce_time"].decode() == stamp


def test_a_batch_keeps_the_order_of_arrival(broker: Broker, web: Web) -> None:
    records = [report(incident_id=f"order-{number % 4}") for number in range(2_000)]
    assert web.post(records).status_code == 202
    found = by_id(broker, records)
    assert all(len(messages) == 1 for messages in found.values())
    for incident in {record["incident_id"] for record in records}:
        ids = [record["record_id"] for record in records if record["incident_id"] == incident]
        messages = [found[record_id][0] for record_id in ids]
        assert len({message.partition for message in messages}) == 1
        assert [message.offset for message in messages] == sorted(message.offset for message in messages)
        stamps = [json.loads(message.value)["received_at"] for message in messages]
        assert stamps == sorted(stamps)
        assert len(set(stamps)) == len(stamps)


def test_a_silent_broker_is_not_waited_for(broker: Broker, web: Web) -> None:
    broker.send(signal.SIGSTOP)
    try:
        records = [report() for _ in range(3)]
        for record in records:
            assert web.post(record).status_code == 202
        wait_until(lambda: "Kafka is away" in web.problems().get("intake", ""), 20, "the silence is noticed")
    finally:
        broker.send(signal.SIGCONT)
    web.wait_connected()
    assert all(by_id(broker, records).values())


def test_broker_and_process_die_and_nothing_is_lost_doubled_or_out_of_order(broker: Broker, web: Web) -> None:
    before, during, later, after = ([report() for _ in range(20)] for _ in range(4))
    for record in before:
        assert web.post(record).status_code == 202
    broker.stop(signal.SIGKILL)
    try:
        for record in during:
            assert web.post(record).status_code == 202
        assert "Kafka is away" in web.problems()["intake"]
        web.stop(signal.SIGKILL)
        web.start()
        web.wait_alive()
        assert "20 records wait" in web.problems()["intake"]
        assert web.post(during).json()["results"] == [
            {"record_id": record["record_id"], "result": "already_stored"} for record in during
        ]
        assert web.post({**during[1], "note": "other content"}).status_code == 409
        assert web.record(during[2]["record_id"])["record"]["record_id"] == during[2]["record_id"]
        assert web.post(later).status_code == 202
    finally:
        broker.start()
    for record in after:
        assert web.post(record).status_code == 202
    web.wait_connected()
    assert not list((web.data / "spool").glob("*.spool"))
    posted = before + during + later + after
    found = by_id(broker, posted)
    # The first posts after the kill may be on the log and in the spool: repeats, which the fold drops.
    assert all(found.values()), [record_id for record_id, messages in found.items() if not messages]
    assert all(len({message.value for message in messages}) == 1 for messages in found.values())
    firsts = [found[record["record_id"]][0].offset for record in posted]
    assert firsts == sorted(firsts)


def test_a_new_process_recalls_what_the_journal_knows(
    broker: Broker, postgres: Postgres, tmp_path: Path
) -> None:
    dsn = asyncio.run(_migrated(postgres))
    web = Web(tmp_path, broker.bootstrap, FENGHUO_DATABASE_URL=dsn)
    with running(web):
        web.wait_alive()
        web.wait_connected()
        records = [report() for _ in range(3)]
        assert web.post(records).status_code == 202
        wait_until(lambda: len(web.journal(records[0]["incident_id"])) >= 3, 30, "the journal has them")
        web.stop(signal.SIGKILL)
        web.start()
        web.wait_alive()
        assert web.post({**records[0], "note": "other content"}).status_code == 409
        assert [result["result"] for result in web.post(records).json()["results"]] == ["already_stored"] * 3
    assert [len(messages) for messages in by_id(broker, records).values()] == [1] * 3


async def _migrated(postgres: Postgres) -> str:
    await postgres.until_ready()
    dsn = await postgres.new_database()
    await migrate(dsn)
    return dsn


def test_the_process_stops_in_order(web: Web) -> None:
    assert web.post(report()).status_code == 202
    assert web.stop(signal.SIGTERM) in (0, -signal.SIGTERM)
    assert "Task was destroyed" not in web.text()
    assert "Traceback" not in web.text()
