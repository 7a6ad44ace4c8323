"""`GET /v1/points`: where the units within a unit are."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query
from starlette.responses import Response

from fenghuo.platform.postgres import DatabaseAwayError
from schemas.outputs import encoder
from services.ledger import openapi
from services.ledger.domain import code_range
from services.ledger.errors import BadCursorError, LedgerAwayError
from services.ledger.paging import MAX_LIMIT, CursorError
from services.ledger.parameters import After, Limit, StatusOrActual
from services.ledger.points_reader import LedgerPoints, Points

Within = Annotated[
    str,
    Query(
        pattern=r"^([0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{9}|[0-9]{12})$",
        description="区划代码前 2、4、6、9 位，或单位的 12 位代码（含所辖）"
        " first 2, 4, 6 or 9 digits of a code, or a unit's 12, with all below it",
    ),
]


def components() -> dict[str, Any]:
    """OpenAPI schemas of the points by name."""
    _, schemas = msgspec.json.schema_components([Points], ref_template="#/components/schemas/{name}")
    return schemas


def add_points(router: APIRouter, points: LedgerPoints) -> None:
    """The route of the points."""

    @router.get("/v1/points", **openapi.POINTS)
    async def list_points(
        within: Within, status: StatusOrActual = "Actual", after: After = None, limit: Limit = MAX_LIMIT
    ) -> Response:
        # A unit's own zeros say its level; a prefix is one as it stands, 370000 the county of that code.
        first, last = (
            code_range(within) if len(within) == 12 else (within.ljust(12, "0"), within.ljust(12, "9"))
        )
        try:
            found = await points.within(first, last, status, after, limit)
        except DatabaseAwayError as error:
            raise LedgerAwayError from error
        except CursorError as error:
            raise BadCursorError(str(error)) from error
        return Response(encoder.encode(found), media_type="application/json")
