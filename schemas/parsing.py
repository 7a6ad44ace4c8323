"""From bytes to a record: all that records.md 2 and 3 fix is checked here (the shape).

The rules of section 4 are outcomes, judged in `streams.picture`, never errors.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import MAXYEAR, MINYEAR, datetime
from decimal import Decimal
from typing import Any, NoReturn

import msgspec

from schemas.indicators import indicators
from schemas.numbers import CellValue, Number, Whole, decimals, to_cell_value, to_number, to_whole
from schemas.records import (
    Correction,
    Envelope,
    EvacuationCount,
    IncidentMerge,
    Record,
    Review,
    Row,
    SupplyMovement,
    rows_of,
)


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
    for field in ("as_of", "sent_at", "occurred_at", "received_at"):
        check_moment(field, getattr(record, field))


def check_moment(field: str, moment: datetime | None) -> None:
    """The first and the last year cannot be written in every offset: whoever converts them would fail."""
    if moment is not None and not MINYEAR < moment.year < MAXYEAR:
        _refuse(field, "2", moment.isoformat(), "must lie between the years 2 and 9998")


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
