"""The GETs of records.md 5: parse, ask the reader, answer. Every route answers 503 while PostgreSQL is away."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, TypeVar

from fastapi import APIRouter
from msgspec import Raw
from starlette.responses import Response

from fenghuo.platform.postgres import DatabaseAwayError
from fenghuo.platform.problems import ProblemError
from schemas.outputs import encoder
from services.ledger import openapi
from services.ledger.answers import Judgement, StoredRecord
from services.ledger.errors import (
    BadCursorError,
    IntakeAwayProblemError,
    LedgerAwayError,
    UnknownFigureError,
    UnknownIncidentError,
    UnknownRecordError,
)
from services.ledger.known_at import PastPictures
from services.ledger.lists import AlarmQuery, HistoryQuery, JournalQuery, LedgerLists
from services.ledger.paging import CursorError
from services.ledger.parameters import (
    After,
    AlarmKinds,
    AlarmState,
    AnyStatus,
    Depth,
    EntriesLimit,
    FigureKey,
    IncidentFilter,
    IncidentId,
    Key,
    KnownAt,
    Limit,
    OrderBy,
    PublishedFrom,
    PublishedTo,
    ReceivedFrom,
    ReceivedTo,
    RecordId,
    StatusOrActual,
    TypeFilter,
    Unit,
    UnitFilter,
    VersionOrder,
)
from services.ledger.points_http import add_points
from services.ledger.points_reader import LedgerPoints
from services.ledger.ports import IntakeAwayError, PendingRecords
from services.ledger.reader import LedgerReader
from services.ledger.reference import add_reference
from streams.picture.explain_mentions import is_figure
from streams.picture.units import NATION

AnswerT = TypeVar("AnswerT")


async def _asked(answer: Awaitable[AnswerT]) -> AnswerT:
    try:
        return await answer
    except DatabaseAwayError as error:
        raise LedgerAwayError from error
    except CursorError as error:
        raise BadCursorError(str(error)) from error


def _json(body: Any) -> Response:
    return Response(encoder.encode(body), media_type="application/json")


def _raw(body: bytes) -> Response:
    return Response(body, media_type="application/json")


def build_router(
    reader: LedgerReader,
    lists: LedgerLists,
    past: PastPictures,
    points: LedgerPoints,
    pending: PendingRecords | None,
) -> APIRouter:
    """Every GET under /v1 that is not another service's own."""
    router = APIRouter()
    _add_record(router, reader, pending)
    _add_incidents(router, reader, past)
    _add_history(router, lists, past)
    _add_explain(router, past)
    _add_lists(router, lists)
    add_points(router, points)
    add_reference(router)
    return router


def _add_record(router: APIRouter, reader: LedgerReader, pending: PendingRecords | None) -> None:
    @router.get("/v1/records/{record_id}", **openapi.RECORD)
    async def record(record_id: RecordId) -> Response:
        outcome: Judgement | None = None
        # Intake first: what left it since is in the journal, or on its way there.
        waiting, otherwise = await _waiting(pending, record_id)
        try:
            content, outcome = await _asked(reader.record(record_id))
        except LedgerAwayError:
            # What intake has just acknowledged is found all the same; nothing is known of its judgement.
            if waiting is None:
                raise
            content = waiting
        content = content or waiting
        if content is None:
            raise otherwise
        return _json(StoredRecord(record=Raw(content), outcome=outcome))


async def _waiting(pending: PendingRecords | None, record_id: str) -> tuple[bytes | None, ProblemError]:
    """What intake holds of a record, and what to answer where the journal has none either."""
    unknown = UnknownRecordError(record_id)
    try:
        return (None if pending is None else await pending.find(record_id)), unknown
    except IntakeAwayError:
        return None, IntakeAwayProblemError(record_id)


