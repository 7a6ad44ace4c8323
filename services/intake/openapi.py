"""What OpenAPI says of intake's routes: bodies, answers, examples."""

from __future__ import annotations

from typing import Any

from schemas.problems import MEDIA_TYPE, problem_type

REPORT: dict[str, Any] = {
    "record_id": "01K9ZQ4T7B3W8M2D5XJ6VQF0RA",
    "type": "loss_report",
    "incident_id": "EQ-20260820-510000-01",
    "status": "Exercise",
    "source": {"org": "汶川县应急管理局", "class": "official_stat", "level": "county"},
    "as_of": "2026-08-20T09:00:00+08:00",
    "sent_at": "2026-08-20T09:05:00+08:00",
    "occurred_at": "2026-08-20T08:02:00+08:00",
    "stage": "initial",
    "rows": [
        {
            "unit": "513221000000",
            "values": {"dead": 3, "missing": 12, "injured": {"value": 40, "qualifier": "about"}},
        }
    ],
}
DISPATCH: dict[str, Any] = {
    "record_id": "01K9ZQ5A1C6N0R4P8T2Y7HKE9D",
    "type": "dispatch",
    "incident_id": "EQ-20260820-510000-01",
    "status": "Exercise",
    "source": {"org": "西部战区陆航旅", "class": "dept", "level": "province"},
    "as_of": "2026-08-20T10:00:00+08:00",
    "sent_at": "2026-08-20T10:02:00+08:00",
    "doc_no": "航调〔2026〕17号",
    "mode": "air",
    "resource": "直-20",
    "sorties": 4,
    "persons_lifted": 56,
    "unit": "513221000000",
}
INVALID: dict[str, Any] = {
    "type": problem_type("invalid-record"),
    "title": "记录不合规 The record breaks a rule",
    "status": 422,
    "detail": "请改正 rows[0].values.dead 后重新发送。Correct rows[0].values.dead and send the record again:"
    " rows[0].values.dead must be ≥ 0, not -1.",
    "record_id": REPORT["record_id"],
    "field": "rows[0].values.dead",
    "rule": "records.md 2, 3",
    "value": -1,
}
TAKEN: dict[str, Any] = {
    "type": problem_type("id-conflict"),
    "title": "编号已被另一内容占用 This id belongs to another content",
    "status": 409,
    "detail": "记录不可修改：请用新的 record_id 发送，更正请用 correction。A record never changes: send this under a new"
    " record_id; to correct a record send a correction.",
    "record_id": REPORT["record_id"],
    "field": "record_id",
    "rule": "records.md 2",
    "value": REPORT["record_id"],
}


def _problem(description: str, example: dict[str, Any] | None = None, **extra: Any) -> dict[str, Any]:
    content: dict[str, Any] = {"schema": {"$ref": "#/components/schemas/Problem"}}
    if example is not None:
        content["example"] = example
    return {"description": description, "content": {MEDIA_TYPE: content}, **extra}


_RETRY_AFTER = {"Retry-After": {"description": "秒 seconds", "schema": {"type": "integer", "minimum": 0}}}

POST_RECORDS: dict[str, Any] = {
    "operation_id": "post_records",
    "summary": "报送记录 Post one record, or up to 2,000 as an array",
    "description": "记录落盘后才答复 202：已由 Kafka 确认，或在 Kafka 中断时已写入本机暂存。重复发送无害。"
    "Answered only when every stored record is durable: acknowledged by Kafka or, while it is away, fsynced in the"
    " spool. Sending again is harmless. A request has at most 8 MiB, a record 256 KiB.",
    "tags": ["intake"],
    "status_code": 202,
    "response_description": "每条记录的结果，顺序同请求 One result a record, in order",
    "responses": {
        202: {
            "content": {
                "application/json": {
                    "schema": {"$ref": "#/components/schemas/Results"},
                    "examples": {
                        "stored": {
                            "value": {"results": [{"record_id": REPORT["record_id"], "result": "stored"}]}
                        },
                        "mixed": {
                            "value": {
                                "results": [
                                    {"record_id": DISPATCH["record_id"], "result": "already_stored"},
                                    {
                                        "record_id": REPORT["record_id"],
                                        "result": "refused",
                                        "problem": INVALID,
                                    },
                                ]
                            }
                        },
                    },
                }
            },
        },
        408: _problem("请求体迟迟不到 The body did not arrive in time"),
        409: _problem("编号已被另一内容占用 The id belongs to another content", TAKEN),
        413: _problem("过大或过多 Too large or too many"),
        415: _problem("不是 JSON Not application/json"),
        422: _problem("不合规 The shape of records.md 2 or 3 is broken", INVALID),
        429: _problem("Kafka 中断且暂存已满 Kafka is away and the spool is full", headers=_RETRY_AFTER),
        503: _problem("无法保存 Nothing takes records now", headers=_RETRY_AFTER),
    },
    "openapi_extra": {
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {
                        "oneOf": [
                            {"$ref": "#/components/schemas/Record"},
                            {
                                "type": "array",
                                "items": {"$ref": "#/components/schemas/Record"},
                                "minItems": 1,
                                "maxItems": 2_000,
                            },
                        ]
                    },
                    "examples": {
                        "single": {"summary": "灾情报告 A loss report", "value": REPORT},
                        "batch": {"summary": "一批 A batch", "value": [REPORT, DISPATCH]},
                    },
                }
            },
        }
    },
}
