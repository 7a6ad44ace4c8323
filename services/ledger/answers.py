"""What the ledger's GETs answer (records.md 5). Figures and records travel as the bytes that were published."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Raw, UnsetType

from schemas.records import Moment

_CONTRACT = "#/components/schemas/"


def _object_of(item: dict[str, Any]) -> Meta:
    return Meta(extra_json_schema={"type": "object", "additionalProperties": item})


RecordJson = Annotated[Raw, Meta(extra_json_schema={"$ref": f"{_CONTRACT}Record"})]
FigureJson = Annotated[Raw, Meta(extra_json_schema={"$ref": f"{_CONTRACT}Figure"})]
AlarmJson = Annotated[Raw, Meta(extra_json_schema={"$ref": f"{_CONTRACT}Alarm"})]
FiguresJson = Annotated[Raw, _object_of({"$ref": f"{_CONTRACT}Figure"})]
BesideJson = Annotated[Raw, _object_of({"type": "array", "items": {"$ref": f"{_CONTRACT}Alternative"}})]


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """How a record was judged and where it is now."""

    disposition: str
    flags: list[str]
    standing: str
    version: int


class StoredRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A record with its stamp; outcome None while it is not judged."""

    record: RecordJson
    outcome: Judgement | None


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """A canonical incident; `aliases` are those merged into it."""

    incident_id: str
    status: str
    name: str | None
    hazard: str | None
    occurred_at: Moment | None
    origin_unit: str | None
    closed: bool
    aliases: list[str]
    version: int


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """A unit's figures; `watermark`: append time up to which all input is folded in, None while unknown.

    With `known_at` the figures are those of what was known on this installation at that moment, which no version names:
    `version` is None. `newest_recorded_at`: when the newest record that was known came onto the log. `watermark` is
    `known_at` once nothing can be added to the answer.
    """

    incident_id: str
    status: str
    unit: str
    version: int | None
    watermark: Moment | None
    figures: FiguresJson
    known_at: Moment | UnsetType = UNSET
    newest_recorded_at: Moment | UnsetType | None = UNSET
    beside: BesideJson | UnsetType = UNSET
    children: list[Situation] | UnsetType = UNSET


class PastFigure(msgspec.Struct, frozen=True, kw_only=True):
    """A published value of a figure; figure None: it left the picture."""

    unit: str
    key: str
    version: int
    published_at: Moment
    figure: FigureJson | None


class History(msgspec.Struct, frozen=True, kw_only=True):
    """A page of published values, oldest first."""

    incident_id: str
    status: str
    items: list[PastFigure]
    next: str | None


class JournalItem(msgspec.Struct, frozen=True, kw_only=True):
    """A log entry: where it stands, when it was appended, the record as it stands there, how the record was judged."""

    topic: str
    partition: int
    offset: int
    recorded_at: Moment
    record: RecordJson
    outcome: Judgement | None


class Journal(msgspec.Struct, frozen=True, kw_only=True):
    """A page of the journal."""

    items: list[JournalItem]
    next: str | None


class AlarmItem(msgspec.Struct, frozen=True, kw_only=True):
    """An alarm as published."""

    published_at: Moment
    alarm: AlarmJson


class Alarms(msgspec.Struct, frozen=True, kw_only=True):
    """A page of alarms, newest first."""

    items: list[AlarmItem]
    next: str | None


class DeadLetterItem(msgspec.Struct, frozen=True, kw_only=True):
    """A message that could not be decoded or judged, with its origin; key and value are base64."""

    topic: str
    partition: int
    offset: int
    error: str
    record_id: str | None
    key: bytes | None
    value: bytes
    published_at: Moment


class DeadLetters(msgspec.Struct, frozen=True, kw_only=True):
    """A page of dead letters, newest first."""

    items: list[DeadLetterItem]
    next: str | None


ANSWERS: tuple[type[msgspec.Struct], ...] = (
    StoredRecord,
    Incident,
    Situation,
    History,
    Journal,
    Alarms,
    DeadLetters,
)


def components() -> dict[str, Any]:
    """OpenAPI schemas of the ledger's own answers by name; they refer to the contracts of `schemas`."""
    _, schemas = msgspec.json.schema_components(ANSWERS, ref_template=_CONTRACT + "{name}")
    return schemas