def _add_incidents(router: APIRouter, reader: LedgerReader, past: PastPictures) -> None:
    @router.get("/v1/incidents", **openapi.INCIDENTS)
    async def incidents(status: StatusOrActual = "Actual") -> Response:
        return _json(await _asked(reader.incidents(status)))

    @router.get("/v1/incidents/{incident_id}/situation", **openapi.SITUATION)
    async def situation(
        incident_id: IncidentId,
        unit: Unit = NATION,
        status: StatusOrActual = "Actual",
        depth: Depth = 0,
        known_at: KnownAt = None,
    ) -> Response:
        if known_at is not None:
            return _raw(await _asked(past.situation(incident_id, status, unit, depth, known_at)))
        found = await _asked(reader.situation(incident_id, status, unit, depth))
        if found is None:
            raise UnknownIncidentError(incident_id, status)
        return _json(found)


def _add_history(router: APIRouter, lists: LedgerLists, past: PastPictures) -> None:
    @router.get("/v1/incidents/{incident_id}/history", **openapi.HISTORY)
    async def history(
        incident_id: IncidentId,
        unit: Unit = NATION,
        key: Key = None,
        status: StatusOrActual = "Actual",
        from_: PublishedFrom = None,
        to: PublishedTo = None,
        known_at: KnownAt = None,
        order: VersionOrder = "oldest",
        after: After = None,
        limit: Limit = 100,
    ) -> Response:
        query = HistoryQuery(
            unit=unit,
            key=key,
            status=status,
            from_=from_,
            to=to,
            known_at=known_at,
            order=order,
            after=after,
            limit=limit,
        )
        then = await _asked(past.canonical(incident_id, status, known_at)) if known_at is not None else None
        found = await _asked(lists.history(incident_id, query, then))
        if found is None:
            raise UnknownIncidentError(incident_id, status)
        return _json(found)


def _add_explain(router: APIRouter, past: PastPictures) -> None:
    # A figure of goods may have a slash in its name.
    @router.get("/v1/incidents/{incident_id}/figures/{key:path}/explain", **openapi.EXPLAIN)
    async def explain(
        incident_id: IncidentId,
        key: FigureKey,
        unit: Unit = NATION,
        status: StatusOrActual = "Actual",
        known_at: KnownAt = None,
        depth: Depth = -1,
        limit: EntriesLimit = 500,
    ) -> Response:
        if not is_figure(key):
            raise UnknownFigureError(key)
        explained = past.explanation(
            incident_id, status, unit=unit, key=key, depth=depth, limit=limit, known_at=known_at
        )
        return _raw(await _asked(explained))


def _add_lists(router: APIRouter, lists: LedgerLists) -> None:
    @router.get("/v1/journal", **openapi.JOURNAL)
    async def journal(
        incident: IncidentFilter = None,
        unit: UnitFilter = None,
        type: TypeFilter = None,  # noqa: A002  the name of the parameter in records.md
        status: AnyStatus = None,
        from_: ReceivedFrom = None,
        to: ReceivedTo = None,
        order: OrderBy = "newest",
        after: After = None,
        limit: Limit = 100,
    ) -> Response:
        query = JournalQuery(
            incident=incident,
            unit=unit,
            type=type,
            status=status,
            from_=from_,
            to=to,
            order=order,
            after=after,
            limit=limit,
        )
        return _json(await _asked(lists.journal(query)))

    @router.get("/v1/alarms", **openapi.ALARMS)
    async def alarms(
        incident: IncidentFilter = None,
        status: AnyStatus = None,
        state: AlarmState = "raised",
        kind: AlarmKinds = None,
        after: After = None,
        limit: Limit = 100,
    ) -> Response:
        query = AlarmQuery(
            incident=incident,
            status=status,
            state=None if state == "all" else state,
            kinds=tuple(kind) if kind else None,
            after=after,
            limit=limit,
        )
        return _json(await _asked(lists.alarms(query)))

    @router.get("/v1/dead-letters", **openapi.DEAD_LETTERS)
    async def dead_letters(after: After = None, limit: Limit = 100) -> Response:
        return _json(await _asked(lists.dead_letters(after, limit)))
