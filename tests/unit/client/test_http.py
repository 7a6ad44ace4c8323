"""The API client: patience, typed errors, sentences."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime

import httpx
import pytest

from fenghuo.client.http import (
    BATCH_BYTES,
    BATCH_RECORDS,
    ApiClient,
    ProblemError,
    RecordResult,
    UnreachableError,
    batches,
)

Handler = Callable[[httpx.Request], httpx.Response]
STORED = {"results": [{"record_id": "a", "result": "stored"}]}


def client(handler: Handler, pauses: list[float], patience: float = 60.0) -> ApiClient:
    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    return ApiClient("http://test/", patience=patience, transport=httpx.MockTransport(handler), pause=pause)


def answers(*responses: httpx.Response | Exception) -> Handler:
    waiting = list(responses)

    def handler(request: httpx.Request) -> httpx.Response:
        answer = waiting.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return handler


async def test_records_go_as_an_array_and_as_they_are() -> None:
    seen: list[bytes] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.content)
        assert request.headers["Content-Type"] == "application/json"
        return httpx.Response(202, json=STORED)

    async with client(handler, []) as api:
        assert await api.post_records([b'{"a":1.50}', b'{"b":2}']) == [RecordResult("a", "stored")]
    assert seen == [b'[{"a":1.50},{"b":2}]']


@pytest.mark.parametrize("status", [429, 503])
async def test_it_waits_as_long_as_the_server_says(status: int) -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
    pauses: list[float] = []
    handler = answers(
        httpx.Response(status, headers={"Retry-After": "3"}),
        httpx.Response(status),
        httpx.Response(status, headers={"Retry-After": later}),
        httpx.Response(status, headers={"Retry-After": "nonsense"}),
        httpx.Response(202, json=STORED),
    )
    async with client(handler, pauses) as api:
        await api.post_records([b"{}"])
    assert pauses[:2] == [3.0, 1.0]
    assert 15 < pauses[2] <= 20
    assert pauses[3] == 1.0


async def test_patience_ends_with_the_servers_own_words() -> None:
    pauses: list[float] = []
    full = {"type": "urn:fenghuo:problem:spool-full", "title": "满", "status": 429, "detail": "spool is full"}

    def handler(request: httpx.Request) -> httpx.Response:
        return httpx.Response(429, json=full, headers={"Retry-After": "4"})

    async with client(handler, pauses, patience=10) as api:
        with pytest.raises(ProblemError, match="429 满: spool is full") as caught:
            await api.post_records([b"{}"])
    assert caught.value.problem.type == "urn:fenghuo:problem:spool-full"
    assert pauses == [4.0, 4.0]


async def test_nobody_there_is_said_at_once() -> None:
    pauses: list[float] = []
    async with client(answers(httpx.ConnectError("refused")), pauses) as api:
        with pytest.raises(UnreachableError, match="http://test does not answer: refused"):
            await api.post_records([b"{}"])
    assert pauses == []


async def test_a_server_that_was_there_may_come_back() -> None:
    pauses: list[float] = []
    handler = answers(
        httpx.Response(202, json=STORED),
        httpx.ReadError("reset"),
        httpx.ConnectError("refused"),
        httpx.Response(202, json=STORED),
    )
    async with client(handler, pauses) as api:
        await api.post_records([b"{}"])
        assert await api.post_records([b"{}"]) == [RecordResult("a", "stored")]
    assert len(pauses) == 2


async def test_refusals_of_all_come_from_the_problem() -> None:
    refused = {"record_id": "a", "result": "refused", "problem": {"title": "t", "status": 422, "detail": "d"}}
    problem = {"title": "t", "status": 422, "detail": "all", "results": [refused, refused]}
    async with client(answers(httpx.Response(422, json=problem)), []) as api:
        results = await api.post_records([b"{}", b"{}"])
    assert [(result.result, result.problem and result.problem.detail) for result in results] == [
        ("refused", "d"),
        ("refused", "d"),
    ]


async def test_one_record_refused_by_itself() -> None:
    problem = {"title": "t", "status": 409, "detail": "another content", "record_id": "a"}
    async with client(answers(httpx.Response(409, json=problem)), []) as api:
        (result,) = await api.post_records([b"{}"])
    assert (result.record_id, result.result) == ("a", "refused")


async def test_a_body_that_is_too_large_is_an_error() -> None:
    problem = {"title": "t", "status": 413, "detail": "too large"}
    async with client(answers(httpx.Response(413, json=problem)), []) as api:
        with pytest.raises(ProblemError, match="413 t: too large"):
            await api.post_records([b"{}"])


async def test_an_answer_without_a_problem_is_still_a_sentence() -> None:
    async with client(answers(httpx.Response(500, text="Internal Server Error")), []) as api:
        with pytest.raises(ProblemError, match="500 HTTP 500: Internal Server Error"):
            await api.record("a")


async def test_unknown_is_none_and_numbers_are_decimal() -> None:
    unknown = {"title": "t", "status": 404, "detail": "unknown"}
    situation = {
        "incident_id": "i",
        "status": "Test",
        "unit": "000000000000",
        "version": 3,
        "watermark": None,
        "figures": {"loss_direct_wan": {"total": 123.4567, "own": None, "qualifier": "exact"}},
        "children": [{"incident_id": "i", "status": "Test", "unit": "51", "figures": {}, "children": []}],
    }
    handler = answers(
        httpx.Response(404, json=unknown),
        httpx.Response(404, json=unknown),
        httpx.Response(200, content=json.dumps(situation).encode()),
    )
    async with client(handler, []) as api:
        assert await api.record("a") is None
        assert await api.situation("i", status="Test") is None
        found = await api.situation("i", status="Test", depth=-1)
    assert found is not None
    assert found.figures["loss_direct_wan"].total == Decimal("123.4567")
    assert len(found.children) == 1


def test_batches_keep_order_and_stay_below_the_limits() -> None:
    small = [b"x"] * (BATCH_RECORDS + 1)
    assert [len(batch) for batch in batches(small, len)] == [BATCH_RECORDS, 1]
    large = [b"x" * (BATCH_BYTES // 2 + 1)] * 3
    assert [len(batch) for batch in batches(large, len)] == [1, 1, 1]
    assert list(batches([], len)) == []
