"""Golden examples: the struct decoder and the published JSON Schema take the good and refuse the bad alike."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec
import pytest

import schemas
from schemas.export import documents
from schemas.jsonschema import CONTRACTS, OUTPUT_STRUCTS, RECORD_STRUCTS
from schemas.parsing import ShapeError, parse_record
from schemas.records import type_name
from schemas.scenario import load_scenario, shipped_scenarios

EXAMPLES = Path(schemas.__file__).parent / "examples"
VALID = sorted(path for path in EXAMPLES.glob("*/*.json") if path.parent.name in RECORD_STRUCTS)
OUTPUTS = sorted(path for path in EXAMPLES.glob("*/*.json") if path.parent.name in OUTPUT_STRUCTS)
INVALID = sorted(EXAMPLES.glob("*/invalid/*.json"))
ONLY_PARSED = {
    "loss_report/too_many_decimals": "decimals depend on the catalogue of indicators",
    "loss_report/unit_twice": "JSON Schema cannot compare two rows",
    "incident_merge/filed_elsewhere": "JSON Schema cannot compare two fields",
    "supply_movement/too_many_decimals": "decimals as multiples are not exact in binary",
}

encode = msgspec.json.Encoder(decimal_format="number").encode


def name_of(path: Path) -> str:
    return f"{path.parent.parent.name if path.parent.name == 'invalid' else path.parent.name}/{path.stem}"


@cache
def validator(name: str) -> Any:
    return jsonschema_rs.validator_for(documents()[name], validate_formats=True)


@pytest.mark.parametrize("path", VALID, ids=name_of)
def test_a_good_record_passes_both(path: Path) -> None:
    record = parse_record(path.read_bytes())
    assert type_name(record) == path.parent.name
    validator(path.parent.name).validate(json.loads(path.read_bytes()))
    validator("record").validate(json.loads(path.read_bytes()))


@pytest.mark.parametrize("path", OUTPUTS, ids=name_of)
def test_a_good_output_passes_both(path: Path) -> None:
    struct, _ = CONTRACTS[path.parent.name]
    decoded = msgspec.json.decode(path.read_bytes(), type=struct)
    validator(path.parent.name).validate(json.loads(path.read_bytes()))
    encoded = json.loads(encode(decoded))
    validator(path.parent.name).validate(encoded)


@pytest.mark.parametrize("path", INVALID, ids=name_of)
def test_a_bad_record_is_refused_with_its_field_and_rule(path: Path) -> None:
    case = json.loads(path.read_bytes())
    with pytest.raises(ShapeError) as caught:
        parse_record(json.dumps(case["record"]).encode())
    assert (caught.value.field, caught.value.rule) == (case["field"], case["rule"])
    assert caught.value.detail
    refused = not validator("record").is_valid(case["record"])
    assert refused == (name_of(path) not in ONLY_PARSED)


def test_every_contract_has_examples() -> None:
    # Feed frames have theirs in examples/feed.
    wanted = {name for name in CONTRACTS if not name.startswith("feed_")}
    assert wanted == {path.parent.name for path in VALID + OUTPUTS}
    assert set(RECORD_STRUCTS) == {path.parent.parent.name for path in INVALID}


@pytest.mark.parametrize("name", shipped_scenarios())
def test_every_record_of_a_shipped_scenario_is_valid(name: str) -> None:
    scenario = load_scenario(name)
    assert len(scenario.entries) > 10
    for entry in scenario.entries:
        validator("record").validate(json.loads(encode(entry.record)))
