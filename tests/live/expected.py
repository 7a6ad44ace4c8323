"""What clients must see of a set of deliveries, by the naive model; and how what they do see is compared with it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from tests.model.canon import content_of, instant, one_record_per_id
from tests.model.fold import fold

Json = dict[str, Any]
OutcomeSeen = tuple[str, tuple[str, ...], str]
"""(disposition, sorted flags, standing)."""
FigureSeen = tuple[Decimal | None, Decimal | None]
"""(total, own)."""
RecordSeen = tuple[str, datetime]
"""(canonical JSON of the content, stamp)."""
Incident = tuple[str, str]
"""(status, incident_id)."""


@dataclass(frozen=True)
class Seen:
    """What a client sees: every record and how it was judged, every figure of every unit of the canonical incidents
    (status, incident_id, unit, key), and the canonical incident that each incident id answers with.
    """

    records: dict[str, RecordSeen] = field(default_factory=dict)
    outcomes: dict[str, OutcomeSeen] = field(default_factory=dict)
    figures: dict[tuple[str, str, str, str], FigureSeen] = field(default_factory=dict)
    canonical: dict[Incident, str] = field(default_factory=dict)

    @property
    def incidents(self) -> list[str]:
        """Every incident id of every world."""
        return sorted({incident for _, incident in self.canonical})


def by_the_model(deliveries: Iterable[bytes]) -> Seen:
    """The fold of stamped records by `tests.model`, which shares no code with what is tested."""
    records = [json.loads(delivery, parse_float=Decimal) for delivery in deliveries]
    result = fold(records)
    seen = Seen()
    for record_id, judged in result.outcomes.items():
        flags = tuple(sorted(judged["flags"]))
        seen.outcomes[record_id] = judged["disposition"], flags, judged["standing"]
    for status, incidents in result.figures.items():
        for incident, units in incidents.items():
            for unit, figures in units.items():
                for key, (total, own) in figures.items():
                    seen.figures[status, incident, unit, key] = total, own
    for record in one_record_per_id(records)[0]:
        seen.records[record["record_id"]] = record_seen(record)
        seen.canonical[record.get("status") or "Actual", record["incident_id"]] = record["incident_id"]
    for status, aliases in result.aliases.items():
        for incident, into in aliases.items():
            seen.canonical[status, incident] = into
    return seen


def record_seen(record: Json) -> RecordSeen:
    """A stamped record in the form in which it is compared."""
    return content_of(record), instant(record["received_at"])


def differences(expected: Seen, found: Seen, where: str) -> list[str]:
    """One line for each outcome, figure or alias that is not as expected; also for what nobody expected."""
    return [
        *_differing(f"{where}: record", expected.records, found.records),
        *_differing(f"{where}: outcome of", expected.outcomes, found.outcomes),
        *_differing(f"{where}: figure", expected.figures, found.figures),
        *_differing(f"{where}: canonical incident of", expected.canonical, found.canonical),
    ]


def _differing(what: str, expected: Mapping[Any, Any], found: Mapping[Any, Any]) -> Iterator[str]:
    for key in sorted(expected.keys() | found.keys()):
        if expected.get(key) != found.get(key):
            yield f"{what} {key}: {_text(found.get(key))} instead of {_text(expected.get(key))}"


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return "(" + ", ".join(_text(item) for item in value) + ")"
    return "nothing" if value is None else str(value)
