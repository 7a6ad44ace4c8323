"""The ledger's errors as callers see them."""

from __future__ import annotations

from fenghuo.platform.problems import ProblemError

RETRY_AFTER_SECONDS = 2


class UnknownRecordError(ProblemError):
    """No record of this id is stored."""

    def __init__(self, record_id: str) -> None:
        super().__init__(
            404,
            "unknown-record",
            "没有这条记录 No such record",
            f"没有编号为 {record_id} 的记录。No record {record_id} is stored here; check its id.",
            members={"record_id": record_id},
        )


class IntakeAwayProblemError(ProblemError):
    """The journal has no such record, and intake, where it may wait, does not answer."""

    def __init__(self, record_id: str) -> None:
        super().__init__(
            503,
            "intake-away",
            "接收服务暂不可用 Intake is away",
            f"台账中还没有记录 {record_id}，接收服务没有应答，请稍后重试。The journal has no record {record_id} yet, and"
            " intake, where it may wait, does not answer; try again shortly.",
            members={"record_id": record_id},
            headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
        )


class UnknownIncidentError(ProblemError):
    """The worker knows no incident of this id in this status."""

    def __init__(self, incident_id: str, status: str) -> None:
        super().__init__(
            404,
            "unknown-incident",
            "没有这起事件 No such incident",
            f"在 {status} 中没有事件 {incident_id}。No incident {incident_id} with status {status};"
            f" GET /v1/incidents?status={status} 列出全部。lists them.",
            members={"field": "incident_id", "value": incident_id},
        )


class UnknownFigureError(ProblemError):
    """There is no figure of this key."""

    def __init__(self, key: str) -> None:
        super().__init__(
            404,
            "unknown-figure",
            "没有这个数字 No such figure",
            f"没有指标 {key}。There is no figure {key}: GET /v1/indicators 列出指标 lists the indicators; others are"
            " sorties, persons_lifted, shelter_now, shelter_in_cum, supply_released.<item>, unmapped.<key>.",
            members={"field": "key", "rule": "figure", "value": key},
        )


class TooBusyError(ProblemError):
    """As many as may wait look back already, or the process that folds was lost."""

    def __init__(self) -> None:
        super().__init__(
            503,
            "looking-back-busy",
            "回看的人太多 Too many are looking back",
            "回看、溯源一次只算一份，请稍后重试；现势不受影响。Past pictures and explanations are made one at a time;"
            " try again shortly. The live situation is not affected.",
            headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
        )


class TooManyRecordsError(ProblemError):
    """A past picture of so many records is not made while somebody waits for it."""

    def __init__(self, records: int, most: int) -> None:
        super().__init__(
            422,
            "too-many-records",
            "记录太多 Too many records",
            f"至此时刻共 {records} 条记录，超过一次可回算的 {most} 条；请取更早的时刻。{records} records were known then, more"
            f" than the {most} of which a picture is made at once; choose an earlier known_at.",
            members={"field": "known_at", "rule": "records", "value": records},
        )


class BadCursorError(ProblemError):
    """`after` is not a cursor that this list gave."""

    def __init__(self, after: str) -> None:
        super().__init__(
            422,
            "invalid-parameter",
            "参数不正确 A parameter is not right",
            "请使用上一页 next 的值。Give `after` the `next` of the page before, with the same filters.",
            members={"field": "after", "rule": "cursor", "value": after},
        )


class LedgerAwayError(ProblemError):
    """PostgreSQL does not answer."""

    def __init__(self) -> None:
        super().__init__(
            503,
            "ledger-away",
            "台账暂不可用 The ledger is away",
            "数据库没有应答，请稍后重试；上报不受影响。The database does not answer; try again shortly."
            " Posting records still works.",
            headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
        )
