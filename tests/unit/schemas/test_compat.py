"""Additions pass, breaking changes are refused, in the sense that fits the direction."""

from __future__ import annotations

import copy
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from schemas import compat
from schemas.compat import breaking_changes, read_folder, read_ref
from schemas.jsonschema import documents

Schema = dict[str, Any]
Change = Callable[[Schema], None]


def changed(name: str, change: Change) -> list[str]:
    old = {name: documents()[name]}
    new = copy.deepcopy(old)
    change(new[name])
    assert new != old
    return breaking_changes(old, new)


def properties(schema: Schema, component: str | None = None) -> Schema:
    found: Schema = (schema["$defs"][component] if component else schema)["properties"]
    return found


INPUT_BREAKS: dict[str, Change] = {
    "a field is gone": lambda s: properties(s).pop("channel"),
    "a new required field": lambda s: s["required"].append("channel"),
    "an enum narrowed": lambda s: properties(s)["status"]["enum"].remove("Test"),
    "an enum narrowed below": lambda s: properties(s, "Source")["class"]["enum"].remove("grid"),
    "a type narrowed": lambda s: properties(s)["note"].update(type="string"),
    "a pattern changed": lambda s: properties(s)["record_id"].update(pattern="^[a-z]+$"),
    "a pattern added": lambda s: properties(s)["channel"].update(pattern="^[a-z]+$"),
    "a longest length lowered": lambda s: properties(s)["channel"].update(maxLength=16),
    "a least length added": lambda s: properties(s)["channel"].update(minLength=1),
    "fewer items": lambda s: properties(s)["rows"].update(maxItems=100),
    "an alternative is gone": lambda s: properties(s)["reason"].update(anyOf=[{"type": "string"}]),
    "a default changed": lambda s: properties(s)["status"].update(default="Exercise"),
    "a condition added": lambda s: s["allOf"].append({"required": ["note"]}),
    "extra fields forbidden": lambda s: s.update(additionalProperties=False),
    "the direction turned": lambda s: s.update({"x-direction": "output"}),
    "a value of cells narrowed": lambda s: properties(s, "Row")["values"].update(
        additionalProperties={"type": "integer", "minimum": 0}
    ),
}
INPUT_ADDITIONS: dict[str, Change] = {
    "a new optional field": lambda s: properties(s).update(mood={"type": "string"}),
    "a field no longer required": lambda s: s["required"].remove("sent_at"),
    "an enum widened": lambda s: properties(s)["status"]["enum"].append("Draft"),
    "a longest length raised": lambda s: properties(s)["channel"].update(maxLength=64),
    "a pattern dropped": lambda s: properties(s)["record_id"].pop("pattern"),
    "an alternative added": lambda s: properties(s)["reason"]["anyOf"].append({"type": "integer"}),
    "a condition dropped": lambda s: s["allOf"].pop(),
    "another description": lambda s: s.update(description="other words"),
}
OUTPUT_BREAKS: dict[str, Change] = {
    "a field is gone": lambda s: properties(s).pop("version"),
    "a field no longer certain": lambda s: s["required"].remove("standing"),
    "an enum widened": lambda s: properties(s)["standing"]["enum"].append("lost"),
    "a type widened": lambda s: properties(s).update(version={"type": "number"}),
    "null where there was a value": lambda s: properties(s).update(
        record_id={"anyOf": [{"type": "string"}, {"type": "null"}]}
    ),
}
OUTPUT_ADDITIONS: dict[str, Change] = {
    "a new field": lambda s: properties(s).update(judged_at={"type": "string"}),
    "a field more certain": lambda s: s["required"].append("version"),
    "an enum narrowed": lambda s: properties(s)["standing"]["enum"].remove("returned"),
    "a type narrowed": lambda s: properties(s)["version"].update(minimum=0),
}


@pytest.mark.parametrize("change", INPUT_BREAKS.values(), ids=INPUT_BREAKS)
def test_an_input_that_refuses_what_it_took_breaks(change: Change) -> None:
    assert changed("loss_report", change)


@pytest.mark.parametrize("change", INPUT_ADDITIONS.values(), ids=INPUT_ADDITIONS)
def test_an_input_may_take_more(change: Change) -> None:
    assert changed("loss_report", change) == []


@pytest.mark.parametrize("change", OUTPUT_BREAKS.values(), ids=OUTPUT_BREAKS)
def test_an_output_that_gives_what_it_did_not_breaks(change: Change) -> None:
    assert changed("outcome", change)


@pytest.mark.parametrize("change", OUTPUT_ADDITIONS.values(), ids=OUTPUT_ADDITIONS)
def test_an_output_may_say_more(change: Change) -> None:
    assert changed("outcome", change) == []


def test_a_schema_that_is_gone_breaks_and_a_new_one_does_not() -> None:
    both = documents()
    fewer = {name: schema for name, schema in both.items() if name != "alert"}
    assert breaking_changes(both, fewer) == ["alert: the schema is gone"]
    assert breaking_changes(fewer, both) == []


def test_the_union_breaks_when_a_type_goes() -> None:
    assert changed("record", lambda s: s["oneOf"].pop())


def test_a_sentence_names_the_schema_and_the_place() -> None:
    (sentence,) = changed("loss_report", INPUT_BREAKS["a longest length lowered"])
    assert sentence == "loss_report: /channel: maxLength 16 against 32 (refuses what it took)"


def test_the_command_on_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    schema = copy.deepcopy(documents()["loss_report"])
    properties(schema)["channel"]["maxLength"] = 64
    (tmp_path / "loss_report.schema.json").write_text(json.dumps(schema), "utf-8")
    assert compat.main(["--base", str(tmp_path)]) == 1
    assert "maxLength 32 against 64" in capsys.readouterr().err
    assert compat.main(["--base", str(tmp_path / "nothing")]) == 2


def test_a_git_ref_as_the_base(tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        subprocess.run(
            ["git", "-C", str(tmp_path), "-c", "user.name=t", "-c", "user.email=t@example.org", *arguments],
            check=True,
            capture_output=True,
        )

    folder = tmp_path / "schemas" / "v1"
    folder.mkdir(parents=True)
    (folder / "alert.schema.json").write_text(json.dumps(documents()["alert"]), "utf-8")
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "published")
    (folder / "alert.schema.json").write_text("{}")
    assert read_ref("HEAD", tmp_path) == {"alert": documents()["alert"]}
    assert read_folder(folder) == {"alert": {}}
    with pytest.raises(subprocess.CalledProcessError):
        read_ref("no-such-ref", tmp_path)
