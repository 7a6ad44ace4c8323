"""The schemas in the repository are those of the structs, valid 2020-12, and break nothing that was published."""

from __future__ import annotations

import re
from typing import Any

import jsonschema_rs
import pytest

from schemas import export
from schemas.compat import CURRENT, PUBLISHED, breaking_changes, read_folder
from schemas.jsonschema import RECORD_STRUCTS, documents, json_schema_components
from schemas.topics import TOPIC_OF_TYPE


def test_the_exported_files_are_up_to_date() -> None:
    assert list(export.stale(CURRENT)) == []


def test_nothing_published_breaks() -> None:
    published = read_folder(PUBLISHED)
    assert published
    assert breaking_changes(published, read_folder(CURRENT)) == []


@pytest.mark.parametrize("name", sorted(documents()))
def test_a_document_is_json_schema_2020_12(name: str) -> None:
    document = documents()[name]
    assert document["$id"] == f"urn:fenghuo:schema:v1:{name}"
    assert document["description"]
    jsonschema_rs.meta.validate(document)
    jsonschema_rs.validator_for(document)  # every reference resolves


def test_every_type_of_a_record_topic_is_published() -> None:
    assert set(TOPIC_OF_TYPE) == set(RECORD_STRUCTS)


def test_patterns_are_ecma() -> None:
    def patterns(schema: Any) -> list[str]:
        if isinstance(schema, dict):
            own = [schema["pattern"]] if isinstance(schema.get("pattern"), str) else []
            return own + [found for value in schema.values() for found in patterns(value)]
        return [found for item in schema for found in patterns(item)] if isinstance(schema, list) else []

    found = patterns(list(documents().values()))
    assert found
    assert not [pattern for pattern in found if re.search(r"\(\?|\\Z|\\A", pattern)]


def test_components_refer_as_open_api_does() -> None:
    components = json_schema_components("#/components/schemas/{name}")
    assert {"Record", "LossReport", "Outcome", "Problem", "Subscribe"} <= set(components)
    text = repr(components)
    references = set(re.findall(r"#/components/schemas/(\w+)", text))
    assert references <= set(components)
    assert "$defs" not in text


def test_a_moment_is_a_date_time_everywhere() -> None:
    for name, component in json_schema_components().items():
        for field, schema in component.get("properties", {}).items():
            if field.endswith(("_at", "as_of")) or field in ("watermark", "folded_until"):
                if field == "device_sent_at":
                    continue  # kept, whatever it is
                kinds = schema.get("anyOf", [schema])
                assert any(kind.get("format") == "date-time" for kind in kinds), f"{name}.{field}"


def test_arguments_of_the_command(tmp_path: Any) -> None:
    export.write(tmp_path)
    assert list(export.stale(tmp_path)) == []
    (tmp_path / "outcome.schema.json").write_text("{}")
    (tmp_path / "left_over.json").write_text("{}")
    (tmp_path / "alarm.schema.json").unlink()
    assert list(export.stale(tmp_path)) == ["left_over.json", "alarm.schema.json", "outcome.schema.json"]
    assert export.main(["--check"]) == 0
