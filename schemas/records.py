"""The record: every type of records.md 2 and 3 as one tagged union of structs.

`parse_record` checks all that sections 2 and 3 fix (the shape); the rules of section 4 are outcomes, judged in
`streams.picture`. Unknown extra fields are ignored here and kept in the bytes that travel.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, NoReturn

import msgspec
from msgspec import Meta

from schemas.indicators import indicators
from schemas.numbers import CellValue, Number, Whole, decimals, to_cell_value, to_number, to_whole

# `$(?!\n)`: unlike in ECMA 262, `$` alone lets a closing line feed through in Python.
Id = Annotated[str, Meta(pattern=r"^[A-Za-z0-9._-]{1,64}$(?!\n)", description="1-64 of A-Z a-z 0-9 . _ -")]
UnitCode = Annotated[
    str,
    Meta(pattern=r"^[0-9]{12}$(?!\n)", description="12-digit statistical division code; 000000000000 nation"),
]
Prefix = Annotated[
    str,
    Meta(
        pattern=r"^([0-9]{2}|[0-9]{4}|[0-9]{6})$(?!\n)",
        description="2, 4 or 6 digits: province, prefecture, county",
    ),
]
Moment = Annotated[datetime, Meta(tz=True, description="RFC 3339 with an offset")]
Text = Annotated[str, Meta(min_length=1, pattern=r"\S", description="not blank")]
ShortText = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"\S")]
Status = Literal["Actual", "Exercise", "Test"]
SourceClass = Literal["official_stat", "grid", "command_post", "dept", "media", "public", "model", "sensor"]
Level = Literal["village", "township", "county", "prefecture", "province", "nation"]
Stage = Literal["initial", "followup", "verified"]

MAX_ROWS = 500


class Source(msgspec.Struct, frozen=True):
    """Who says it: the organisation, its class (`class` on the wire) and its level."""

    org: ShortText
    class_: SourceClass = msgspec.field(name="class")
    level: Level


class Row(msgspec.Struct, frozen=True):
    """What a record states of one unit: indicator key → value."""

    unit: UnitCode
    values: dict[str, CellValue]


class Envelope(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """The fields of every record (records.md 2)."""

    record_id: Id
    incident_id: Id
    status: Status = "Actual"
    source: Source
    as_of: Moment
    sent_at: Moment
    occurred_at: Moment | None = None
    stage: Stage = "followup"
    reason: str | None = None
    channel: Annotated[str, Meta(max_length=32)] = "system"
    note: Any = None
    attachments: Any = None
    form_version: Any = None
    signature: Any = None
    device_sent_at: Any = None
    received_at: Moment | None = None


class LossReport(Envelope, frozen=True, kw_only=True, tag="loss_report"):
    """灾情报告: figures of units (R3)."""

    rows: Annotated[list[Row], Meta(max_length=MAX_ROWS)]


class ZeroReport(Envelope, frozen=True, kw_only=True, tag="zero_report"):
    """零报告: nothing changed is a positive statement."""

    rows: Annotated[list[Row], Meta(max_length=MAX_ROWS)] = []


class Clue(Envelope, frozen=True, kw_only=True, tag="clue"):
    """线索: figures shown beside the official ones, never summed (R2)."""

    rows: Annotated[list[Row], Meta(max_length=MAX_ROWS)]


class Correction(Envelope, frozen=True, kw_only=True, tag="correction"):
    """更正: restates cells of the record it supersedes; a null value withdraws (R4)."""

    supersedes: Id
    reason: Text
    rows: Annotated[list[Row], Meta(max_length=MAX_ROWS)]


class Review(Envelope, frozen=True, kw_only=True, tag="review"):
    """审核: approve, return or release of a record (R18)."""

    target: Id
    decision: Literal["approve", "return", "release"]


class Verification(Envelope, frozen=True, kw_only=True, tag="verification"):
    """核报: freezes counties (R15)."""

    counties: Annotated[list[Prefix], Meta(min_length=1, max_length=MAX_ROWS)]
    rows: Annotated[list[Row], Meta(max_length=MAX_ROWS)] = []


class IncidentOpen(Envelope, frozen=True, kw_only=True, tag="incident_open"):
    """Names an incident."""

    name: Text
    hazard: Text
    occurred_at: Moment
    origin_unit: UnitCode


class IncidentClose(Envelope, frozen=True, kw_only=True, tag="incident_close"):
    """Ends the handling of an incident; it states no figure."""


class IncidentMerge(Envelope, frozen=True, kw_only=True, tag="incident_merge"):
    """All records of `from` count under `into` (R14); filed under `into`."""

    from_: Id = msgspec.field(name="from")
    into: Id
    reason: Text


class Dispatch(Envelope, frozen=True, kw_only=True, tag="dispatch"):
    """出动: sorties and people lifted, a delta keyed by its document number (R6)."""

    doc_no: ShortText
    mode: Literal["air", "land", "water"]
    resource: ShortText
    sorties: Whole
    persons_lifted: Whole
    unit: UnitCode | None = None


class CheckIn(Envelope, frozen=True, kw_only=True, tag="check_in"):
    """队伍到位: a team reports in; recorded."""

    team: ShortText
    persons: Whole
    unit: UnitCode | None = None


class EvacuationCount(Envelope, frozen=True, kw_only=True, tag="evacuation_count"):
    """安置点人数: an absolute headcount of a site, or a movement (R6, R16)."""

    kind: Literal["headcount", "check_in", "check_out", "transfer", "return_home"]
    unit: UnitCode
    site: ShortText
    persons: Whole
    doc_no: ShortText | None = None
    to_unit: UnitCode | None = None
    to_site: ShortText | None = None


class SupplyMovement(Envelope, frozen=True, kw_only=True, tag="supply_movement"):
    """物资调拨: one document about goods (R6). Quantities in the item's own measure, at most 4 decimals."""

    doc_no: ShortText
    kind: Literal["request", "approve", "order", "release", "receive", "return", "cancel"]
    lines: Annotated[dict[ShortText, Number], Meta(min_length=1, max_length=MAX_ROWS)]
    unit: UnitCode | None = None
    depot: str | None = None
    ref_doc_no: ShortText | None = None


