"""`POST /v1/records` (records.md 5): read the raw body, call the handler, answer verdicts or problems."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Literal

import msgspec
from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from fenghuo.platform.problems import ProblemError, problem_response
from schemas.problems import Problem
from services.intake import openapi
from services.intake.body import read_body, split_records
from services.intake.domain import Accepted, Verdict
from services.intake.handlers import RecordIntake
from services.intake.metrics import IntakeMetrics
from services.intake.ports import PendingRecords, SpoolBrokenError, SpoolFullError
from services.intake.refusals import Refusal, cannot_store, refused_together, spool_full

_encode = msgspec.json.Encoder(decimal_format="number").encode


class Result(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of one posted record; `record_id` None where none could be read."""

    record_id: str | None
    result: Literal["stored", "already_stored", "refused"]
    problem: Problem | None = None


class Results(msgspec.Struct, frozen=True):
    """The answer to a post, in the order of its records."""

    results: list[Result]


def components() -> dict[str, Any]:
    """OpenAPI schemas of intake's own answers."""
    _, schemas = msgspec.json.schema_components([Results], ref_template="#/components/schemas/{name}")
    # The contract's own Problem says more.
    return {name: schema for name, schema in schemas.items() if name in ("Result", "Results")}


class RawRoute(APIRoute):
    """Calls the endpoint with the request alone: FastAPI's parameter solving would cost more than the whole rest."""

    def get_route_handler(self) -> Callable[[Request], Any]:
        """The endpoint itself."""
        return self.endpoint


def build_router(intake: RecordIntake, metrics: IntakeMetrics) -> APIRouter:
    """The routes of intake."""
    router = APIRouter(route_class=RawRoute)

    async def post_records(request: Request) -> Response:
        try:
            body = await read_body(request)
            posted, batch = split_records(body)
            verdicts = await _accept(intake.accept, posted)
        except ProblemError as error:
            metrics.refused_requests.labels(error.code).inc()
            raise
        return answer(verdicts, batch=batch)

    router.add_api_route("/v1/records", post_records, methods=["POST"], **openapi.POST_RECORDS)
    return router


def build_internal_router(pending: PendingRecords) -> APIRouter:
    """What intake offers to a ledger in another process (its `HttpPendingRecords`); no part of the public API."""
    router = APIRouter(route_class=RawRoute)

    async def pending_record(request: Request) -> Response:
        record = pending.find(request.path_params["record_id"])
        if record is None:
            raise HTTPException(404)
        return Response(record, media_type="application/json")

    router.add_api_route(
        "/internal/pending/{record_id}", pending_record, methods=["GET"], include_in_schema=False
    )
    return router


async def _accept(
    accept: Callable[[Sequence[msgspec.Raw]], Awaitable[list[Verdict]]], posted: Sequence[msgspec.Raw]
) -> list[Verdict]:
    try:
        return await accept(posted)
    except SpoolFullError as error:
        raise spool_full(error) from error
    except SpoolBrokenError as error:
        raise cannot_store(error) from error


def answer(verdicts: Sequence[Verdict], *, batch: bool) -> Response:
    """202 with the results, or a problem where the single record, or every record, is refused."""
    refusals = [verdict for verdict in verdicts if isinstance(verdict, Refusal)]
    if len(refusals) < len(verdicts):
        return Response(
            _encode(Results([_result(verdict) for verdict in verdicts])), 202, None, "application/json"
        )
    if not batch:
        return problem_response(refusals[0].problem(), refusals[0].status)
    problem = refused_together(refusals, [_result(refusal) for refusal in refusals])
    return problem_response(problem, problem.status)


def _result(verdict: Verdict) -> Result:
    if isinstance(verdict, Accepted):
        return Result(record_id=verdict.record_id, result=verdict.result)
    return Result(record_id=verdict.record_id, result="refused", problem=verdict.problem())
