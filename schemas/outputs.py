"""What the worker publishes (records.md 3): outcomes, situation updates, alarms, progress, dead letters.

`version` only grows per key; consumers keep the highest, so repeats and a stale owner's late message are harmless.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Literal

import msgspec

from schemas.records import Status

Disposition = Literal[
    "accepted",
    "stored_late",
    "side_table",
    "recorded",
    "duplicate_content",
    "duplicate_doc",
    "held",
    "rejected",
    "frozen",
    "refused",
]
Standing = Literal["effective", "returned", "held", "superseded", "none"]
Flag = Literal[
    "awaiting_base",
    "conflict",
    "decrease",
    "decrease_explained",
    "foreign_base",
    "future_time",
    "incident_alias",
    "invariant_violation",
    "late_arrival",
    "no_base",
    "no_rows",
    "over_cancel",
    "overdue",
    "partly_frozen",
    "surge",
    "unit_converted",
    "unit_unknown",
    "unmapped_category",
    "use_cancel",
]
FigureStatus = Literal["unverified", "reviewed", "verified"]
Qualifier = Literal["exact", "about", "at_least"]


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """How a record was judged at its turn (`disposition`, sorted `flags`) and where it is now (`standing`).

    `incident_id` is the canonical incident.
    """

    record_id: str
    status: Status
    incident_id: str
    type: str
    disposition: Disposition
    flags: tuple[Flag, ...]
    standing: Standing
    version: int = 0


class Alternative(msgspec.Struct, frozen=True, kw_only=True):
    """Another source's word on a unit's own figure, never summed: a clue, a village component, a held value.

    `difference` = value less the unit's total; None where there is no figure to differ from.
    """

    kind: Literal["clue", "component", "held"]
    unit: str
    value: Decimal
    difference: Decimal | None
    org: str
    class_: str = msgspec.field(name="class")
    level: str
    as_of: datetime
    record_id: str
    qualifier: Qualifier = "exact"


class SourceValue(msgspec.Struct, frozen=True, kw_only=True):
    """An end of a range: `value` = the unit's total by this word. An official word states the unit's own share, which
    takes the place of `own` in the total; a clue states the total itself (R2).

    The total as shown is a word, too: of the newest record of `own` where it is that alone, else of nobody (None).
    """

    value: Decimal
    org: str | None
    class_: str | None = msgspec.field(name="class")
    as_of: datetime
    record_id: str | None


class FigureRange(msgspec.Struct, frozen=True, kw_only=True):
    """How far the sources of a figure lie apart: the value shown, the newest word kept of each other organisation,
    held values, clues. `sources` = how many words were compared. Of equal words the newest stands."""

    least: SourceValue
    greatest: SourceValue
    sources: int


class Components(msgspec.Struct, frozen=True, kw_only=True):
    """The village components of a township's figure (R2): the sum of the newest word of each, never part of the total."""

    total: Decimal
    villages: int
    newest_as_of: datetime
    oldest_as_of: datetime


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One figure of one unit (records.md 4, Marks).

    `total` = own + all own values below (R5); `own` None where the unit states none itself. `parts` = how many own
    values the total sums. Sources, record ids, alternatives, `range` and `components` are of the unit's own cell only;
    `range` stands where somebody else says something of it, `components` where villages do.
    """

    total: Decimal
    own: Decimal | None
    qualifier: Qualifier
    newest_as_of: datetime
    oldest_as_of: datetime
    status: FigureStatus
    parts: int
    own_sources: tuple[str, ...] = ()
    own_record_ids: tuple[str, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    range: FigureRange | msgspec.UnsetType = msgspec.UNSET
    components: Components | msgspec.UnsetType = msgspec.UNSET


class IncidentHead(msgspec.Struct, frozen=True, kw_only=True):
    """What an incident is called; travels on its nation row. None where nothing has named it yet."""

    name: str | None = None
    hazard: str | None = None
    occurred_at: datetime | None = None
    origin_unit: str | None = None
    closed: bool = False
    aliases: tuple[str, ...] = ()


class UnitUpdate(msgspec.Struct, frozen=True, kw_only=True):
    """`situation.updates`: a unit's complete figures; empty where it lost its last one, never a tombstone.

    The rows of one change follow one another on their partition and `last` marks the last: they are applied as one.
    A merged-away incident's nation row points to its canonical one (`merged_into`) and has no figures. The nation row
    of every known incident exists and carries its `head`.
    `beside` = alternatives for indicators for which the unit shows no figure.
    """

    status: Status
    incident_id: str
    unit: str
    figures: dict[str, Figure]
    beside: dict[str, tuple[Alternative, ...]] = {}
    merged_into: str | None = None
    head: IncidentHead | None = None
    last: bool = False
    version: int = 0


AlarmKind = Literal[
    "conflict",
    "invariant_breach",
    "missing_report",
    "over_capacity",
    "overdue",
    "shelter_below_zero",
]


class Alarm(msgspec.Struct, frozen=True, kw_only=True):
    """`situation.alarms`: raised or cleared; facts for people, never a verdict on anyone (domain.md 1.6).

    | kind | subject | what stands |
    |---|---|---|
    | conflict | unit/indicator, or type/doc_no | a source's word differs from the figure; two papers of one number (R6) |
    | invariant_breach | unit/check | figures of one unit contradict each other |
    | missing_report | unit | an office that has reported owes its next report |
    | over_capacity | unit/site | more people in a shelter than it has places |
    | overdue | record_id | an initial report that was sent too late (R13) |
    | shelter_below_zero | unit/site | more people left a shelter than came |
    """

    status: Status
    incident_id: str
    kind: AlarmKind
    subject: str
    state: Literal["raised", "cleared"]
    record_ids: tuple[str, ...] = ()
    unit: str
    detail: str = ""
    version: int = 0


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """`situation.progress`: append time up to which this input partition of every record topic is folded."""

    partition: int
    folded_until: datetime
    version: int = 0


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """`dead.letters`: a message that cannot be decoded or judged, with its origin. `value` is base64 of its bytes."""

    topic: str
    partition: int
    offset: int
    error: str
    record_id: str | None = None
    key: bytes | None = None
    value: bytes
    version: int = 0


encoder = msgspec.json.Encoder(decimal_format="number", order="deterministic")
"""Numbers of outputs are JSON numbers, exact to their last digit; equal values have equal bytes."""


def update_key(status: str, incident_id: str, unit: str) -> bytes:
    """Key of `situation.updates`."""
    return f"{status}|{incident_id}|{unit}".encode()


def alarm_key(alarm: Alarm) -> bytes:
    """Key of `situation.alarms`."""
    return f"{alarm.status}|{alarm.incident_id}|{alarm.kind}|{alarm.subject}".encode()


def dead_letter_key(topic: str, partition: int, offset: int) -> bytes:
    """Key of `dead.letters`: the origin, so that a rebuild writes nothing new."""
    return f"{topic}|{partition}|{offset}".encode()
