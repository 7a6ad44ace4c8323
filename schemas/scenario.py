"""Scenario files (records.md 6): records of a disaster in the order in which they came, with an oracle of the picture."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from schemas.outputs import Disposition, Flag, Standing
from schemas.parsing import ShapeError, parse_record
from schemas.records import Id, Moment, Status, UnitCode

SCHEMA = "fenghuo.scenario/2"
DEFAULT_STATUS: Status = "Exercise"
"""A scenario's records are an exercise unless they name a status."""


class ScenarioError(ValueError):
    """A scenario file cannot be read; the text names the file, the place and what is wrong with it."""


class Expect(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a record is judged; for a repeated delivery only `delivery`.

    `totals_after`: nation totals of the file's incident when only the entries so far exist.
    """

    disposition: Disposition | None = None
    flags: tuple[Flag, ...] = ()
    totals_after: dict[str, Decimal | None] | None = None
    delivery: Literal["repeated"] | None = None


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One delivery. `record` is posted as it is, stamped with `received_at`."""

    id: str
    received_at: Moment
    record: dict[str, Any]
    expect: Expect = Expect()
    provenance: str | None = None
    note: str | None = None

    @property
    def record_id(self) -> str:
        return str(self.record["record_id"])

    @property
    def status(self) -> str:
        return str(self.record.get("status", DEFAULT_STATUS))


class Incident(msgspec.Struct, frozen=True, omit_defaults=True):
    """The disaster that the file is about."""

    incident_id: Id
    name: str
    hazard: str | None = None
    occurred_at: datetime | None = None
    origin_unit: UnitCode | None = None


class OracleFigure(msgspec.Struct, frozen=True):
    """A figure as it must stand in the end; `own` None where the unit states none itself."""

    total: Decimal | None
    own: Decimal | None


UnitFigures = dict[str, dict[str, OracleFigure]]
"""unit → figure key → figure"""


class Oracle(msgspec.Struct, frozen=True, omit_defaults=True):
    """The picture when all records are judged: `figures[status][incident][unit][key]`, `standing[record_id]`."""

    figures: dict[Status, dict[Id, UnitFigures]]
    standing: dict[Id, Standing]
    caveat: str | None = None


class Scenario(msgspec.Struct, frozen=True, omit_defaults=True):
    """A whole file."""

    schema: Literal["fenghuo.scenario/2"]
    id: str
    title: str
    incident: Incident
    entries: Annotated[list[Entry], Meta(min_length=1)]
    oracle: Oracle
    timezone: str | None = None
    provenance: Any = None
    note: Any = None
    caveat: Any = None


_decoder = msgspec.json.Decoder(Scenario, float_hook=Decimal)
_encoder = msgspec.json.Encoder(decimal_format="number")


def parse_scenario(raw: bytes, name: str) -> Scenario:
    """A scenario from its JSON, every record's shape checked. Raises ScenarioError naming `name`."""
    try:
        scenario = _decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{name} is no scenario file of form {SCHEMA}: {error}") from error
    for entry in scenario.entries:
        try:
            parse_record(_encoder.encode(entry.record))
        except ShapeError as error:
            raise ScenarioError(f"{name}, entry {entry.id}: {error}") from error
    return scenario


def shipped_scenarios() -> list[str]:
    """Names of the scenarios that come with Fenghuo."""
    folder = files("schemas").joinpath("scenarios")
    return sorted(item.name.removesuffix(".json") for item in folder.iterdir() if item.name.endswith(".json"))


def load_scenario(name: str) -> Scenario:
    """A shipped scenario by name, else a file by path. Raises ScenarioError when there is neither."""
    if name in shipped_scenarios():
        return parse_scenario(files("schemas").joinpath(f"scenarios/{name}.json").read_bytes(), name)
    try:
        raw = Path(name).read_bytes()
    except OSError as error:
        known = ", ".join(shipped_scenarios())
        raise ScenarioError(f"cannot read {name}: {error.strerror}. Shipped scenarios: {known}") from error
    return parse_scenario(raw, name)
