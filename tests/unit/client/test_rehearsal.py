"""Renaming and moving a scenario: nothing that judging looks at may change."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fenghuo.client.rehearsal import Posting, disorder, rehearse
from schemas.parsing import parse_record
from schemas.scenario import Scenario, load_scenario, parse_scenario, shipped_scenarios

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
TIMES = ("received_at", "as_of", "sent_at", "occurred_at")


def body(posting: Posting) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(posting.body, parse_float=Decimal)
    return found


def moment(record: dict[str, Any], field: str) -> datetime:
    return datetime.fromisoformat(record[field])


@pytest.mark.parametrize("name", shipped_scenarios())
def test_all_times_move_by_one_offset_and_keep_their_zone(name: str) -> None:
    scenario = load_scenario(name)
    rehearsal = rehearse(scenario, run=None, until=NOW)
    assert max(posting.received_at for posting in rehearsal.postings) == NOW
    offset = NOW - max(entry.received_at for entry in scenario.entries)
    for entry, posting in zip(scenario.entries, rehearsal.postings, strict=True):
        record = body(posting)
        source = {**entry.record, "received_at": entry.received_at.isoformat()}
        for field in TIMES:
            assert (field in record) == (field in source)
            if field in record:
                assert moment(record, field) - moment(source, field) == offset
                assert moment(record, field).utcoffset() == moment(source, field).utcoffset()
        untouched = set(record) - set(TIMES) - {"status"}
        assert {field: record[field] for field in untouched} == {
            field: entry.record[field] for field in untouched
        }


def test_without_a_shift_the_times_stay() -> None:
    scenario = load_scenario("rules")
    for entry, posting in zip(
        scenario.entries, rehearse(scenario, run="x", until=None).postings, strict=True
    ):
        assert posting.received_at == entry.received_at
        assert body(posting)["as_of"] == entry.record["as_of"]


def test_times_inside_free_fields_stay() -> None:
    scenario = load_scenario("jiuzhaigou-88")
    (entry,) = [entry for entry in scenario.entries if "origin_time" in entry.record.get("params", {})]
    (posting,) = [p for p in rehearse(scenario, run="x", until=NOW).postings if p.entry_id == entry.id]
    assert body(posting)["params"] == entry.record["params"]


def test_it_is_an_exercise_unless_the_record_names_a_status() -> None:
    scenario = load_scenario("rules")
    found = Counter(body(posting)["status"] for posting in rehearse(scenario, run=None, until=None).postings)
    named = Counter(entry.record.get("status", "Exercise") for entry in scenario.entries)
    assert found == named
    assert set(found) == {"Exercise", "Test"}


def test_ids_and_references_get_the_prefix_and_documents_do_not() -> None:
    scenario = load_scenario("rules")
    rehearsal = rehearse(scenario, run="x7", until=None)
    kinds = set()
    for entry, posting in zip(scenario.entries, rehearsal.postings, strict=True):
        record = body(posting)
        for field in ("record_id", "incident_id", "supersedes", "target", "from", "into"):
            if field in record:
                kinds.add(field)
                assert record[field] == f"x7-{entry.record[field]}"
        for field in ("doc_no", "ref_doc_no"):
            if field in record:
                kinds.add(field)
                assert record[field] == entry.record[field]
    assert len(kinds) == 8
    assert all(name.startswith("x7-") for name in rehearsal.expected)
    assert all(name.startswith("x7-") for by in rehearsal.oracle.figures.values() for name in by)


def test_a_free_field_follows_the_record_that_it_names() -> None:
    (posting,) = [
        posting
        for posting in rehearse(load_scenario("jiuzhaigou-88"), run="x7", until=None).postings
        if posting.entry_id == "B02"
    ]
    assert body(posting)["supersedes"] == "x7-b01"


def with_ids(names: list[str]) -> Scenario:
    """The first records of the worked examples under other ids."""
    source: dict[str, Any] = json.loads(json.dumps(_raw()))
    source["entries"] = source["entries"][: len(names)]
    for entry, name in zip(source["entries"], names, strict=True):
        entry["record"]["record_id"] = name
    source["oracle"] = {"figures": {}, "standing": dict.fromkeys(names, "none")}
    return parse_scenario(json.dumps(source).encode(), "test")


def _raw() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(files("schemas").joinpath("scenarios/rules.json").read_bytes())
    return found


@given(
    st.lists(st.text("abzAZ019._-", min_size=1, max_size=64), min_size=1, max_size=6, unique=True),
    st.sampled_from(["x", "x1234567"]),
)
def test_renaming_keeps_the_order_of_ids_and_their_length(names: list[str], run: str) -> None:
    scenario = with_ids(names)
    renamed = [posting.record_id for posting in rehearse(scenario, run=run, until=None).postings]
    assert all(len(name) <= 64 for name in renamed)
    assert len(set(renamed)) == len(names)
    by_old = [new for _, new in sorted(zip(names, renamed, strict=True))]
    assert by_old == sorted(renamed)


def test_every_posting_is_a_valid_record() -> None:
    for name in shipped_scenarios():
        for posting in rehearse(load_scenario(name), run="x1234567", until=NOW).postings:
            record = parse_record(posting.body)
            assert record.record_id == posting.record_id
            assert record.received_at == posting.received_at


def test_disorder_is_repeatable_and_loses_nothing() -> None:
    postings = rehearse(load_scenario("rules"), run="x", until=NOW).postings
    first = disorder(postings, shuffle=3, duplicate=0.5)
    assert first == disorder(postings, shuffle=3, duplicate=0.5)
    assert first != disorder(postings, shuffle=4, duplicate=0.5)
    counts = Counter(posting.record_id for posting in first)
    assert set(counts) == {posting.record_id for posting in postings}
    assert set(counts.values()) == {1, 2}
    assert disorder(postings, shuffle=None, duplicate=0.0) == postings
    assert len(disorder(postings, shuffle=None, duplicate=1.0)) == 2 * len(postings)


def test_nothing_is_received_in_the_future() -> None:
    for posting in rehearse(load_scenario("wenchuan-820"), run="x", until=NOW).postings:
        assert posting.received_at <= NOW
        assert NOW - posting.received_at < timedelta(days=5)
