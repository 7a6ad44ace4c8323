"""The record: every type of records.md 2 and 3 as one tagged union of structs.

`schemas.parsing` makes them from bytes and checks what a struct cannot say. Unknown extra fields are ignored here and
kept in the bytes that travel.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from schemas.numbers import CellValue, Number, Whole, to_whole

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


class Location(msgspec.Struct, frozen=True):
    """Where a reporting unit's office stands, WGS84: what a report's `location` says if it can be read.

    Of the office, never of a person. `unit`: whose office, where the record names several units; `captured_at`: when
    it was measured, where that was not at `as_of`. Nothing judges by it: a `location` that is no Location is kept and
    ignored like any field that is not known (records.md 2).
    """

    lon: Annotated[float, Meta(ge=-180, le=180, description="degrees east")]
    lat: Annotated[float, Meta(ge=-90, le=90, description="degrees north")]
    unit: UnitCode | None = None
    accuracy_m: Annotated[float, Meta(ge=0, description="radius in which it lies, metres")] | None = None
    captured_at: Moment | None = None


StatedLocation = Annotated[
    Any,
    Meta(
        description="where the reporting office stands, WGS84: {lon, lat, unit?, accuracy_m?, captured_at?}; anything"
        " else is kept and ignored, and no figure depends on it",
        examples=[{"lon": 103.41254, "lat": 30.94136, "unit": "513221105000", "accuracy_m": 12}],
    ),
]


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
    location: StatedLocation = None


class ZeroReport(Envelope, frozen=True, kw_only=True, tag="zero_report"):
    """零报告: nothing changed is a positive statement."""

    rows: Annotated[list[Row], Meta(max_length=MAX_ROWS)] = []
    location: StatedLocation = None


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


StatedCapacity = Annotated[
    Any,
    Meta(
        description="on a headcount: how many places the site has, a whole number; anything else is kept and ignored,"
        " and no judgement depends on it",
        examples=[200],
    ),
]


class EvacuationCount(Envelope, frozen=True, kw_only=True, tag="evacuation_count"):
    """安置点人数: an absolute headcount of a site, or a movement (R6, R16)."""

    kind: Literal["headcount", "check_in", "check_out", "transfer", "return_home"]
    unit: UnitCode
    site: ShortText
    persons: Whole
    doc_no: ShortText | None = None
    to_unit: UnitCode | None = None
    to_site: ShortText | None = None
    capacity: StatedCapacity = None

    @property
    def places(self) -> int | None:
        """The site's capacity (domain.md 5.5) where a headcount states one that can be read: a whole number ≥ 0."""
        if self.kind != "headcount" or self.capacity is None:
            return None
        try:
            return to_whole(self.capacity)
        except ValueError:
            return None


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


def type_name(record: Envelope) -> str:
    """The record's `type` as on the wire."""
    return str(type(record).__struct_config__.tag)


def rows_of(record: Envelope) -> list[Row]:
    """The record's rows; empty for a type that has none."""
    return getattr(record, "rows", [])