class Alert(Envelope, frozen=True, kw_only=True, tag="alert"):
    """预警: free fields beside the envelope; recorded."""


class Response(Envelope, frozen=True, kw_only=True, tag="response"):
    """应急响应: free fields beside the envelope; recorded."""


class HazardParameter(Envelope, frozen=True, kw_only=True, tag="hazard_parameter"):
    """致灾参数: free fields beside the envelope; recorded."""


class Order(Envelope, frozen=True, kw_only=True, tag="order"):
    """指令: free fields beside the envelope; recorded."""


class Receipt(Envelope, frozen=True, kw_only=True, tag="receipt"):
    """签收: free fields beside the envelope; recorded."""


Record = (
    LossReport
    | ZeroReport
    | Clue
    | Correction
    | Review
    | Verification
    | IncidentOpen
    | IncidentClose
    | IncidentMerge
    | Dispatch
    | CheckIn
    | EvacuationCount
    | SupplyMovement
    | Alert
    | Response
    | HazardParameter
    | Order
    | Receipt
)
Report = LossReport | ZeroReport
Delta = Dispatch | EvacuationCount | SupplyMovement


class ShapeError(ValueError):
    """A record breaks the shape of records.md 2 or 3.

    `field` is the JSON path of the offender (`rows[0].values.dead`), `rule` the section it breaks, `value` what was
    found, `detail` what to do about it.
    """

    def __init__(self, field: str, rule: str, value: object, detail: str) -> None:
        super().__init__(f"{field or 'record'}: {detail}")
        self.field, self.rule, self.value, self.detail = field, rule, value, detail


def decode_hook(kind: type, obj: object) -> object:
    """msgspec's hook for the number types of `schemas.numbers`."""
    if kind is CellValue:
        return to_cell_value(obj)
    if kind is Number:
        return to_number(obj)
    if kind is Whole:
        return to_whole(obj)
    raise NotImplementedError(f"no decoder for {kind}")


def type_name(record: Envelope) -> str:
    """The record's `type` as on the wire."""
    return str(type(record).__struct_config__.tag)


def rows_of(record: Envelope) -> list[Row]:
    """The record's rows; empty for a type that has none."""
    return getattr(record, "rows", [])


def check_shape(record: Record) -> None:
    """Check what the structs cannot say. Raises ShapeError."""
    if record.stage == "initial" and record.occurred_at is None:
        _refuse("occurred_at", "2", None, "is required with stage initial")
    if isinstance(record, Review) and record.decision != "approve" and not (record.reason or "").strip():
        _refuse("reason", "2", record.reason, f"is required for a review that decides `{record.decision}`")
    if isinstance(record, IncidentMerge) and record.incident_id != record.into:
        _refuse(
            "incident_id", "3", record.incident_id, f"must equal `into` ({record.into}) in an incident_merge"
        )
    if isinstance(record, EvacuationCount):
        _check_movement(record)
    if isinstance(record, SupplyMovement):
        _check_lines(record)
    _check_rows(record)


