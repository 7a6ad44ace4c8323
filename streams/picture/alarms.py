"""What does not add up (records.md 3): breaches between different records, shelters below zero. Never a rejection."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from streams.picture.checks import breaches
from streams.picture.state import IncidentState
from streams.picture.totals import Totals

Subject = tuple[Literal["invariant_breach", "shelter_below_zero"], str]
"""(kind, subject): `unit/check` or `unit/site`."""


class Raised(NamedTuple):
    """An alarm that stands: the records that together raise it and a line about it."""

    record_ids: tuple[str, ...]
    detail: str


def alarms_of(state: IncidentState, totals: Totals, unit: str) -> Iterator[tuple[Subject, Raised]]:
    """The alarms that stand for one unit."""
    own = {key: value for key in totals.keys(unit) if (value := totals.own.get((unit, key)))}
    for check, keys in breaches({key: value.value for key, value in own.items()}):
        record_ids = sorted({judged.record_id for key in keys for judged in own[key].records})
        detail = ", ".join(f"{key}={own[key].value}" for key in keys)
        yield ("invariant_breach", f"{unit}/{check}"), Raised(tuple(record_ids), detail)
    for name, site in state.shelters.sites(unit).items():
        persons = site.persons
        if persons is not None and persons < 0:
            record_ids = sorted(judged.record_id for judged in site.shown())
            yield ("shelter_below_zero", f"{unit}/{name}"), Raised(tuple(record_ids), f"persons={persons}")
