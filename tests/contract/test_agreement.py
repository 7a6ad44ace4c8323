"""parse_record and the JSON Schema agree on whatever JSON Schema can express: mutations of the golden examples."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import schemas
from schemas.export import documents
from schemas.jsonschema import RECORD_STRUCTS
from schemas.parsing import ShapeError, parse_record

EXAMPLES = [
    json.loads(path.read_bytes())
    for path in sorted((Path(schemas.__file__).parent / "examples").glob("*/*.json"))
    if path.parent.name in RECORD_STRUCTS
]
INVALID = [
    json.loads(path.read_bytes())["record"]
    for path in sorted((Path(schemas.__file__).parent / "examples").glob("*/invalid/*.json"))
]
BEYOND_JSON_SCHEMA = (
    "a unit may stand in one row only",
    "may have at most",  # decimals depend on the indicator
    "must equal `into`",
)
validator = jsonschema_rs.validator_for(documents()["record"], validate_formats=True)

# No control or format characters: engines differ in which of them are white space.
texts = st.text(st.characters(exclude_categories=("C", "Z"), include_characters=" "), max_size=8)
numbers = st.one_of(
    st.integers(-2, 10**15 + 1), st.floats(-1, 100, allow_nan=False, allow_subnormal=False), st.just(5.0)
)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    numbers,
    texts,
    st.sampled_from(
        [
            "initial",
            "verified",
            "headcount",
            "transfer",
            "cancel",
            "release",
            "return",
            "Actual",
            "Drill",
            "513221105000",
            "513221",
            "51322",
            "x" * 64,
            "x" * 65,
            "c" * 32,
            "c" * 33,
            "2019-08-20T02:30:00+08:00",
            "2019-08-20T02:30:00",
            "2019-08-20T02:30:00Z",
            "20190820",
            " ",
            "",
        ]
    ),
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every path inside a JSON value but the root."""
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    return [found for key, item in items for found in ((*path, key), *places(item, (*path, key)))]


def values_by_field() -> dict[str, list[Any]]:
    """What the examples, good and bad, say in each field: the mutations most likely to matter."""
    found: dict[str, list[Any]] = {}
    for record in EXAMPLES + INVALID:
        for *way, last in places(record):
            holder = record
            for step in way:
                holder = holder[step]
            if isinstance(last, str) and holder[last] not in found.setdefault(last, []):
                found[last].append(holder[last])
    return found


FIELD_VALUES = values_by_field()


@st.composite
def mutated_records(draw: st.DrawFn) -> dict[str, Any]:
    record = copy.deepcopy(draw(st.sampled_from(EXAMPLES)))
    for _ in range(draw(st.integers(1, 3))):
        found = places(record)
        if not found:
            break
        *way, last = draw(st.sampled_from(found))
        holder = record
        for step in way:
            holder = holder[step]
        action = draw(st.sampled_from(["replace", "drop", "add", "double"]))
        if action == "replace":
            holder[last] = copy.deepcopy(draw(st.sampled_from(FIELD_VALUES.get(last, [None])) | values))
        elif action == "drop":
            del holder[last]
        elif action == "add" and isinstance(holder, dict):
            field = draw(st.sampled_from(sorted(FIELD_VALUES)))
            holder[field] = copy.deepcopy(draw(st.sampled_from(FIELD_VALUES[field]) | values))
        elif action == "double" and isinstance(holder, list):
            holder.append(copy.deepcopy(holder[last]))
    return record


@settings(max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(mutated_records())
def test_they_agree(record: dict[str, Any]) -> None:
    raw = json.dumps(record).encode()
    by_schema = validator.is_valid(json.loads(raw))
    refusal = refusal_of(raw)
    if refusal is None:
        assert by_schema, f"the schema refuses what the parser takes: {record}"
    elif not any(text in refusal.detail for text in BEYOND_JSON_SCHEMA):
        assert not by_schema, f"the schema takes what the parser refuses: {refusal}"


def refusal_of(raw: bytes) -> ShapeError | None:
    try:
        parse_record(raw)
    except ShapeError as error:
        return error
    return None


@pytest.mark.parametrize("text", BEYOND_JSON_SCHEMA)
def test_what_json_schema_cannot_say_is_really_refused_by_the_parser(text: str) -> None:
    details = []
    for path in (Path(schemas.__file__).parent / "examples").glob("*/invalid/*.json"):
        refusal = refusal_of(json.dumps(json.loads(path.read_bytes())["record"]).encode())
        assert refusal is not None
        details.append(refusal.detail)
    assert any(text in detail for detail in details)
