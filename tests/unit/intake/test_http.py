"""`POST /v1/records` as a client sees it: statuses, problems, limits."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from fastapi import APIRouter
from prometheus_client import CollectorRegistry

from fenghuo.platform.health import Health
from services.intake import body
from services.intake.clock import ArrivalClock
from services.intake.domain import MAX_BODY_BYTES, MAX_RECORD_BYTES, MAX_RECORDS, StampedRecord
from services.intake.handlers import RecordIntake
from services.intake.http import build_router, components
from services.intake.memory import KnownIds, RecentRecords
from services.intake.metrics import IntakeMetrics
from services.intake.ports import SpoolBrokenError, SpoolFullError
from services.web.application import build_application
from tests.unit.intake.fakes import MemoryLog, dispatch, report

JSON = {"content-type": "application/json"}


class FailingLog(MemoryLog):
    """A log that raises what it is told."""

    error: Exception | None = None

    async def append(self, records: Sequence[StampedRecord]) -> None:
        if self.error is not None:
            raise self.error
        await super().append(records)


@asynccontextmanager
async def nothing() -> AsyncIterator[None]:
    yield


@dataclass
class Service:
    """Intake's routes alone."""

    router: APIRouter
    components: dict[str, Any] = field(default_factory=components)

    def lifespan(self) -> Any:
        return nothing()


@pytest.fixture
async def log() -> FailingLog:
    return FailingLog()


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
async def client(log: FailingLog, registry: CollectorRegistry) -> AsyncIterator[httpx.AsyncClient]:
    metrics = IntakeMetrics(registry)
    intake = RecordIntake(log, KnownIds(100_000), RecentRecords(1 << 20), ArrivalClock(), metrics)
    app = build_application([Service(build_router(intake, metrics))], Health("web", registry))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=JSON) as client:
        yield client


async def post(client: httpx.AsyncClient, content: Any, **headers: str) -> httpx.Response:
    return await client.post("/v1/records", content=content, headers=headers)


def assert_problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert problem["status"] == status
    assert problem["type"] == f"urn:fenghuo:problem:{code}"
    assert problem["title"][0] >= "一", "Chinese first"
    assert problem["detail"]
    return problem


def batch(*records: bytes) -> bytes:
    return b"[" + b",".join(records) + b"]"


async def test_a_single_record_and_a_batch(client: httpx.AsyncClient) -> None:
    answer = await post(client, report("a"))
    assert (answer.status_code, answer.headers["content-type"]) == (202, "application/json")
    assert answer.json() == {"results": [{"record_id": "a", "result": "stored"}]}
    answer = await post(client, b" \n" + batch(report("a"), dispatch("b"), b"{}"))
    assert answer.status_code == 202
    first, second, third = answer.json()["results"]
    assert (first, second) == (
        {"record_id": "a", "result": "already_stored"},
        {"record_id": "b", "result": "stored"},
    )
    assert (third["record_id"], third["result"], third["problem"]["status"]) == (None, "refused", 422)


async def test_a_refused_record_is_a_problem_that_names_it(
    client: httpx.AsyncClient, log: FailingLog
) -> None:
    rows = [{"unit": "513221000000", "values": {"dead": 1.5}}]
    problem = assert_problem(await post(client, report("a", rows=rows)), 422, "invalid-record")
    assert problem["record_id"] == "a"
    assert problem["field"] == "rows[0].values.dead"
    assert problem["rule"] == "records.md 2"
    assert problem["value"] == 1.5
    assert log.records == []


async def test_another_content_under_a_known_id_is_409(client: httpx.AsyncClient) -> None:
    await post(client, report("a"))
    problem = assert_problem(await post(client, report("a", note="x")), 409, "id-conflict")
    assert (problem["record_id"], problem["field"]) == ("a", "record_id")


async def test_a_batch_of_refusals_has_their_common_status(client: httpx.AsyncClient) -> None:
    await post(client, report("a"))
    problem = assert_problem(await post(client, batch(report("a", note="x"))), 409, "id-conflict")
    assert [result["record_id"] for result in problem["results"]] == ["a"]
    problem = assert_problem(await post(client, batch(report("a", note="x"), b"{}")), 422, "all-refused")
    assert [result["problem"]["status"] for result in problem["results"]] == [409, 422]


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=gbk"]
)
async def test_another_media_type_is_415(client: httpx.AsyncClient, content_type: str) -> None:
    problem = assert_problem(
        await post(client, report(), **{"content-type": content_type}), 415, "unsupported-media-type"
    )
    assert problem["value"] == content_type


