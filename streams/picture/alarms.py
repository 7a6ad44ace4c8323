"""What people should look at: facts, never a rejection and never a verdict on anyone (records.md 3, domain.md 1.6)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import NamedTuple

from schemas.numbers import shown
from schemas.outputs import AlarmKind
from schemas.records import Dispatch, EvacuationCount, SupplyMovement
from streams.picture.beside import SideEntry
from streams.picture.checks import breaches
from streams.picture.conversion import UNMAPPED
from streams.picture.disputes import DocumentKey
from streams.picture.duties import Sent, speaks_for
from streams.picture.judged import CellId, Judged
from streams.picture.reigns import Cell, Said, current
from streams.picture.shelters import Site
from streams.picture.stamped import micros
from streams.picture.state import IncidentState
from streams.picture.times import moment
from streams.picture.totals import MOST_RECORDS, Own, Total, Totals
from streams.picture.units import NATION

Subject = tuple[AlarmKind, str]
"""(kind, subject)."""

MOST_WORDS = 20
"""Of the words that differ from one figure the newest are named in the detail; all records are."""


class Raised(NamedTuple):
    """An alarm that stands: the records that together raise it, the unit that it concerns and a line about it."""

    record_ids: tuple[str, ...]
    detail: str
    unit: str


def of_figures(state: IncidentState, totals: Totals, unit: str) -> Iterator[tuple[Subject, Raised]]:
    """invariant_breach, shelter_below_zero and over_capacity of one unit."""
    own = {key: value for key in totals.keys(unit) if (value := totals.own.get((unit, key)))}
    for check, keys in breaches({key: value.value for key, value in own.items()}):
        record_ids = _ids(judged for key in keys for judged in own[key].records)
        detail = ", ".join(_say(key, own[key].value) for key in keys)
        yield ("invariant_breach", f"{unit}/{check}"), Raised(record_ids, detail, unit)
    for name, site in state.shelters.sites(unit).items():
        yield from _of_site(unit, name, site)


def _of_site(unit: str, name: str, site: Site) -> Iterator[tuple[Subject, Raised]]:
    persons, size = site.persons, site.size
    if persons is not None and persons < 0:
        raised = Raised(_ids(site.shown(MOST_RECORDS)), f"persons={persons}", unit)
        yield ("shelter_below_zero", f"{unit}/{name}"), raised
    if persons is not None and size is not None and persons > size[0]:
        record_ids = _ids((size[1], *site.shown(MOST_RECORDS)))
        raised = Raised(record_ids, f"persons={persons}, capacity={size[0]}", unit)
        yield ("over_capacity", f"{unit}/{name}"), raised


def of_cell(state: IncidentState, totals: Totals, cell_id: CellId) -> Iterator[tuple[Subject, Raised]]:
    """conflict: a source's newest word differs from the figure (R2), or a value is held because another one of equal
    rank is in force (R3), and differs still."""
    unit, key = cell_id
    total, own, cell = totals.total(unit, key), totals.own.get(cell_id), state.cells.get(unit, key)
    if total is None:
        return
    words = [
        (entry.root.stamped.as_of, entry.by, entry.root, entry.value)
        for entry in state.beside.clues(cell_id)
        if not key.startswith(UNMAPPED) and disagrees(entry, total)
    ]
    if cell is not None and own is not None:
        words += [
            (said.value.rank[0], said.value.by, said.value.root, said.value.value)
            for said in _disputed(cell, own)
        ]
    if not words:
        return
    words.sort(key=lambda word: (-word[0], word[1].record_id))
    said = [_say(root.stamped.record.source.org, value) for _, _, root, value in words[:MOST_WORDS]]
    records = [by for _, by, _, _ in words] + (list(own.records) if own else [])
    yield (
        ("conflict", f"{unit}/{key}"),
        Raised(_ids(records), ", ".join([_say(key, total.value), *said]), unit),
    )


def disagrees(entry: SideEntry, total: Total) -> bool:
    """Whether a clue's word is in conflict with the total: it differs, and it did so at its turn (flag `conflict`) or is
    no older than every part of the total. An older word that agreed then only tells of an earlier state."""
    if entry.value is None or entry.value == total.value:
        return False
    return "conflict" in entry.by.flags or entry.root.stamped.as_of >= total.oldest


def _disputed(cell: Cell, own: Own) -> Iterator[Said]:
    """The values held for `conflict` (R3) that differ from the figure, unless their office has said something newer."""
    for entry in cell.held.values():
        said = current(entry)
        if said is None or not said.is_held() or said.seen is None or said.value.value == own.value:
            continue
        office = said.value.root.stamped.record.source.org
        if said.value.rank != said.seen.rank or office == said.seen.root.stamped.record.source.org:
            continue
        newer = cell.newest_of(office)
        if newer is None or newer.rank <= said.value.rank:
            yield said


def of_document(state: IncidentState, key: DocumentKey) -> Iterator[tuple[Subject, Raised]]:
    """conflict: papers of one number with different contents, of which only the first can count (R6)."""
    claim, held = state.documents.first_claim(key), state.documents.disputes.held(key)
    if claim is None or not held:
        return
    taker = claim[1]
    record = taker.stamped.record
    assert isinstance(record, Dispatch | EvacuationCount | SupplyMovement)
    orgs = dict.fromkeys(judged.stamped.record.source.org for judged in (taker, *held))
    raised = Raised(_ids((taker, *held)), ", ".join(list(orgs)[:MOST_WORDS]), record.unit or NATION)
    yield ("conflict", "/".join(key)), raised


def of_late_report(judged: Judged) -> Iterator[tuple[Subject, Raised]]:
    """overdue: an initial report sent more than two hours after the event (R13, D1)."""
    if judged.is_returned():
        return
    occurred_at = judged.stamped.record.occurred_at
    assert occurred_at is not None
    detail = f"occurred_at={_when(micros(occurred_at))}, sent_at={_when(judged.stamped.sent_at)}"
    unit = _common(speaks_for(judged.stamped))
    yield ("overdue", judged.record_id), Raised((judged.record_id,), detail, unit)


def of_silence(unit: str, last: Sent, due_at: int) -> tuple[Subject, Raised]:
    """missing_report: the next report of a unit is due since `due_at` (µs) and has not come."""
    detail = f"last_sent_at={_when(last.sent_at)}, due_at={_when(due_at)}"
    return ("missing_report", unit), Raised((last.record_id,), detail, unit)


def _common(units: set[str]) -> str:
    """The lowest unit that contains them all."""
    if len(units) == 1:
        return next(iter(units))
    for digits in (4, 2):
        prefixes = {unit[:digits] for unit in units}
        if len(prefixes) == 1:
            return prefixes.pop().ljust(12, "0")
    return NATION


def _ids(records: Iterable[Judged]) -> tuple[str, ...]:
    return tuple(sorted({judged.record_id for judged in records}))


def _when(micros_since_1970: int) -> str:
    return moment(micros_since_1970).isoformat()


def _say(key: str, value: Decimal | None) -> str:
    return f"{key}={shown(value)}"