def _check_movement(record: EvacuationCount) -> None:
    if record.kind != "headcount" and record.doc_no is None:
        _refuse("doc_no", "3", None, f"is required for kind `{record.kind}`")
    if record.kind == "transfer" and record.to_site is None:
        _refuse("to_site", "3", None, "is required for kind `transfer`")


def _check_lines(record: SupplyMovement) -> None:
    if record.kind == "cancel" and record.ref_doc_no is None:
        _refuse("ref_doc_no", "3", None, "a cancel must name the document that it cancels")
    for item, quantity in record.lines.items():
        if decimals(quantity) > 4:
            _refuse(f"lines.{item}", "2", quantity, "may have at most 4 decimals")


def _check_rows(record: Envelope) -> None:
    seen: set[str] = set()
    for field, row in _numbered(rows_of(record)):
        if row.unit in seen:
            _refuse(f"{field}.unit", "2", row.unit, "a unit may stand in one row only")
        seen.add(row.unit)
        for key, cell in row.values.items():
            _check_cell(f"{field}.values.{key}", key, cell, withdrawable=isinstance(record, Correction))


def _check_cell(field: str, key: str, cell: CellValue, *, withdrawable: bool) -> None:
    if not key:
        _refuse(field, "2", key, "an indicator key may not be empty")
    if cell.value is None:
        if not withdrawable:
            _refuse(field, "2", None, "null withdraws a figure and stands in a correction only")
        return
    indicator = indicators().get(key)
    allowed = indicator.decimals if indicator else 4
    if decimals(cell.value) > allowed:
        _refuse(field, "2", cell.value, f"may have at most {allowed} decimals")


def _numbered(rows: list[Row]) -> Iterator[tuple[str, Row]]:
    for number, row in enumerate(rows):
        yield f"rows[{number}]", row


def _refuse(field: str, rule: str, value: object, detail: str) -> NoReturn:
    raise ShapeError(field, f"records.md {rule}", value, detail)


_decoder: msgspec.json.Decoder[Record] = msgspec.json.Decoder(
    Record, dec_hook=decode_hook, float_hook=Decimal
)
_untyped = msgspec.json.Decoder(float_hook=Decimal)


def parse_record(raw: bytes | msgspec.Raw) -> Record:
    """A record from its JSON bytes, shape checked. Raises ShapeError (also for what is no JSON)."""
    try:
        record = _decoder.decode(raw)
    except msgspec.ValidationError as error:
        raise _located(raw, error) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ShapeError("", "records.md 2", None, f"is not valid JSON: {error}") from error
    check_shape(record)
    return record


def _located(raw: bytes | msgspec.Raw, error: msgspec.ValidationError) -> ShapeError:
    """msgspec names no dictionary key in its path, so look the offending cell up."""
    message, _, path = str(error).partition(" - at `")
    field = path.rstrip("`").removeprefix("$").lstrip(".")
    content = _untyped.decode(raw)
    if "[...]" in field:
        field = _offending_key(content, field) or field
    if not field and "missing required field `" in message:
        field = message.rsplit("`", 2)[1]
    return ShapeError(field, "records.md 2, 3", _at(content, field), _sentence(message))


def _offending_key(content: Any, field: str) -> str | None:
    before, _, after = field.partition("[...]")
    hook = to_number if before == "lines" else to_cell_value
    values = _at(content, before)
    for key, value in values.items() if isinstance(values, dict) else ():
        try:
            hook(value)
        except ValueError:
            return f"{before}.{key}{after}"
    return None


def _at(content: Any, field: str) -> object:
    """The value at a JSON path like `rows[0].values.dead`; None when there is none."""
    for step in field.replace("[", ".").replace("]", "").split(".") if field else ():
        if isinstance(content, list) and step.isdigit() and int(step) < len(content):
            content = content[int(step)]
        elif isinstance(content, dict):
            content = content.get(step)
        else:
            return None
    return content if field else None


def _sentence(message: str) -> str:
    """msgspec's message in the form `<field> <sentence>`."""
    return f"is not right: {message}" if message[:1].isupper() else message
