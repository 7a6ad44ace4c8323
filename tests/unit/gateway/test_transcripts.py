"""The golden transcripts and the page say what the protocol does now; every frame fits its published schema."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest

from schemas.export import documents
from tests.unit.gateway.transcripts import EXAMPLES, PAGE, SCRIPTS, json_text, page_text

REMEDY = "run python -m tests.unit.gateway.transcripts and read the difference"


@pytest.mark.parametrize("name", SCRIPTS)
def test_golden_transcript(name: str) -> None:
    assert (EXAMPLES / f"{name}.json").read_text("utf-8") == json_text(name), REMEDY


def test_no_golden_transcript_is_left_over() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.json")} == set(SCRIPTS)


def test_page_shows_the_transcripts() -> None:
    page = PAGE.read_text("utf-8")
    assert page == page_text(page), REMEDY
    assert all(f"<!-- transcript {name} -->" in page for name in SCRIPTS)


def _good_frames() -> list[Any]:
    frames = [
        frame
        for name in SCRIPTS
        for step in SCRIPTS[name]().steps
        for who, frame in step.items()
        if who == "server" or (who == "client" and name != "errors")
    ]
    return [pytest.param(frame, id=f"{number}-{frame['type']}") for number, frame in enumerate(frames)]


@pytest.mark.parametrize("frame", _good_frames())
def test_frame_fits_its_schema(frame: dict[str, Any]) -> None:
    schema = documents()[f"feed_{frame['type']}"]
    jsonschema_rs.validator_for(schema, validate_formats=True).validate(json.loads(json.dumps(frame)))


def test_every_frame_type_is_shown() -> None:
    shown = {frame.values[0]["type"] for frame in _good_frames()}
    assert {f"feed_{kind}" for kind in shown} | {"feed_unsubscribe"} == {
        name for name in documents() if name.startswith("feed_")
    }
