"""Why intake refuses a record or a request: one function a reason, texts Chinese first, each says what to do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from fenghuo.platform.problems import ProblemError
from schemas.parsing import ShapeError
from schemas.problems import Problem, problem_type

# A problem repeats at most this much of an offending value, in characters of its JSON.
MAX_ECHO = 200

RETRY_AFTER_SECONDS = 10

_encoder = msgspec.json.Encoder(decimal_format="number")


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """One record refused: HTTP `status`, stable `code`, texts, and what of the record is wrong."""

    record_id: str | None
    status: int
    code: str
    title: str
    detail: str
    field: str | None = None
    rule: str | None = None
    value: Any = None

    def problem(self) -> Problem:
        """As RFC 9457 problem details."""
        return Problem(
            type=problem_type(self.code),
            title=self.title,
            status=self.status,
            detail=self.detail,
            record_id=self.record_id,
            field=self.field,
            rule=self.rule,
            value=self.value,
        )


def misshapen(record_id: str | None, error: ShapeError) -> Refusal:
    """A record that breaks the shape of records.md 2 or 3."""
    field = error.field or "record"
    return Refusal(
        record_id=record_id,
        status=422,
        code="invalid-record",
        title="记录不合规 The record breaks a rule",
        detail=f"请改正 {field} 后重新发送。Correct {field} and send the record again: {field} {error.detail}.",
        field=error.field or None,
        rule=error.rule,
        value=echo(error.value),
    )


def beyond_reach(record_id: str | None, error: Exception) -> Refusal:
    """JSON that no receiver could compute with: bad UTF-8, a number beyond any arithmetic, nesting without end."""
    return Refusal(
        record_id=record_id,
        status=422,
        code="invalid-record",
        title="记录内容无法处理 The record cannot be processed",
        detail="请检查字符编码、过大的数字和过深的嵌套。Check the encoding (UTF-8), numbers out of range and nesting"
        f" too deep: {type(error).__name__}: {str(error)[:MAX_ECHO]}.",
        rule="records.md 2",
    )


def stamp_not_allowed(record_id: str | None, status: str, stamp: datetime) -> Refusal:
    """`received_at` from a client on an Actual record (records.md 2)."""
    return Refusal(
        record_id=record_id,
        status=422,
        code="stamp-not-allowed",
        title="不得自带接收时间 A client may not stamp this record",
        detail="received_at 由服务器填写，请删除该字段（只有演练和测试记录可自带）。"
        f"Leave received_at out: the server stamps {status} records; only Exercise and Test may bring their own.",
        field="received_at",
        rule="records.md 2",
        value=stamp.isoformat(),
    )


def too_large(record_id: str | None, size: int, limit: int) -> Refusal:
    """One record beyond its size limit. `size` and `limit` in bytes."""
    return Refusal(
        record_id=record_id,
        status=413,
        code="record-too-large",
        title="单条记录过大 The record is too large",
        detail=f"单条记录不得超过 {limit >> 10} KiB，请拆分 rows 或把附件另存。"
        f"A record may have at most {limit} bytes, this one has {size}: split its rows or keep attachments elsewhere.",
        rule="records.md 5",
        value=size,
    )


def id_taken(record_id: str) -> Refusal:
    """The same id with other content (records.md 2, "One id, one record")."""
    return Refusal(
        record_id=record_id,
        status=409,
        code="id-conflict",
        title="编号已被另一内容占用 This id belongs to another content",
        detail="记录不可修改：请用新的 record_id 发送，更正请用 correction。"
        "A record never changes: send this under a new record_id; to correct a record send a correction.",
        field="record_id",
        rule="records.md 2",
        value=record_id,
    )


def echo(value: object) -> Any:
    """An offending value as JSON for the answer, cut where it is long."""
    try:
        text = _encoder.encode(value)
    except (TypeError, ValueError, RecursionError):
        return repr(value)[:MAX_ECHO]
    if len(text) <= MAX_ECHO:
        return value
    return text[:MAX_ECHO].decode(errors="ignore") + "…"


def refused_together(refusals: Sequence[Refusal], results: list[Any]) -> Problem:
    """The problem of a batch of which every record was refused: the status they share, else 422."""
    statuses = {refusal.status for refusal in refusals}
    codes = {refusal.code for refusal in refusals}
    return Problem(
        type=problem_type(codes.pop() if len(codes) == 1 else "all-refused"),
        title="全部记录被拒收 Every record was refused",
        status=statuses.pop() if len(statuses) == 1 else 422,
        detail="请按 results 逐条改正后重新发送。See results: correct each record and send it again.",
        results=results,
    )


def wrong_media_type(content_type: str) -> ProblemError:
    """415."""
    return ProblemError(
        415,
        "unsupported-media-type",
        "不支持的内容类型 Unsupported media type",
        "请使用 Content-Type: application/json（UTF-8）。Use Content-Type: application/json in UTF-8.",
        members={"field": "Content-Type", "rule": "records.md 5", "value": content_type[:MAX_ECHO]},
        headers={"accept": "application/json"},
    )


def body_too_large(size: int, limit: int) -> ProblemError:
    """413 for the whole body, in bytes. The rest of it is not read, so the connection ends."""
    return ProblemError(
        413,
        "body-too-large",
        "请求过大 The request is too large",
        f"一次请求不得超过 {limit >> 20} MiB，请分批发送。A request may have at most {limit} bytes: send several.",
        members={"rule": "records.md 5", "value": size},
        headers={"connection": "close"},
    )


def too_many_records(count: int, limit: int) -> ProblemError:
    """413 for too many records in one batch."""
    return ProblemError(
        413,
        "too-many-records",
        "一批记录过多 Too many records in one request",
        f"一次最多 {limit} 条，请分批发送。A request may hold at most {limit} records, this one has {count}: send several.",
        members={"rule": "records.md 5", "value": count},
    )


def not_json(error: Exception) -> ProblemError:
    """422 for a body that is no JSON."""
    return ProblemError(
        422,
        "malformed-json",
        "不是有效的 JSON The body is not valid JSON",
        f"请检查 JSON 语法。Check the JSON: {str(error)[:MAX_ECHO]}.",
        members={"rule": "records.md 5"},
    )


def empty_batch() -> ProblemError:
    """422 for `[]`."""
    return ProblemError(
        422,
        "empty-batch",
        "没有记录 There is no record in it",
        "请至少发送一条记录。Send at least one record.",
        members={"rule": "records.md 5", "value": []},
    )


def too_slow(seconds: float) -> ProblemError:
    """408 for a body that did not arrive in time."""
    return ProblemError(
        408,
        "request-timeout",
        "请求超时 The request took too long",
        f"请求体须在 {seconds:.0f} 秒内送达；请分小批重发，重复发送无害。"
        f"The body must arrive within {seconds:.0f} s: send smaller batches; repeats are harmless.",
        headers={"connection": "close"},
    )


def disconnected() -> ProblemError:
    """400 for the log only: nobody is left to read it."""
    return ProblemError(
        400,
        "disconnected",
        "连接已中断 The client went away",
        "请重新发送；重复发送无害。Send it again; repeats are harmless.",
        headers={"connection": "close"},
    )


def spool_full(error: Exception) -> ProblemError:
    """429: Kafka is away and this machine may keep no more."""
    return ProblemError(
        429,
        "spool-full",
        "暂存已满 The spool is full",
        "消息队列中断且本机暂存已满：请保留记录稍后重发，重复发送无害；请管理员恢复 Kafka 或增大 FENGHUO_SPOOL_MAX_BYTES。"
        "Kafka is away and the spool is full: keep the records and send them again later, repeats are harmless;"
        f" bring Kafka back or raise FENGHUO_SPOOL_MAX_BYTES. {error}",
        headers={"retry-after": str(RETRY_AFTER_SECONDS)},
    )


def cannot_store(error: Exception) -> ProblemError:
    """503: neither Kafka nor the disk takes records."""
    return ProblemError(
        503,
        "cannot-store",
        "无法保存 Records cannot be stored",
        "消息队列中断且本机磁盘无法写入：请保留记录稍后重发；请管理员检查磁盘。Kafka is away and the disk refuses to write:"
        f" keep the records and send them again later; check the disk. {error}",
        headers={"retry-after": str(RETRY_AFTER_SECONDS)},
    )
