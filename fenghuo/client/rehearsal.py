"""A scenario made ready for one run: ids of its own, times moved to today. Pure: run prefix and "now" are arguments.

Judging compares times and ids with one another only, so one offset for every time and one order-keeping renaming of
ids leave every outcome and figure as the file's oracle states them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from random import Random
from typing import Any

import msgspec

from schemas.records import Status
from schemas.scenario import DEFAULT_STATUS, Entry, Oracle, Scenario

TIMES = ("as_of", "sent_at", "occurred_at", "device_sent_at")
"""The envelope's times beside the stamp; a time inside a record's free fields is content and stays."""
RECORD_REFERENCES = {"correction": ("supersedes",), "review": ("target",)}
INCIDENT_REFERENCES = {"incident_merge": ("from", "into")}
FREE_REFERENCES = ("supersedes", "target")
"""Fields that may name a record in a type with free fields; they follow it when the file has that record."""

LONGEST_ID = 64

_encoder = msgspec.json.Encoder(decimal_format="number")


class Posting(msgspec.Struct, frozen=True):
    """One delivery: the record's JSON with its stamp, and the stamp itself for the pace."""

    entry_id: str
    record_id: str
    received_at: datetime
    body: bytes


class Expectation(msgspec.Struct, frozen=True):
    """How a record must be judged and where it must stand; None where the file does not say."""

    entry_id: str
    disposition: str | None
    flags: frozenset[str]
    standing: str | None


class Rehearsal(msgspec.Struct, frozen=True):
    """A scenario ready to be posted. `expected` is by record id; every id is the run's own."""

    title: str
    incident_id: str
    incidents: tuple[str, ...]
    statuses: tuple[Status, ...]
    postings: list[Posting]
    expected: dict[str, Expectation]
    oracle: Oracle


def rehearse(scenario: Scenario, *, run: str | None, until: datetime | None) -> Rehearsal:
    """Rename and shift a scenario.

    `run`: prefix of the run's ids, None to keep the file's. `until`: the moment at which the last record is received,
    None to keep the file's times. The same stamp and id order holds before and after.
    """
    records, incidents = _ids(scenario)
    record_names, incident_names = _names(records, run), _names(incidents, run)
    last = max(entry.received_at for entry in scenario.entries)
    offset = until - last if until else timedelta(0)
    postings = [_posting(entry, record_names, incident_names, offset) for entry in scenario.entries]
    return Rehearsal(
        title=scenario.title,
        incident_id=incident_names[scenario.incident.incident_id],
        incidents=tuple(
            dict.fromkeys(incident_names[str(e.record["incident_id"])] for e in scenario.entries)
        ),
        statuses=tuple(dict.fromkeys(msgspec.convert(status, Status) for status in _statuses(scenario))),
        postings=postings,
        expected=_expected(scenario, record_names),
        oracle=_renamed_oracle(scenario.oracle, record_names, incident_names),
    )


def disorder(postings: list[Posting], *, shuffle: int | None, duplicate: float) -> list[Posting]:
    """The deliveries in another order and some of them twice; the law says that it changes nothing.

    `shuffle`: seed of the order, None to keep it. `duplicate`: probability with which a delivery comes again.
    """
    random = Random(shuffle or 0)  # noqa: S311 - a repeatable order, no secret
    found = [
        posting
        for original in postings
        for posting in ([original, original] if random.random() < duplicate else [original])
    ]
    if shuffle is not None:
        random.shuffle(found)
    return found


def _statuses(scenario: Scenario) -> Iterable[str]:
    yield from (entry.status for entry in scenario.entries)
    yield from scenario.oracle.figures


def _ids(scenario: Scenario) -> tuple[set[str], set[str]]:
    """Every record id and every incident id that the file mentions where an id is meant."""
    records = set(scenario.oracle.standing)
    incidents = {scenario.incident.incident_id}
    for by_incident in scenario.oracle.figures.values():
        incidents |= set(by_incident)
    for entry in scenario.entries:
        kind = str(entry.record["type"])
        records.add(entry.record_id)
        records |= {str(entry.record[field]) for field in RECORD_REFERENCES.get(kind, ())}
        incidents.add(str(entry.record["incident_id"]))
        incidents |= {str(entry.record[field]) for field in INCIDENT_REFERENCES.get(kind, ())}
    return records, incidents


def _names(ids: set[str], run: str | None) -> dict[str, str]:
    """Old id → the run's. Where a prefixed id would be too long all become numbers in the same order: equal stamps
    are judged in the order of record ids, which must not change.
    """
    if run is None:
        return {name: name for name in ids}
    if all(len(run) + 1 + len(name) <= LONGEST_ID for name in ids):
        return {name: f"{run}-{name}" for name in ids}
    return {name: f"{run}-{number:08d}" for number, name in enumerate(sorted(ids))}


def _posting(entry: Entry, records: dict[str, str], incidents: dict[str, str], offset: timedelta) -> Posting:
    record: dict[str, Any] = dict(entry.record)
    kind = str(record["type"])
    record.setdefault("status", DEFAULT_STATUS)
    record["record_id"] = records[entry.record_id]
    record["incident_id"] = incidents[str(record["incident_id"])]
    for field in RECORD_REFERENCES.get(kind, ()):
        record[field] = records[str(record[field])]
    for field in INCIDENT_REFERENCES.get(kind, ()):
        record[field] = incidents[str(record[field])]
    for field in FREE_REFERENCES:
        if isinstance(record.get(field), str) and field not in RECORD_REFERENCES.get(kind, ()):
            record[field] = records.get(record[field], record[field])
    received_at = entry.received_at + offset
    if offset:
        for field in TIMES:
            if field in record:
                record[field] = _moved(record[field], offset)
    record["received_at"] = received_at
    return Posting(entry.id, record["record_id"], received_at, _encoder.encode(record))


def _moved(value: Any, offset: timedelta) -> Any:
    """A time later by `offset`, in its own zone; what is no time stays (intake will say so)."""
    try:
        return msgspec.convert(value, datetime) + offset
    except (msgspec.ValidationError, OverflowError):
        return value


def _expected(scenario: Scenario, names: dict[str, str]) -> dict[str, Expectation]:
    """By record id. A repeated delivery says nothing of how the record is judged; its first one does."""
    found: dict[str, Expectation] = {}
    for entry in scenario.entries:
        if entry.expect.delivery == "repeated":
            continue
        found[names[entry.record_id]] = Expectation(
            entry_id=entry.id,
            disposition=entry.expect.disposition,
            flags=frozenset(entry.expect.flags),
            standing=scenario.oracle.standing.get(entry.record_id),
        )
    return found


def _renamed_oracle(oracle: Oracle, records: dict[str, str], incidents: dict[str, str]) -> Oracle:
    return Oracle(
        figures={
            status: {incidents[name]: units for name, units in by_incident.items()}
            for status, by_incident in oracle.figures.items()
        },
        standing={records[name]: standing for name, standing in oracle.standing.items()},
        caveat=oracle.caveat,
    )
