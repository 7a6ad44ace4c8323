"""Query and path parameters of the ledger's GETs: their shape, checked before any SQL, and their words in OpenAPI."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from fastapi import Path, Query
from pydantic import AfterValidator, AwareDatetime, BeforeValidator

from schemas.outputs import AlarmKind
from schemas.records import Status
from services.ledger import storable
from services.ledger.lists import Order
from services.ledger.paging import MAX_LIMIT

_ID = r"^[A-Za-z0-9._-]{1,64}$"


_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[-+ ]\d{2}:\d{2})", re.ASCII)


def _rfc3339(value: Any) -> Any:
    """Only what the contract calls a moment: pydantic alone takes numbers too.

    In a query `+` means a space, so that an offset typed as it is written (`+08:00`) arrives with one.
    """
    if not isinstance(value, str):
        return value
    if not _MOMENT.fullmatch(value):
        raise ValueError("not RFC 3339 with an offset, for example 2026-08-20T09:00:00+08:00")
    return value.replace(" ", "+")


QueryMoment = Annotated[AwareDatetime, BeforeValidator(_rfc3339), AfterValidator(storable.utc)]

RecordId = Annotated[str, Path(pattern=_ID, description="记录编号 the record's id")]
IncidentId = Annotated[
    str,
    Path(
        pattern=_ID,
        description="事件编号；并入别处的按其归属 the incident's id; a merged one answers with its canonical",
    ),
]
StatusOrActual = Annotated[Status, Query(description="实情、演练、测试互不相混 three worlds that never mix")]
AnyStatus = Annotated[Status | None, Query(description="不填为全部 all when not given")]
IncidentFilter = Annotated[
    str | None, Query(pattern=_ID, description="事件，含并入它的 an incident, with all merged into it")
]
Unit = Annotated[
    str,
    Query(
        pattern=r"^[0-9]{12}$", description="12 位区划代码 12-digit division code; 000000000000 全国 nation"
    ),
]
UnitFilter = Annotated[
    str | None,
    Query(pattern=r"^[0-9]{12}$", description="本级及所辖 the unit and all below it by code prefix"),
]
Depth = Annotated[int, Query(ge=-1, le=5, description="向下几级 levels below; -1 全部 all")]
TypeFilter = Annotated[str | None, Query(pattern=r"^[a-z_]{1,32}$", description="记录类型 a record type")]
FigureKey = Annotated[
    str,
    Path(
        min_length=1,
        max_length=200,
        description="数字：指标、sorties、shelter_now、supply_released.<物资>、unmapped.<其他> 等 the figure's key",
    ),
]
KnownAt = Annotated[
    QueryMoment | None,
    Query(
        description="只看本系统此刻（含）之前收到的 as known on this installation at this moment, inclusive"
    ),
]
EntriesLimit = Annotated[
    int,
    Query(
        ge=1,
        le=10_000,
        description="每格最多列几条，计入的在前 entries listed of each cell, those that count first",
    ),
]
Key = Annotated[
    str | None,
    AfterValidator(storable.parameter),
    Query(
        min_length=1,
        max_length=200,
        description="指标；不填为该单位全部 an indicator; all of the unit when not given",
    ),
]
ReceivedFrom = Annotated[QueryMoment | None, Query(alias="from", description="received_at ≥")]
ReceivedTo = Annotated[QueryMoment | None, Query(alias="to", description="received_at <")]
PublishedFrom = Annotated[QueryMoment | None, Query(alias="from", description="published_at ≥")]
PublishedTo = Annotated[QueryMoment | None, Query(alias="to", description="published_at <")]
OrderBy = Annotated[Order, Query(description="按 received_at 的先后 by received_at")]
VersionOrder = Annotated[Order, Query(description="按发布的先后 by the order of publication")]
AlarmState = Annotated[
    Literal["raised", "cleared", "all"], Query(description="raised 未解除 not cleared yet")
]
AlarmKinds = Annotated[
    list[AlarmKind] | None,
    Query(max_length=20, description="告警种类，可重复 kinds of alarm, repeatable; all when not given"),
]
After = Annotated[
    str | None, Query(max_length=1000, description="上一页的 next the `next` of the page before")
]
Limit = Annotated[
    int,
    Query(ge=1, le=MAX_LIMIT, description="每页条数；一页过大时更少 items a page; fewer when it grows large"),
]
