"""The picture that the API shows against a scenario's oracle. Pure: answers in, differences out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Literal

import msgspec

from fenghuo.client.http import OutcomeView, SituationView
from fenghuo.client.rehearsal import Expectation
from schemas.scenario import OracleFigure, UnitFigures

NONE = OracleFigure(None, None)


class Difference(msgspec.Struct, frozen=True):
    """One thing that is not as the oracle states. `subject` = record or unit, `aspect` = what of it."""

    kind: Literal["outcome", "figure"]
    subject: str
    aspect: str
    expected: str
    found: str


def compare_outcomes(
    expected: Mapping[str, Expectation], found: Mapping[str, OutcomeView | None]
) -> Iterator[Difference]:
    """Disposition, flags (as sets) and standing of every record; what the file leaves open is not compared."""
    for record_id, want in expected.items():
        subject = f"{want.entry_id} {record_id}"
        have = found.get(record_id)
        if have is None:
            yield Difference("outcome", subject, "outcome", want.disposition or "any", "not judged")
            continue
        if want.disposition is not None:
            if have.disposition != want.disposition:
                yield Difference("outcome", subject, "disposition", want.disposition, have.disposition)
            if set(have.flags) != want.flags:
                yield Difference("outcome", subject, "flags", _flags(want.flags), _flags(have.flags))
        if want.standing is not None and have.standing != want.standing:
            yield Difference("outcome", subject, "standing", want.standing, have.standing)


def compare_figures(where: str, expected: UnitFigures, found: SituationView | None) -> Iterator[Difference]:
    """Total and own of every unit of one incident; a figure that only one side has is a difference too."""
    have = units_of(found) if found else {}
    for unit in sorted(expected.keys() | have.keys()):
        wanted, shown = expected.get(unit, {}), have.get(unit, {})
        for key in sorted(wanted.keys() | shown.keys()):
            want, got = wanted.get(key, NONE), shown.get(key, NONE)
            subject = f"{where} {unit}"
            if want.total != got.total:
                yield Difference("figure", subject, f"{key} total", _text(want.total), _text(got.total))
            if want.own != got.own:
                yield Difference("figure", subject, f"{key} own", _text(want.own), _text(got.own))


def units_of(situation: SituationView) -> UnitFigures:
    """A nested situation as unit → key → figure; units without figures left out."""
    found: UnitFigures = {}
    waiting = [situation]
    while waiting:
        unit = waiting.pop()
        waiting += unit.children
        if unit.figures:
            found[unit.unit] = {key: OracleFigure(f.total, f.own) for key, f in unit.figures.items()}
    return found


def _flags(flags: frozenset[str] | tuple[str, ...]) -> str:
    return ", ".join(sorted(flags)) or "none"


def _text(number: Decimal | None) -> str:
    return "–" if number is None else f"{number.normalize():f}"
