"""What a posted object is, what is stored of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.canonical import content_digest
from schemas.parsing import parse_record
from services.intake.clock import ArrivalClock
from services.intake.cloud_events import headers
from services.intake.domain import (
    MAX_RECORD_BYTES,
    Candidate,
    Delivery,
    KnownRecord,
    StampedRecord,
    compare,
    read_candidate,
    stamp_record,
)
from services.intake.refusals import Refusal
from services.intake.segments import encode
from tests.unit.intake.fakes import MORNING, report


def candidate(raw: bytes) -> Candidate:
    read = read_candidate(raw)
    assert isinstance(read, Candidate), read
    return read


def refusal(raw: bytes) -> Refusal:
    read = read_candidate(raw)
    assert isinstance(read, Refusal), read
    return read


def test_stored_bytes_are_the_clients_members_and_the_stamp() -> None:
    raw = report(note=None)[:-1] + b', "x": 5.10, "\xe4\xbd\xa0":  [1.0, {"a" : 1e2}]}'
    stored = stamp_record(candidate(raw), MORNING).value
    assert (
        b'"x":5.10,"\xe4\xbd\xa0":[1.0, {"a" : 1e2}],"received_at":"2026-08-20T09:00:00.000000+08:00"}'
        in stored
    )
    assert content_digest(stored) == content_digest(raw)
    assert parse_record(stored).received_at == MORNING


def test_a_clients_stamp_stays_as_it_was_written() -> None:
    raw = report(received_at="2026-08-20T01:00:00.5Z")
    record = stamp_record(candidate(raw), MORNING + timedelta(days=1))
    assert record.stamp == MORNING + timedelta(seconds=0.5)
    assert record.value.endswith(b',"received_at":"2026-08-20T01:00:00.5Z"}')
    assert record.value.count(b"received_at") == 1


def test_a_null_stamp_is_no_stamp() -> None:
    record = stamp_record(candidate(report(received_at=None, status="Actual")), MORNING)
    assert record.stamp == MORNING
    assert b"null" not in record.value


def test_a_repeated_member_counts_once_and_is_checked() -> None:
    """Otherwise what is checked would differ from what receivers read."""
    raw = report()[:-1] + b', "type": "zero_report", "received_at": null}'
    read = candidate(raw)
    assert read.type == "zero_report"
    assert msgspec.json.decode(stamp_record(read, MORNING).value)["type"] == "zero_report"
    assert refusal(report()[:-1] + b', "type": "nonsense"}').field == "type"


@pytest.mark.parametrize(
    ("raw", "field", "record_id"),
    [
        (b"5", None, None),
        (b'"text"', None, None),
        (b"{}", "type", None),
        (report("bad id!"), "record_id", "bad id!"),
        (report("x" * 300), "record_id", None),
        (report(record_id=7), "record_id", None),
        (report(type="nonsense"), "type", "r1"),
        (report(as_of="2026-08-20T01:00:00"), "as_of", "r1"),
        (report(occurred_at=None), "occurred_at", "r1"),
        (report(rows=[{"unit": "513221000000", "values": {"dead": -1}}]), "rows[0].values.dead", "r1"),
        (report(received_at="yesterday"), "received_at", "r1"),
        (report(received_at="2026-08-20T01:00:00"), "received_at", "r1"),
        (report(received_at="9999-12-31T23:59:59Z"), "received_at", "r1"),
        (report(sent_at="0001-01-01T00:00:00+14:00"), "sent_at", "r1"),
        (report(received_at="2026-08-20T01:00:00Z", status="Actual"), "received_at", "r1"),
    ],
)
def test_a_refusal_names_record_field_and_rule(raw: bytes, field: str | None, record_id: str | None) -> None:
    refused = refusal(raw)
    assert refused.status == 422
    assert refused.record_id == record_id
    assert refused.field == field
    assert refused.rule is not None
    assert refused.rule.startswith("records.md")
    assert refused.title[0] >= "一", "Chinese first"


@pytest.mark.parametrize(
    "value",
    [
        b"1e999999999",
        b"1e-99999999999999999999",
        b"9" * 5_000,
        b"[" * 5_000 + b"]" * 5_000,
        b'"\xff"',
        b'"\\ud800"',
    ],
    ids=["overflow", "underflow", "digits", "nesting", "utf8", "surrogate"],
)
def test_what_no_receiver_could_compute_with_is_refused(value: bytes) -> None:
    refused = refusal(report()[:-1] + b', "extra": ' + value + b"}")
    assert refused.status == 422
    assert refused.record_id in ("r1", None), "None where the object itself cannot be read"


def test_the_size_limit_is_exact() -> None:
    fill = MAX_RECORD_BYTES - len(report(note=""))
    assert len(report(note="x" * fill)) == MAX_RECORD_BYTES
    assert isinstance(read_candidate(report(note="x" * fill)), Candidate)
    refused = refusal(report(note="x" * (fill + 1)))
    assert (refused.status, refused.record_id, refused.value) == (413, "r1", MAX_RECORD_BYTES + 1)


def test_a_long_offending_value_is_cut() -> None:
    refused = refusal(report(channel="长" * 1_000))
    assert refused.field == "channel"
    assert len(refused.value) < 300
    assert json.dumps(msgspec.to_builtins(refused.problem()))


def test_deliveries_of_one_id() -> None:
    stamped = candidate(report(received_at="2026-08-20T01:00:00Z"))
    unstamped = candidate(report())
    assert stamped.digest == unstamped.digest, "the stamp is no content"
    assert compare(stamped, None) is Delivery.NEW
    assert compare(unstamped, KnownRecord("r1", unstamped.digest, MORNING)) is Delivery.REPEATED
    assert compare(stamped, KnownRecord("r1", stamped.digest, MORNING)) is Delivery.REPEATED
    later = KnownRecord("r1", stamped.digest, MORNING + timedelta(microseconds=1))
    assert compare(stamped, later) is Delivery.EARLIER
    assert compare(unstamped, later) is Delivery.REPEATED
    assert compare(stamped, KnownRecord("r1", b"other", MORNING)) is Delivery.CONFLICTING


def test_equal_json_values_are_equal_content() -> None:
    one = candidate(report()[:-1] + b', "n": {"a": 5, "b": [1.50]}}')
    other = candidate(b'{"n": {"b": [1.5], "a": 5.0}, ' + report()[1:])
    assert one.digest == other.digest


@given(st.lists(st.integers(-5, 5), min_size=1))
def test_arrival_stamps_only_grow(steps: list[int]) -> None:
    now = datetime(2026, 8, 20, tzinfo=UTC)
    moments = iter([now := now + timedelta(microseconds=step) for step in steps])
    clock = ArrivalClock(lambda: next(moments))
    stamps = [clock() for _ in steps]
    assert stamps == sorted(set(stamps))


@given(st.binary())
def test_no_bytes_can_break_it(raw: bytes) -> None:
    assert isinstance(read_candidate(raw), Refusal)


@pytest.mark.parametrize("stamp", ["0002-01-01T00:00:00+14:00", "9998-12-31T23:59:59.999999-14:00"])
def test_the_most_distant_stamps_travel(stamp: str) -> None:
    record = stamp_record(candidate(report(received_at=stamp)), MORNING)
    assert dict(headers(record))["ce_time"]
    assert msgspec.msgpack.Decoder(StampedRecord).decode(encode(record)) == record
