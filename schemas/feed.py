"""Frames of the socket `/v1/feed`, subprotocol `fenghuo.v1` (records.md 5)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from schemas.outputs import Alarm, Alternative, Figure, IncidentHead, Outcome
from schemas.records import Status, UnitCode

SUBPROTOCOL = "fenghuo.v1"
FeedKind = Literal["figures", "outcomes", "alarms"]
SubscriptionId = Annotated[str, Meta(min_length=1, max_length=64)]
IncidentRef = Annotated[
    str, Meta(pattern=r"^([*]|[A-Za-z0-9._-]{1,64})$(?!\n)", description="an incident id, or * for all")
]


class Subscribe(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="subscribe"):
    """Client → server. `depth`: levels below `unit`, −1 all. An `id` in use replaces that subscription."""

    id: SubscriptionId
    incidents: Annotated[list[IncidentRef], Meta(min_length=1, max_length=1000)] = msgspec.field(
        default_factory=lambda: ["*"]
    )
    unit: UnitCode = "000000000000"
    depth: Annotated[int, Meta(ge=-1, le=5)] = 0
    status: Status = "Actual"
    kinds: Annotated[list[FeedKind], Meta(min_length=1)] = msgspec.field(default_factory=lambda: ["figures"])


class Unsubscribe(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="unsubscribe"):
    """Client → server."""

    id: SubscriptionId


ClientFrame = Subscribe | Unsubscribe


class UnitView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A unit in a snapshot (all its figures) or a delta (only changed figures, each whole, and `removed` keys).

    `merged_into` (delta only) names the canonical incident of one merged away: its units are gone, and `removed` lists
    their keys for those who do not look at it. `beside` and `head` stand where they exist (snapshot) or changed (delta;
    an empty `beside`: none is left). A unit left without figures, `beside` and `head` is no longer shown.
    """

    incident_id: str
    status: Status
    unit: str
    version: int
    figures: dict[str, Figure]
    removed: list[str] = []
    beside: dict[str, tuple[Alternative, ...]] | None = None
    head: IncidentHead | None = None
    merged_into: str | None = None


class Snapshot(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="snapshot"):
    """Server → client: all that the subscription covers, as of `watermark`; it replaces whatever was known.

    `seq` is 1 on the first frame of a subscription and grows by one with each of its frames, of whatever type.
    """

    id: str
    seq: int
    watermark: datetime | None
    units: list[UnitView]


class DeltaFrame(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="delta"):
    """Server → client: what changed since the last snapshot or delta of the subscription."""

    id: str
    seq: int
    watermark: datetime | None
    units: list[UnitView]


class Outcomes(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="outcomes"):
    """Server → client: judged records, the newest judgement of each, in the order in which they last changed.

    `truncated`: there were older ones that the gateway no longer holds; the journal has them (GET /v1/journal).
    """

    id: str
    seq: int
    watermark: datetime | None
    outcomes: list[Outcome]
    truncated: bool = False


class Alarms(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="alarms"):
    """Server → client: alarms raised or cleared; after subscribing first all that are raised."""

    id: str
    seq: int
    watermark: datetime | None
    alarms: list[Alarm]


class Heartbeat(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="heartbeat"):
    """Server → client, every second or so: `watermark` = append time up to which all input is in the picture."""

    watermark: datetime | None
    server_time: datetime


ErrorCode = Literal[
    "not_text",
    "not_json",
    "invalid_frame",
    "too_many_subscriptions",
    "unknown_subscription",
]


class Error(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="error"):
    """Server → client: the frame that was refused and what to do. `code` is stable."""

    code: ErrorCode
    detail: str
    id: str | None = None


ServerFrame = Snapshot | DeltaFrame | Outcomes | Alarms | Heartbeat | Error
