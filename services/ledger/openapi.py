"""What OpenAPI says of the ledger's routes: answers, problems, examples."""

from __future__ import annotations

from typing import Any

from schemas.problems import MEDIA_TYPE, problem_type

FIGURE: dict[str, Any] = {
    "total": 23,
    "own": 3,
    "qualifier": "exact",
    "newest_as_of": "2026-08-20T09:00:00+08:00",
    "oldest_as_of": "2026-08-20T08:40:00+08:00",
    "status": "unverified",
    "parts": 4,
    "own_sources": ["汶川县应急管理局"],
    "own_record_ids": ["01K9ZQ4T7B3W8M2D5XJ6VQF0RA"],
    "alternatives": [],
}
RECORD_EXAMPLE: dict[str, Any] = {
    "record_id": "01K9ZQ4T7B3W8M2D5XJ6VQF0RA",
    "type": "loss_report",
    "incident_id": "EQ-20260820-510000-01",
    "status": "Exercise",
    "source": {"org": "汶川县应急管理局", "class": "official_stat", "level": "county"},
    "as_of": "2026-08-20T09:00:00+08:00",
    "sent_at": "2026-08-20T09:05:00+08:00",
    "rows": [{"unit": "513221000000", "values": {"dead": 3}}],
    "received_at": "2026-08-20T09:05:02.114+08:00",
}
OUTCOME: dict[str, Any] = {
    "disposition": "accepted",
    "flags": ["late_arrival"],
    "standing": "effective",
    "version": 4294967299,
}
INCIDENT_EXAMPLE: dict[str, Any] = {
    "incident_id": "EQ-20260820-510000-01",
    "status": "Exercise",
    "name": "汶川地震演练",
    "hazard": "earthquake",
    "occurred_at": "2026-08-20T08:02:00+08:00",
    "origin_unit": "513221000000",
    "closed": False,
    "aliases": ["EQ-20260820-510000-02"],
    "version": 4294967301,
}
_IN_INCIDENT: dict[str, Any] = {"incident_id": "EQ-20260820-510000-01", "status": "Exercise"}
_COUNTY: dict[str, Any] = _IN_INCIDENT | {
    "unit": "513221000000",
    "version": 4294967300,
    "watermark": "2026-08-20T01:05:03.000Z",
    "figures": {"dead": FIGURE | {"total": 3, "parts": 1}},
}
SITUATION_EXAMPLE: dict[str, Any] = _COUNTY | {
    "unit": "000000000000",
    "version": 4294967301,
    "figures": {"dead": FIGURE | {"own": None, "own_sources": [], "own_record_ids": []}},
    "children": [_COUNTY],
}
HISTORY_EXAMPLE: dict[str, Any] = _IN_INCIDENT | {
    "items": [
        {
            "unit": "000000000000",
            "key": "dead",
            "version": 4294967301,
            "published_at": "2026-08-20T01:05:02.310Z",
            "figure": FIGURE,
        }
    ],
    "next": None,
}
_PLACE: dict[str, Any] = {"topic": "incident.reports", "partition": 3, "offset": 41}
JOURNAL_EXAMPLE: dict[str, Any] = {
    "items": [
        _PLACE | {"recorded_at": "2026-08-20T01:05:02.120Z", "record": RECORD_EXAMPLE, "outcome": OUTCOME}
    ],
    "next": "WzE3ODcxODc5MDIxMTQwMDAsNDFd",
}
ALARMS_EXAMPLE: dict[str, Any] = {
    "items": [
        {
            "published_at": "2026-08-20T01:05:02.310Z",
            "alarm": _IN_INCIDENT
            | {
                "kind": "shelter_below_zero",
                "subject": "513221000000/威州中学",
                "state": "raised",
                "record_ids": ["01K9ZQ5A1C6N0R4P8T2Y7HKE9D"],
                "unit": "513221000000",
                "detail": "-4",
                "version": 4294967298,
            },
        }
    ],
    "next": None,
}
DEAD_LETTERS_EXAMPLE: dict[str, Any] = {
    "items": [
        _PLACE
        | {
            "error": "record: is not valid JSON",
            "record_id": None,
            "key": None,
            "value": "e29vcHM=",
            "published_at": "2026-08-20T01:05:02.310Z",
        }
    ],
    "next": None,
}


def _problem(description: str, code: str | None = None, **extra: Any) -> dict[str, Any]:
    content: dict[str, Any] = {"schema": {"$ref": "#/components/schemas/Problem"}}
    if code is not None:
        content["example"] = extra.pop("example") | {"type": problem_type(code)}
    return {"description": description, "content": {MEDIA_TYPE: content}, **extra}


