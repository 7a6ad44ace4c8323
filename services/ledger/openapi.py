"""What OpenAPI says of the ledger's routes: answers, problems, examples."""

from __future__ import annotations

from typing import Any

from schemas.problems import MEDIA_TYPE, problem_type
from services.ledger.openapi_examples import (
    ALARMS_EXAMPLE,
    DEAD_LETTERS_EXAMPLE,
    EXPLANATION_EXAMPLE,
    HISTORY_EXAMPLE,
    INCIDENT_EXAMPLE,
    JOURNAL_EXAMPLE,
    OUTCOME,
    PAST_SITUATION_EXAMPLE,
    RECORD_EXAMPLE,
    SITUATION_EXAMPLE,
)

LOOKING_BACK = (
    "known_at：按本系统该时刻（含）之前已收到的记录重新计算；此前尚无记录的，figures 为空；晚于现在的，即目前所知；version 为"
    " null；watermark 等于 known_at 后，结果不再变。一次只算一份，忙时答 503 并带 Retry-After。With known_at the picture is"
    " folded from what was on this installation's log by then, inclusive. Before the first record: no figures; in the"
    " future: what is known now. `version` is null; once `watermark` equals `known_at` nothing can be added to the"
    " answer. Pictures are folded one at a time: 503 with Retry-After when too many wait."
)


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
UNKNOWN_INCIDENT_OR_FIGURE = _problem("没有这起事件或这个数字 No such incident, or no such figure")
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
    shown = {"examples": extra.pop("examples")} if "examples" in extra else {"example": example}
    responses = {
        200: {
            "description": "成功 The answer",
            "content": {"application/json": {"schema": schema, **shown}},
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
    "一个单位的现势，或回看此前某一时刻 The figures of a unit, now or as known at a moment",
    _ref("Situation"),
    SITUATION_EXAMPLE,
    problems={404: UNKNOWN_INCIDENT},
    examples={
        "now": {"summary": "现势 now", "value": SITUATION_EXAMPLE},
        "known_at": {"summary": "回看 as known at a moment", "value": PAST_SITUATION_EXAMPLE},
    },
    description="depth ≥ 1 时含下级。watermark 之前写入日志的记录均已计入。With depth ≥ 1 the units below. Everything appended"
    " to the log up to `watermark` is counted.\n\n" + LOOKING_BACK,
)
HISTORY = _route(
    "get_history",
    "一个数字的历次发布值 Every published value of a figure",
    _ref("History"),
    HISTORY_EXAMPLE,
    problems={404: UNKNOWN_INCIDENT},
    description="从早到晚；figure 为 null 表示已撤出。known_at：只列此刻（含）之前发布的，事件归属按当时。Oldest first; figure"
    " null: it left the picture. known_at: what had been published by then, of the incident under which it counted then.",
)
EXPLAIN = _route(
    "explain_figure",
    "一个数字的来龙去脉 Why a figure is what it is",
    _ref("Explanation"),
    EXPLANATION_EXAMPLE,
    problems={404: UNKNOWN_INCIDENT_OR_FIGURE},
    description="逐级下到每一条记录：计入的、未计入的及其所依规则（decisions 为中英文说明）。各条 contribution 之和等于 total。"
    "The tree of contributions down to records, those that lost included, each with the rule of records.md 4 that decided"
    " (`decisions` has its words). The contributions below a unit add up to its total.\n\n" + LOOKING_BACK,
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
