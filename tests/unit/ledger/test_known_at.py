"""Past pictures: what merges join, what is kept, and a process that does not answer."""

from __future__ import annotations

import asyncio
import json
from asyncio.subprocess import PIPE
from datetime import UTC, datetime
from io import BytesIO
from random import Random
from typing import Any

import msgspec
import psutil
import pytest

from services.ledger import known_at_worker
from services.ledger.known_at_folds import FoldedPictures, PastPicture
from services.ledger.known_at_questions import (
    Answer,
    AskCanonical,
    AskExplanation,
    AskSituation,
    Extend,
    Fold,
    frame,
    read_question,
)
from services.ledger.known_at_records import joined_with
from services.ledger.known_at_worker import FoldLostError, FoldProcess, FoldTooLongError
from streams.picture.cells import Cells
from tests.property.generators.sets import random_records

NOW = datetime(2026, 8, 20, 1, tzinfo=UTC)
NATION = "000000000000"


def merge(from_: str, into: str) -> bytes:
    return json.dumps({"from": from_, "into": into}).encode()


def test_merges_join_either_way_and_over_others() -> None:
    merges = [merge("a", "b"), merge("c", "b"), merge("c", "d"), merge("x", "y")]
    assert joined_with("a", merges) == ["a", "b", "c", "d"]
    assert joined_with("d", merges) == ["a", "b", "c", "d"]
    assert joined_with("z", merges) == ["z"]


def test_questions_travel() -> None:
    asked = AskSituation(
        number=7,
        incident_id="I",
        unit=NATION,
        depth=-1,
        known_at=NOW,
        newest_recorded_at=None,
        watermark=datetime.max.replace(tzinfo=UTC),
    )
    source = BytesIO(frame(Fold(1, "Test", [b"{}"], [3])) + frame(asked) + frame(AskCanonical(1, "I"))[:-1])
    assert read_question(source) == Fold(1, "Test", [b"{}"], [3])
    assert read_question(source) == asked
    assert read_question(source) is None  # whoever asked is gone


def contents_of(seed: int) -> list[bytes]:
    return [json.dumps(record).encode() for record in random_records(seed, 80, conflicting_ids=True)]


def told(picture: PastPicture, incident_id: str) -> list[Any]:
    asked = {"incident_id": incident_id, "known_at": NOW, "newest_recorded_at": NOW, "watermark": None}
    situation = picture.situation(AskSituation(number=1, unit=NATION, depth=-1, **asked))  # type: ignore[arg-type]
    found = [msgspec.json.decode(situation)]
    for key in ("dead", "reloc_cum", "sorties", "shelter_now"):
        question = AskExplanation(number=1, unit=NATION, key=key, depth=-1, limit=500, **asked)  # type: ignore[arg-type]
        found.append(msgspec.json.decode(picture.explanation(question)))
    return found


@pytest.mark.parametrize("seed", range(6))
def test_given_more_a_picture_is_that_of_all(seed: int) -> None:
    contents = contents_of(seed)
    Random(seed).shuffle(contents)
    whole = PastPicture("Exercise", contents)
    grown = PastPicture("Exercise", contents[:50])
    for start in range(50, len(contents), 7):
        grown.extend(contents[start : start + 7])
    for incident_id in {json.loads(content)["incident_id"] for content in contents}:
        assert grown.canonical(incident_id) == whole.canonical(incident_id)
        assert told(grown, incident_id) == told(whole, incident_id)


def test_a_record_that_no_rule_can_judge_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    contents = contents_of(1)
    poison = next(content for content in contents if json.loads(content)["type"] == "loss_report")
    poisoned = json.loads(poison)["record_id"]
    rest = [content for content in contents if json.loads(content)["record_id"] != poisoned]
    expected = PastPicture("Exercise", rest)
    put = Cells.put

    def stumble(cells: Cells, event: Any) -> None:
        by = getattr(event.value, "by", None)
        if getattr(by, "record_id", None) == poisoned:
            raise ZeroDivisionError
        put(cells, event)

    monkeypatch.setattr(Cells, "put", stumble)
    found = PastPicture("Exercise", contents)
    for incident_id in {json.loads(content)["incident_id"] for content in rest}:
        assert told(found, incident_id) == told(expected, incident_id)


def test_pictures_are_forgotten_when_told_so() -> None:
    pictures = FoldedPictures()
    contents = contents_of(2)
    assert pictures.answer(Fold(1, "Exercise", contents, [])) == Answer(b"")
    pictures.answer(Fold(2, "Exercise", contents, []))
    pictures.answer(Extend(2, contents, [1]))
    assert pictures.answer(AskCanonical(2, "nobody")) == Answer(b'"nobody"')
    with pytest.raises(KeyError):
        pictures.answer(AskCanonical(1, "nobody"))


async def test_a_process_that_does_not_answer_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_at_worker, "COMMAND", ("sleep", "600"))
    monkeypatch.setattr(known_at_worker, "ANSWER_SECONDS", 0.05)
    process = FoldProcess()
    async with process.open():
        await process.start()
        [child] = psutil.Process().children()
        with pytest.raises(FoldTooLongError):
            await process.ask(AskCanonical(1, "I"))
        assert not child.is_running()
        await process.start()
        assert process.generation == 2


async def test_a_process_that_ended_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_at_worker, "COMMAND", ("true",))
    process = FoldProcess()
    async with process.open():
        await process.start()
        with pytest.raises(FoldLostError):
            await process.ask(AskCanonical(1, "I"))


async def test_the_process_ends_with_whoever_asks_it() -> None:
    process = await asyncio.create_subprocess_exec(*known_at_worker.COMMAND, stdin=PIPE, stdout=PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(frame(Fold(1, "Exercise", contents_of(3), [])))
    size = int.from_bytes(await process.stdout.readexactly(4), "big")
    assert await process.stdout.readexactly(size)
    process.stdin.close()  # as a kill of the web process does
    assert await asyncio.wait_for(process.wait(), 30) == 0