@pytest.mark.parametrize(
    "content_type", ["application/json; charset=utf-8", 'Application/JSON;charset="UTF-8"']
)
async def test_json_in_utf8_is_taken_however_it_is_spelt(
    client: httpx.AsyncClient, content_type: str
) -> None:
    assert (await post(client, report(), **{"content-type": content_type})).status_code == 202


@pytest.mark.parametrize("content", [b"", b"{", b"[1,", b"\xef\xbb\xbf{}", b"nothing", b"[" * 100_000])
async def test_what_is_no_json_is_422(client: httpx.AsyncClient, content: bytes) -> None:
    assert_problem(await post(client, content), 422, "malformed-json")


async def test_an_empty_batch_is_422(client: httpx.AsyncClient) -> None:
    assert_problem(await post(client, b"[]"), 422, "empty-batch")


async def test_the_number_of_records_is_limited(client: httpx.AsyncClient, log: FailingLog) -> None:
    records = [report(f"r{number}") for number in range(MAX_RECORDS + 1)]
    assert_problem(await post(client, batch(*records)), 413, "too-many-records")
    assert log.records == []
    assert (await post(client, batch(*records[:-1]))).status_code == 202
    assert len(log.records) == MAX_RECORDS


async def test_a_body_beyond_its_limit_is_413_whether_declared_or_not(client: httpx.AsyncClient) -> None:
    taken = 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal taken
        for _ in range(1_000):
            taken += 1 << 20
            yield b" " * (1 << 20)

    assert_problem(await post(client, b" " * (MAX_BODY_BYTES + 1)), 413, "body-too-large")
    assert_problem(await post(client, chunks()), 413, "body-too-large")
    # httpx hands an ASGI application its chunks one by one: read on for a while, so that a proxy hears the answer; the
    # rest was not taken.
    assert body.DISCARDED_BYTES < taken <= body.DISCARDED_BYTES + (2 << 20)
    fitting = report()
    assert (await post(client, fitting + b" " * (MAX_BODY_BYTES - len(fitting)))).status_code == 202


async def test_a_large_record_is_413_alone_and_refused_in_a_batch(client: httpx.AsyncClient) -> None:
    large = report("large", note="x" * MAX_RECORD_BYTES)
    problem = assert_problem(await post(client, large), 413, "record-too-large")
    assert problem["record_id"] == "large"
    answer = await post(client, batch(large, report("small")))
    assert answer.status_code == 202
    assert [result["result"] for result in answer.json()["results"]] == ["refused", "stored"]
    assert answer.json()["results"][0]["problem"]["status"] == 413


async def test_a_body_that_does_not_come_is_408(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(body, "READ_TIMEOUT", 0.05)

    async def trickle() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    assert_problem(await post(client, trickle()), 408, "request-timeout")


async def test_a_full_spool_is_429_and_a_broken_one_503(client: httpx.AsyncClient, log: FailingLog) -> None:
    for error, status, code in (
        (SpoolFullError("full"), 429, "spool-full"),
        (SpoolBrokenError("I/O error"), 503, "cannot-store"),
    ):
        log.error = error
        answer = await post(client, report())
        assert_problem(answer, status, code)
        assert int(answer.headers["retry-after"]) > 0
    log.error = None
    assert (await post(client, report())).json()["results"][0]["result"] == "stored"


async def test_an_unforeseen_error_is_a_problem_without_inner_words(
    client: httpx.AsyncClient, log: FailingLog
) -> None:
    log.error = RuntimeError("secret inner words")
    problem = assert_problem(await post(client, report()), 500, "internal-error")
    assert "secret" not in json.dumps(problem)


async def test_what_happens_is_counted(client: httpx.AsyncClient, registry: CollectorRegistry) -> None:
    await post(client, batch(report("a"), report("b"), report("a"), b"{}", report("a", note="x")))
    await post(client, b"{")

    def value(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(name, labels)

    assert value("fenghuo_intake_accepted_records_total") == 2
    assert value("fenghuo_intake_repeated_records_total") == 1
    assert value("fenghuo_intake_refused_records_total", code="id-conflict") == 1
    assert value("fenghuo_intake_refused_records_total", code="invalid-record") == 1
    assert value("fenghuo_intake_refused_requests_total", code="malformed-json") == 1
    assert value("fenghuo_intake_append_seconds_count") == 1
