"""The production fold beside the naive model: what a viewer sees after some deliveries, in one form."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from streams.picture.picture import Changes, Picture
from streams.picture.stamped import stamped_from
from tests.model.canon import content_of
from tests.model.fold import fold
from tests.property.generators.vocabulary import Json

Seen = dict[str, dict[Any, Any]]


class Viewer:
    """Feeds a `Picture` and keeps what its changes say, as a client or a compacted topic would."""

    def __init__(self) -> None:
        self.picture = Picture()
        self.rows: dict[tuple[str, str, str], dict[str, tuple[Decimal, Decimal | None]]] = {}
        self.outcomes: dict[str, tuple[Any, ...]] = {}
        self.merged_into: dict[tuple[str, str], str] = {}
        self.lost: set[tuple[str, int, int]] = set()
        self.delivered: list[Json] = []

    def apply(self, deliveries: Iterable[Json]) -> None:
        batch = []
        for record in deliveries:
            raw = json.dumps(record, ensure_ascii=False).encode()
            batch.append(stamped_from(raw, ("incident.reports", 0, len(self.delivered))))
            self.delivered.append(record)
        self._keep(self.picture.apply(batch))

    def _keep(self, changes: Changes) -> None:
        self.lost |= {loser.origin for loser in changes.losers}
        for change in changes.incidents:
            for update in change.updates:
                row = (update.status, update.incident_id, update.unit)
                self.rows[row] = {key: (figure.total, figure.own) for key, figure in update.figures.items()}
                if update.unit == "000000000000":
                    self.merged_into.pop(row[:2], None)
                    if update.merged_into is not None:
                        self.merged_into[row[:2]] = update.merged_into
            for outcome in change.outcomes:
                self.outcomes[outcome.record_id] = (
                    *(outcome.disposition, sorted(outcome.flags), outcome.standing),
                    *(outcome.status, outcome.incident_id),
                )

    def seen(self) -> Seen:
        figures = {(*row, key): shown for row, keys in self.rows.items() for key, shown in keys.items()}
        return {"figures": figures, "outcomes": self.outcomes, "aliases": self.merged_into}

    def losing_contents(self) -> set[tuple[str, str]]:
        return {_content_id(self.delivered[offset]) for _, _, offset in self.lost}


def by_the_model(deliveries: Sequence[Json]) -> Seen:
    result = fold(deliveries)
    return {
        "figures": {
            (status, incident, unit, key): tuple(figure)
            for status, incidents in result.figures.items()
            for incident, units in incidents.items()
            for unit, keys in units.items()
            for key, figure in keys.items()
        },
        "outcomes": {
            record_id: tuple(
                outcome[name] for name in ("disposition", "flags", "standing", "status", "incident")
            )
            for record_id, outcome in result.outcomes.items()
        },
        "aliases": {
            (status, incident): into
            for status, aliases in result.aliases.items()
            for incident, into in aliases.items()
        },
    }


def differences(seen: Seen, expected: Seen) -> dict[str, dict[Any, tuple[Any, Any]]]:
    """{what: {key: (the production fold's, the model's)}}, empty where they agree."""
    found = {
        what: {
            key: (seen[what].get(key), expected[what].get(key))
            for key in seen[what].keys() | expected[what].keys()
            if seen[what].get(key) != expected[what].get(key)
        }
        for what in expected
    }
    return {what: keys for what, keys in found.items() if keys}


def model_losers(deliveries: Sequence[Json]) -> set[tuple[str, str]]:
    return set(fold(deliveries).losers)


def losing_offsets(log: Sequence[Json]) -> set[int]:
    """Where the deliveries lie whose content lost its id to another one."""
    lost = model_losers(log)
    return {offset for offset, record in enumerate(log) if _content_id(record) in lost}


def _content_id(record: Json) -> tuple[str, str]:
    return record["record_id"], hashlib.sha256(content_of(record).encode()).hexdigest()
