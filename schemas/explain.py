"""Why a figure is what it is: the tree of contributions down to records, losers included (records.md 4).

`GET /v1/incidents/{id}/figures/{key}/explain` answers an `Explanation`. A *cell* is what one unit says of one
indicator, or one site's people; every record that ever stated something there is one *entry* of it, with the decision
of the rule that let it count or lose. The contributions of all entries below a unit add up to its total.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from schemas.outputs import Disposition, FigureStatus, Flag, Qualifier, Standing
from schemas.records import Status


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What a decision code means: the rule of records.md 4 (`R1`…`R18`, `D` = derived figures) and its words.

    `counts`: whether an entry or cell so decided adds to the figure.
    """

    rule: str
    counts: bool
    zh: str
    en: str


class ExplainedEntry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One record's word in a cell, and the decision that let it count or lose.

    `contribution` = what it adds to the unit's own value; absent where it does not count. `value` = what it stated, in
    the unit that the figure is kept in; null: it withdraws. `as_of` and `stage` are those by which it ranks: of a
    correction its root's (`root_id`), of a verification's rows stage verified. `because` = the record that decided: the
    one in force, the one that corrected, returned, froze or already has the number; `awaits` = the record or document
    number that is not there yet. `unit` where it is not the cell's own: the village of a component. `decision` is a key
    of `Explanation.decisions`.
    """

    record_id: str
    type: str
    org: str
    class_: str = msgspec.field(name="class")
    level: str
    as_of: datetime
    received_at: datetime
    stage: str
    value: Decimal | None
    qualifier: Qualifier
    decision: str
    disposition: Disposition
    flags: tuple[Flag, ...]
    standing: Standing
    contribution: Decimal | None = None
    because: str | None = None
    awaits: str | None = None
    root_id: str | None = None
    unit: str | None = None
    doc_no: str | None = None
    incident_id: str | None = None
    """Where the record was filed, if that is not the canonical incident (R14)."""


class ExplainedCell(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A cell of the unit with everything stated there, what counts first, then newest as_of first.

    `key` is the figure's own or, of a derived figure, that of a part. kind `stated`: one entry is in force (R3);
    `deltas`: those that count are summed (R6); `site`: a headcount and the movements after it (R16), `site` its name.
    `value` = what the cell says (null: nothing counts in it), `contribution` = what of it is in the unit's own value;
    they differ only where a derived whole and its parts stand side by side. `decision` says how it enters.
    `components_sum` = sum of the newest word of each village (R2), beside the figure. `entries_total` = how many entries
    there are; more than are listed where the request set a limit.
    """

    key: str
    kind: Literal["stated", "deltas", "site"]
    value: Decimal | None
    decision: str
    entries_total: int
    entries: tuple[ExplainedEntry, ...]
    contribution: Decimal | None = None
    site: str | None = None
    components_sum: Decimal | None = None
    components: int = 0
    """How many villages `components_sum` sums."""


class ExplainedUnit(msgspec.Struct, frozen=True, kw_only=True):
    """A unit with its figure, its own cells and the units below it in which anything was stated, by code.

    total = own + the totals of all children (R5). A unit without a figure has nulls: all that was stated there lost, or
    only units below it speak. `children` is absent where the asked depth ends; `units_below` says how many there are.
    """

    unit: str
    total: Decimal | None
    own: Decimal | None
    qualifier: Qualifier | None
    status: FigureStatus | None
    newest_as_of: datetime | None
    oldest_as_of: datetime | None
    parts: int
    """How many own values the total sums."""
    units_below: int
    cells: tuple[ExplainedCell, ...]
    children: tuple[ExplainedUnit, ...] | UnsetType = UNSET


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """One figure of one unit explained, as of what was known on this installation at `known_at` (null: now).

    `newest_recorded_at` = when the newest record that was known came onto the log; `watermark` = append time up to which
    the answer has everything: equal to `known_at` once nothing can be added to it. `decisions` = the words of every
    decision code in the tree.
    """

    incident_id: str
    status: Status
    key: str
    known_at: datetime | None
    newest_recorded_at: datetime | None
    watermark: datetime | None
    tree: ExplainedUnit
    decisions: dict[str, Decision]
