"""What is kept of a message; what cannot be decoded is a dead letter, never an error."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.canonical import content_digest
from schemas.outputs import encoder
from schemas.topics import TOPIC_OF_TYPE, TOPICS
from services.ledger.entries import (
    DeadLetterEntry,
    JournalEntry,
    LogMessage,
    OutcomeEntry,
    UpdateEntry,
    decode,
)
from tests.integration.ledger_samples import COUNTY, MORNING, NATION, TOWN, figure, outcome, report, update


def message(topic: str, value: bytes | None) -> LogMessage:
    return LogMessage(topic, 0, 7, value, MORNING)


def journalled(record: dict[str, Any]) -> JournalEntry:
    entry = decode(message(TOPIC_OF_TYPE[record["type"]].name, json.dumps(record).encode()))
    assert isinstance(entry, JournalEntry), entry
    return entry


def test_a_record_keeps_its_bytes_and_names_its_units() -> None:
    record = report(1, rows=[{"unit": TOWN, "values": {"dead": 1}}, {"unit": COUNTY, "values": {}}])
    entry = journalled(record)
    assert json.loads(entry.content) == record
    assert entry.digest == content_digest(json.dumps(record))
    assert entry.units == [COUNTY, TOWN]
    assert entry.scopes == ["510000000000", "513200000000", COUNTY, TOWN]


@pytest.mark.parametrize(
    ("fields", "units"),
    [
        ({"type": "alert", "unit": COUNTY}, [COUNTY]),
        ({"type": "alert", "unit": ["not", "a", "code"], "to_unit": "51"}, []),
        ({"type": "verification", "counties": ["51", "5132", "513221"]}, ["510000000000", "513200000000", COUNTY]),
        (
            {"type": "evacuation_count", "kind": "transfer", "doc_no": "1", "unit": COUNTY, "to_unit": TOWN,
             "site": "a", "to_site": "b", "persons": 1},
            [COUNTY, TOWN],
        ),
        (
            {"type": "incident_open", "name": "n", "hazard": "h", "origin_unit": COUNTY,
             "occurred_at": MORNING.isoformat()},
            [COUNTY],
        ),
    ],
)  # fmt: skip
def test_units_of_every_kind_of_record(fields: dict[str, Any], units: list[str]) -> None:
    record = report(1) | fields
    if fields["type"] != "loss_report":
        record.pop("rows")
    assert journalled(record).units == units


@pytest.mark.parametrize("as_of", ["0001-01-01T00:00:00+08:00", "9999-12-31T23:59:59-08:00"])
def test_a_moment_at_the_end_of_the_calendar_is_poison(as_of: str) -> None:
    entry = decode(message("incident.reports", json.dumps(report(1, as_of=as_of)).encode()))
    assert isinstance(entry, DeadLetterEntry)
    assert "as_of" in entry.letter.error


def test_an_update_keeps_each_figure_as_published() -> None:
    published = update(NATION, 3, {"dead": figure("1.50"), "injured": figure(2)}, last=True)
    entry = decode(message("situation.updates", encoder.encode(published)))
    assert isinstance(entry, UpdateEntry)
    assert entry.figures == {key: encoder.encode(value) for key, value in published.figures.items()}
    assert (entry.beside, entry.last, entry.key) == (None, True, ("Exercise", published.incident_id, NATION))


def test_a_tombstone_states_nothing_on_an_output_and_is_poison_on_a_record_topic() -> None:
    assert decode(message("record.outcomes", None)) is None
    assert isinstance(decode(message("incident.reports", None)), DeadLetterEntry)
    assert isinstance(decode(message("record.outcomes", encoder.encode(outcome("r", 1)))), OutcomeEntry)


def test_a_record_without_stamp_is_poison() -> None:
    entry = decode(message("incident.reports", json.dumps(report(1, received_at=None)).encode()))
    assert isinstance(entry, DeadLetterEntry)
    assert "received_at" in entry.letter.error


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


@given(
    st.sampled_from([topic.name for topic in TOPICS]),
    st.binary() | JSON.map(lambda it: json.dumps(it).encode()),
)
def test_any_bytes_on_any_topic_are_kept_as_a_dead_letter(topic: str, value: bytes) -> None:
    entry = decode(message(topic, value))
    assert isinstance(entry, DeadLetterEntry)
    assert (entry.letter.topic, entry.letter.offset, entry.letter.value) == (topic, 7, value)


@given(st.sampled_from(sorted(report(1))), JSON)
def test_a_record_with_any_field_broken_is_kept_one_way_or_the_other(field: str, value: Any) -> None:
    raw = json.dumps(report(1) | {field: value}).encode()
    entry = decode(message("incident.reports", raw))
    kept = entry.content if isinstance(entry, JournalEntry) else entry.letter.value  # type: ignore[union-attr]
    assert kept == raw