_NOT_FOUND = {
    "title": "没有这起事件 No such incident",
    "status": 404,
    "detail": "在 Actual 中没有事件 EQ-1。No incident EQ-1 with status Actual.",
    "field": "incident_id",
    "value": "EQ-1",
}
UNKNOWN_INCIDENT = _problem("没有这起事件 No such incident", "unknown-incident", example=_NOT_FOUND)
UNKNOWN_RECORD = _problem(
    "没有这条记录 No such record",
    "unknown-record",
    example={
        "title": "没有这条记录 No such record",
        "status": 404,
        "detail": "没有编号为 r-1 的记录。No record r-1 is stored here; check its id.",
        "record_id": "r-1",
    },
)
AWAY = _problem(
    "数据库没有应答 The database does not answer",
    headers={"Retry-After": {"description": "秒 seconds", "schema": {"type": "integer", "minimum": 0}}},
)
BAD_PARAMETER = _problem("参数不正确 A parameter is not right")


def _route(
    operation_id: str, summary: str, schema: dict[str, Any], example: Any, **extra: Any
) -> dict[str, Any]:
    responses = {
        200: {
            "description": "成功 The answer",
            "content": {"application/json": {"schema": schema, "example": example}},
        },
        **extra.pop("problems", {}),
        422: BAD_PARAMETER,
        503: AWAY,
    }
    return {
        "operation_id": operation_id,
        "summary": summary,
        "tags": ["ledger"],
        "responses": responses,
        **extra,
    }


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


RECORD = _route(
    "get_record",
    "查一条记录及其判定 A record and how it was judged",
    _ref("StoredRecord"),
    {"record": RECORD_EXAMPLE, "outcome": OUTCOME},
    problems={404: UNKNOWN_RECORD},
    description="报送答复 202 后 2 秒内可查。尚未判定时 outcome 为 null。Found within 2 s of its 202; outcome is null while"
    " it is not judged.",
)
INCIDENTS = _route(
    "list_incidents",
    "列出事件 Incidents",
    {"type": "array", "items": _ref("Incident")},
    [INCIDENT_EXAMPLE],
    description="只列归并后的事件，最近发生的在前。Canonical incidents only, the latest disaster first.",
)
SITUATION = _route(
    "get_situation",
    "一个单位的现势 The figures of a unit",
    _ref("Situation"),
    SITUATION_EXAMPLE,
    problems={404: UNKNOWN_INCIDENT},
    description="depth ≥ 1 时含下级。watermark 之前写入日志的记录均已计入。With depth ≥ 1 the units below. Everything appended"
    " to the log up to `watermark` is counted.",
)
HISTORY = _route(
    "get_history",
    "一个数字的历次发布值 Every published value of a figure",
    _ref("History"),
    HISTORY_EXAMPLE,
    problems={404: UNKNOWN_INCIDENT},
    description="从早到晚；figure 为 null 表示已撤出。Oldest first; figure null: it left the picture.",
)
JOURNAL = _route(
    "list_journal",
    "日志台账 The journal of records",
    _ref("Journal"),
    JOURNAL_EXAMPLE,
    description="日志中每一条（含重复送达的），按 received_at 排序。Every log entry, repeated deliveries too, by received_at.",
)
ALARMS = _route("list_alarms", "告警 Alarms", _ref("Alarms"), ALARMS_EXAMPLE)
DEAD_LETTERS = _route(
    "list_dead_letters",
    "死信 Messages that could not be decoded or judged",
    _ref("DeadLetters"),
    DEAD_LETTERS_EXAMPLE,
)
POINTS_EXAMPLE: dict[str, Any] = {
    "attribution": "汶川县民政局地名数据，2023",
    "items": [
        {
            "unit": "513221100000",
            "lon": 103.5904,
            "lat": 31.4769,
            "source": "imported",
            "record_id": None,
            "as_of": None,
            "accuracy_m": None,
        },
        {
            "unit": "513221105000",
            "lon": 103.41254,
            "lat": 30.94136,
            "source": "captured",
            "record_id": "01K9ZQ4T7B3W8M2D5XJ6VQF0RA",
            "as_of": "2026-08-20T01:05:02.114Z",
            "accuracy_m": 12,
        },
    ],
    "next": None,
}
POINTS = _route(
    "list_points",
    "各单位的坐标点 Where units are",
    _ref("Points"),
    POINTS_EXAMPLE,
    description="WGS84 经纬度。运维导入的优先，否则取本单位报送时附上的最新位置；未判定、不采纳、无权或已退回的记录不算。"
    "WGS84 degrees. An imported point first, else the newest that the unit's own office attached to a report; records"
    " not judged yet, rejected, refused or returned do not count.",
)
REGIONS = _route(
    "list_regions",
    "下级区划 Units that report to a unit",
    {"type": "array", "items": _ref("RegionItem")},
    [
        {
            "code": "513221000000",
            "name": "汶川县",
            "level": "county",
            "parent": "513200000000",
            "also": [],
            "children": 9,
        }
    ],
    problems={404: _problem("没有这个区划 No such region")},
)
INDICATORS = _route(
    "list_indicators",
    "指标目录 The indicator catalogue",
    {"type": "array", "items": _ref("Indicator")},
    [
        {
            "key": "dead",
            "zh": "因灾死亡人口",
            "en": "dead",
            "unit": "person",
            "kind": "C",
            "parts": [],
            "decimals": 0,
        }
    ],
)
for _offline in (REGIONS, INDICATORS):
    del _offline["responses"][503]
