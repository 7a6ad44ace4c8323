"""The picture as known at a moment equals the naive model's fold of what was on the log by then (records.md 1)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from random import Random
from typing import Any

import httpx
import jsonschema_rs
import psutil
import pytest

from fenghuo.client.http import ApiClient, SituationView
from schemas.jsonschema import documents
from schemas.outputs import Progress
from services.ledger.known_at import MOST_WAITING
from services.ledger.known_at_questions import Extend, Fold, Question
from services.ledger.known_at_worker import FoldProcess
from tests.integration.ledger_fixtures import ledger, log, place, servers
from tests.integration.ledger_samples import INCIDENT, NATION, TOWN, figure, report, update
from tests.integration.ledger_system import (
    PARTITIONS,
    Publisher,
    RunningLedger,
    publisher,
    running_ledger,
    until,
)
from tests.live.expected import Json, Seen, by_the_model
from tests.live.postings import as_json, incidents_of
from tests.property.generators.sets import random_records
from tests.system import lives

__all__ = ["ledger", "log", "place", "servers"]
pytestmark = pytest.mark.integration

SIZE = 90
MOMENTS = 12
WORLDS = ("Exercise", "Test")
MICROSECOND = timedelta(microseconds=1)


class Folded:
    """How many pictures were folded, how often one was given more, and the processes that do it."""

    def __init__(self) -> None:
        self.count = self.extended = 0

    def processes(self) -> list[psutil.Process]:
        return [
            child
            for child in psutil.Process().children()
            if "services.ledger.known_at_process" in child.cmdline()
        ]


@pytest.fixture
def folded(monkeypatch: pytest.MonkeyPatch) -> Folded:
    found, ask = Folded(), FoldProcess.ask

    async def counted(process: FoldProcess, question: Question) -> bytes:
        found.count += isinstance(question, Fold)
        found.extended += isinstance(question, Extend)
        return await ask(process, question)

    monkeypatch.setattr(FoldProcess, "ask", counted)
    return found


async def journal(ledger: RunningLedger, **filters: Any) -> list[Json]:
    return await ledger.pages("/v1/journal", order="oldest", **filters)


async def posted(log: Publisher, ledger: RunningLedger, records: list[Json]) -> list[tuple[datetime, bytes]]:
    """Put records on the log, each on any partition; answers (append time, record) of all, oldest first."""
    before = len(await journal(ledger))
    for number, record in enumerate(records):
        await log.record(record, partition=number % 3)

    async def kept() -> bool:
        return len(await journal(ledger)) >= before + len(records)

    await until(kept, "the records are in the journal")
    items = await journal(ledger)
    entries = [(datetime.fromisoformat(item["recorded_at"]), as_json(item["record"])) for item in items]
    return sorted(entries)


@asynccontextmanager
async def client_of(ledger: RunningLedger) -> AsyncIterator[ApiClient]:
    async with ApiClient("http://ledger", transport=httpx.ASGITransport(ledger.app)) as client:
        yield client


async def seen_at(ledger: RunningLedger, moment: datetime, incidents: list[str]) -> Seen:
    """Every figure of the incidents as known then."""
    seen = Seen()
    async with client_of(ledger) as client:
        for status in WORLDS:
            for incident in incidents:
                found = await client.situation(incident, status=status, depth=-1, known_at=moment)
                if found is None:
                    continue
                assert (found.known_at, found.version) == (moment, None)
                seen.canonical[status, incident] = found.incident_id
                if found.incident_id == incident:
                    _collect(seen, found)
    return seen


def _collect(seen: Seen, found: SituationView) -> None:
    for key, shown in found.figures.items():
        seen.figures[found.status, found.incident_id, found.unit, key] = shown.total, shown.own
    for child in found.children:
        _collect(seen, child)


@pytest.mark.parametrize("seed", range(4))
async def test_it_equals_the_model_at_any_moment(
    log: Publisher, ledger: RunningLedger, folded: Folded, seed: int
) -> None:
    rng = Random(seed)
    records = random_records(seed, SIZE, conflicting_ids=seed % 2 == 1)
    rng.shuffle(records)
    entries = await posted(log, ledger, records)
    incidents = incidents_of(records)
    appended = sorted({moment for moment, _ in entries})
    moments = [*rng.sample(appended, MOMENTS - 4), appended[0] - MICROSECOND, appended[0], appended[-1]]
    moments += [rng.choice(appended) - MICROSECOND, appended[-1] + timedelta(days=400)]
    if seed % 4 >= 2:
        # Forward in time: a picture is given what was known later.
        moments = sorted(appended[len(appended) // 2 :: 3]) + moments
    for moment in moments:
        known = [record for recorded_at, record in entries if recorded_at <= moment]
        expected = by_the_model(known)
        seen = await seen_at(ledger, moment, incidents)
        assert seen.figures == expected.figures, moment
        for place_, canonical in expected.canonical.items():
            assert seen.canonical[place_] == canonical
    assert folded.extended > 0 or seed % 4 < 2


REPORT = report(1, rows=[{"unit": TOWN, "values": {"dead": 3}}])
RESTATED = report(
    2,
    type="correction",
    supersedes=REPORT["record_id"],
    reason="重复统计",
    rows=[{"unit": TOWN, "values": {"dead": 2}}],
)
EXERCISE = {"status": "Exercise"}
DEAD = f"/v1/incidents/{INCIDENT}/figures/dead/explain"
SITUATION = f"/v1/incidents/{INCIDENT}/situation"


async def test_an_explanation_goes_down_to_the_records(log: Publisher, ledger: RunningLedger) -> None:
    first, second = (moment for moment, _ in await posted(log, ledger, [REPORT, RESTATED]))
    now = await ledger.get(DEAD, **EXERCISE)
    jsonschema_rs.validator_for(documents()["explanation"], validate_formats=True).validate(now)
    assert (now["tree"]["total"], now["known_at"]) == (2, None)
    assert datetime.fromisoformat(now["newest_recorded_at"]) == second
    town = await ledger.get(DEAD, unit=TOWN, **EXERCISE)
    entries = town["tree"]["cells"][0]["entries"]
    assert [(entry["record_id"], entry["decision"]) for entry in entries] == [
        (RESTATED["record_id"], "in_force_corrected"),
        (REPORT["record_id"], "corrected"),
    ]
    assert town["decisions"]["corrected"]["rule"] == "R4"
    then = await ledger.get(DEAD, unit=TOWN, known_at=first.isoformat(), **EXERCISE)
    assert [entry["decision"] for entry in then["tree"]["cells"][0]["entries"]] == ["in_force"]
    assert datetime.fromisoformat(then["newest_recorded_at"]) == first
    shallow = await ledger.get(DEAD, depth=1, limit=1, **EXERCISE)
    assert "children" not in shallow["tree"]["children"][0]
    nothing = await ledger.get(f"/v1/incidents/{INCIDENT}/figures/supply_released.水/explain", **EXERCISE)
    assert (nothing["tree"]["total"], nothing["tree"]["cells"]) == (None, [])


async def test_before_the_first_record_there_is_nothing_and_in_the_future_what_is_known(
    log: Publisher, ledger: RunningLedger
) -> None:
    first, _ = (moment for moment, _ in await posted(log, ledger, [REPORT, RESTATED]))
    before = await ledger.get(SITUATION, known_at=(first - MICROSECOND).isoformat(), **EXERCISE)
    assert (before["figures"], before["newest_recorded_at"]) == ({}, None)
    at = await ledger.get(SITUATION, known_at=first.isoformat(), **EXERCISE)
    assert at["figures"]["dead"]["total"] == 3
    future = await ledger.get(SITUATION, known_at="2999-01-01T08:00:00+08:00", **EXERCISE)
    assert future["figures"]["dead"]["total"] == 2
    assert future["known_at"] == "2999-01-01T00:00:00Z"
    for path in (SITUATION, DEAD, f"/v1/incidents/{INCIDENT}/history"):
        answer = await ledger.client.get(path, params={"known_at": first.isoformat(), "status": "Actual"})
        assert (answer.status_code, answer.json()["type"]) == (404, "urn:fenghuo:problem:unknown-incident")


async def test_the_watermark_says_when_nothing_can_be_added(log: Publisher, ledger: RunningLedger) -> None:
    first, second = (moment for moment, _ in await posted(log, ledger, [REPORT, RESTATED]))
    answer = await ledger.get(SITUATION, known_at=first.isoformat(), **EXERCISE)
    assert answer["watermark"] is None
    for partition in range(PARTITIONS):
        await log.progress(Progress(partition=partition, folded_until=second, version=1))

    async def told() -> bool:
        now = await ledger.get(SITUATION, known_at="2999-01-01T08:00:00Z", **EXERCISE)
        return now["watermark"] is not None and datetime.fromisoformat(now["watermark"]) == second

    await until(told, "the watermark is known")
    answer = await ledger.get(SITUATION, known_at=first.isoformat(), **EXERCISE)
    assert answer["watermark"] == answer["known_at"]


async def test_history_shows_what_had_been_published_by_then(log: Publisher, ledger: RunningLedger) -> None:
    await posted(log, ledger, [REPORT])
    path = f"/v1/incidents/{INCIDENT}/history"

    async def published(number: int) -> list[Json]:
        await log.change(update(NATION, number, {"dead": figure(number)}, last=True))
        items: list[Json] = []

        async def there() -> bool:
            answer = await ledger.client.get(path, params=EXERCISE)
            items[:] = answer.json()["items"] if answer.status_code == 200 else []
            return len(items) >= number

        await until(there, "it is published")
        return items

    items = await published(1) and await published(2)
    then = await ledger.get(path, known_at=items[0]["published_at"], **EXERCISE)
    assert then["items"] == items[:1]
    assert (await ledger.get(path, known_at="2999-01-01T00:00:00Z", **EXERCISE))["items"] == items


PROBLEMS: tuple[tuple[str, dict[str, str], int, str, str], ...] = (
    (SITUATION, {"known_at": "yesterday"}, 422, "invalid-parameter", "known_at"),
    (SITUATION, {"known_at": "2026-08-20T09:00:00"}, 422, "invalid-parameter", "known_at"),
    (DEAD, {"known_at": "1785000000"}, 422, "invalid-parameter", "known_at"),
    (DEAD, {"unit": "5132"}, 422, "invalid-parameter", "unit"),
    (DEAD, {"limit": "0"}, 422, "invalid-parameter", "limit"),
    (DEAD.replace("dead", "deaths"), {}, 404, "unknown-figure", "key"),
    (DEAD.replace("dead", "supply_released.a%2Fb"), {}, 404, "unknown-incident", "incident_id"),
    (DEAD, {}, 404, "unknown-incident", "incident_id"),
)


async def test_what_cannot_be_asked_is_a_problem(ledger: RunningLedger) -> None:
    for path, params, status, code, field in PROBLEMS:
        answer = await ledger.client.get(path, params=params)
        assert answer.headers["content-type"] == "application/problem+json"
        problem = answer.json()
        expected = status, f"urn:fenghuo:problem:{code}", field
        assert (answer.status_code, problem["type"], problem["field"]) == expected, path


async def test_a_picture_is_folded_once_and_again_when_more_was_known(
    log: Publisher, ledger: RunningLedger, folded: Folded
) -> None:
    [(first, _)] = await posted(log, ledger, [REPORT])
    late = {"known_at": (first + timedelta(days=400)).isoformat(), **EXERCISE}
    await asyncio.gather(*(ledger.get(SITUATION, depth=depth, **late) for depth in (0, 1, -1)))
    await ledger.get(DEAD, **late)
    await ledger.get(DEAD, **EXERCISE)
    assert folded.count == 1
    await posted(log, ledger, [REPORT, RESTATED])
    assert (await ledger.get(SITUATION, **late))["figures"]["dead"]["total"] == 2
    assert folded.count == 2
    assert (await ledger.get(SITUATION, known_at=first.isoformat(), **EXERCISE))["figures"]["dead"][
        "total"
    ] == 3
    assert folded.count == 2


async def test_a_record_elsewhere_that_is_named_here_decides_too(
    log: Publisher, ledger: RunningLedger, folded: Folded
) -> None:
    base = report(1, incident_id="ANOTHER", rows=[{"unit": TOWN, "values": {"dead": 3}}])
    await posted(log, ledger, [RESTATED])
    late = {"known_at": "2999-01-01T00:00:00Z", **EXERCISE}

    async def decision() -> str:
        answer = await ledger.get(DEAD, unit=TOWN, **late)
        return str(answer["tree"]["cells"][0]["entries"][0]["decision"])

    assert await decision() == "awaiting_base"
    await posted(log, ledger, [RESTATED, base])
    assert await decision() == "foreign_base"
    assert folded.count == 2


async def test_a_process_that_was_killed_is_started_again(
    log: Publisher, ledger: RunningLedger, folded: Folded
) -> None:
    [(first, _)] = await posted(log, ledger, [REPORT])
    then = {"known_at": first.isoformat(), **EXERCISE}
    answer = await ledger.get(SITUATION, **then)
    [process] = folded.processes()
    process.kill()
    assert await ledger.get(SITUATION, **then) == answer
    [another] = folded.processes()
    assert another.pid != process.pid


async def test_too_many_who_look_back_are_told_to_come_back(log: Publisher, ledger: RunningLedger) -> None:
    [(first, _)] = await posted(log, ledger, [REPORT])
    path, params = SITUATION, {"known_at": first.isoformat(), **EXERCISE}
    asked = [ledger.client.get(path, params=params) for _ in range(3 * MOST_WAITING)]
    answers = await asyncio.gather(*asked)
    statuses = [answer.status_code for answer in answers]
    assert statuses.count(200) >= MOST_WAITING
    busy = [answer for answer in answers if answer.status_code != 200]
    assert {(each.status_code, each.json()["type"]) for each in busy} == {
        (503, "urn:fenghuo:problem:looking-back-busy")
    }
    assert all(int(each.headers["Retry-After"]) > 0 for each in busy)


async def test_it_ends_with_the_ledger(place: tuple[str, str], folded: Folded) -> None:
    async with publisher(place[0]) as log, running_ledger(*place) as ledger:
        await ledger.until_ready()
        [(first, _)] = await posted(log, ledger, [REPORT])
        await ledger.get(SITUATION, known_at=first.isoformat(), **EXERCISE)
        [process] = folded.processes()
    assert not lives(process.pid)
