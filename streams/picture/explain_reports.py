"""Why a report's, correction's or clue's word in a cell counts or loses (R1 to R4, R7, R9 to R12, R15, R17, R18)."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from schemas.numbers import CellValue
from schemas.records import Correction, IncidentMerge, Record, Verification, rows_of
from streams.picture.beside import SideEntry, latest
from streams.picture.cells import MUST_NOT_FALL
from streams.picture.conversion import UNMAPPED
from streams.picture.explain_mentions import Mention
from streams.picture.explain_words import Code
from streams.picture.judged import Judged
from streams.picture.merges import is_official
from streams.picture.moments import END, Moment, turn_of
from streams.picture.reigns import Cell, Said, Statement, current
from streams.picture.state import IncidentState
from streams.picture.units import county_of


class Word(NamedTuple):
    """What one record says in a cell, and why it counts or loses. `root`: by whose rank."""

    judged: Judged
    root: Judged
    value: Decimal | None
    qualifier: str
    code: Code
    contribution: Decimal | None = None
    because: str | None = None
    awaits: str | None = None
    unit: str | None = None


def report_word(state: IncidentState, mention: Mention) -> Word:
    """The decision on one mention in a row."""
    if mention.village is None:
        cell = state.cells.get(mention.unit, mention.key)
        said = next((said for said in mention.judged.statements if said.key is cell), None)
        if cell is not None and said is not None:
            return _stated(cell, said)
    beside = _beside(state, mention)
    return beside if beside is not None else _unapplied(state, mention)


def _stated(cell: Cell, said: Said) -> Word:
    """An entry of the cell: in force, or what beat it."""
    statement = said.value
    word = Word(
        statement.by, statement.root, statement.value, statement.qualifier, "in_force", statement.value
    )
    lost = word._replace(contribution=None)
    if statement.by.is_returned():
        return lost._replace(code="returned", because=returned_by(statement.by))
    now = current(cell.entries[statement.root])
    if now is not None and now is not said:
        code: Code = "withdrawn" if now.value.value is None else "corrected"
        return lost._replace(code=code, because=now.value.by.record_id)
    if statement.value is None:
        return lost._replace(code="withdraws")
    if said.is_held():
        assert said.seen is not None
        return lost._replace(code=_why_held(cell.key, statement, said.seen), because=said.seen.by.record_id)
    in_force = cell.statement
    assert in_force is not None
    if in_force != statement:
        return lost._replace(code=_why_lost(statement, in_force), because=in_force.by.record_id)
    if statement.by is not statement.root:
        return word._replace(code="in_force_corrected")
    return word._replace(code="in_force_released") if statement.state == "held" else word


def _why_held(key: str, statement: Statement, seen: Statement) -> Code:
    """R3, R7, R9, in the order in which they are looked at; `seen` was in force then."""
    assert statement.value is not None
    assert seen.value is not None
    if statement.rank == seen.rank and _org(statement.root) != _org(seen.root):
        return "held_conflict"
    falls = key in MUST_NOT_FALL and statement.value < seen.value
    return "held_decrease" if falls else "held_surge"


def _why_lost(statement: Statement, in_force: Statement) -> Code:
    """R3: the first part of the rank that differs."""
    codes: tuple[Code, ...] = ("earlier_as_of", "lower_stage", "lower_level")
    for code, mine, its in zip(codes, statement.rank, in_force.rank, strict=True):
        if mine != its:
            return code
    return "equal_rank" if statement.state == "equal_rank" else "earlier_in_order"


def _beside(state: IncidentState, mention: Mention) -> Word | None:
    """R2: a clue or component; None if the record says nothing beside this cell."""
    cell_id = mention.unit, mention.key
    for root, entries in state.beside.words(cell_id, mention.village).items():
        mine = next((entry for _, entry in entries if entry.by is mention.judged), None)
        if mine is None:
            continue
        word = Word(mention.judged, root, mine.value, mine.qualifier, "clue", unit=mention.village)
        now = latest(entries)
        if now.by is not mine.by and not mine.by.is_returned():
            code: Code = "withdrawn" if now.value is None else "corrected"
            return word._replace(code=code, because=now.by.record_id)
        if mine.value is None:
            return word._replace(code="withdraws")
        if not mine.is_shown:
            return word._replace(code="returned", because=returned_by(mine.by) or returned_by(root))
        newest = _newest(state, mention, mine)
        codes: tuple[Code, Code] = ("clue_older", "clue") if mention.village is None else (
            "component_older", "component"
        )  # fmt: skip
        older = newest.by is not mine.by
        return word._replace(code=codes[not older], because=newest.by.record_id if older else None)
    return None


def _newest(state: IncidentState, mention: Mention, mine: SideEntry) -> SideEntry:
    """The word that is shown in this one's place, itself if it is."""
    cell_id = mention.unit, mention.key
    if mention.village is not None:
        return dict(state.beside.components(cell_id))[mention.village]
    return next(entry for entry in state.beside.clues(cell_id) if _org(entry.root) == _org(mine.root))


def _unapplied(state: IncidentState, mention: Mention) -> Word:
    """A record whose word never came into the cell."""
    judged = mention.judged
    value, qualifier = _as_stated(mention)
    word = Word(judged, judged, value, qualifier, "not_applied", unit=mention.village)
    record, disposition, flags = judged.stamped.record, judged.stands_as(), judged.flags
    if judged.is_clock_held():
        return word._replace(code="clock_ahead")
    if disposition == "duplicate_content":
        return word._replace(code="duplicate_content", because=_repeated_by(state, judged))
    if isinstance(record, Correction) and (found := _correction(state, judged)) is not None:
        return word._replace(code=found[0], because=found[1], awaits=found[2])
    if "unit_unknown" in flags or _is_dropped(mention):
        return word._replace(code="unit_unknown")
    if disposition == "rejected":
        return word._replace(code="hard_check")
    if isinstance(record, Verification) and disposition == "refused":
        return word._replace(code="verification_refused" if is_official(judged.stamped) else "not_entitled")
    if frozen_by := state.freezes.frozen_by(county_of(mention.unit), _applied_at(judged)):
        return word._replace(code="frozen", because=frozen_by)
    return word


def _correction(state: IncidentState, judged: Judged) -> tuple[Code, str | None, str | None] | None:
    """R4: why a correction restates nothing: (code, because, awaits); None if a later rule decided."""
    record = judged.stamped.record
    assert isinstance(record, Correction)
    attempt = judged.latest("attempt")
    if attempt == "waiting":
        return "awaiting_base", None, _awaited(judged)
    if attempt == "failed":
        return "failed_base", record.supersedes, None
    for flag in _BASE_FLAGS:
        if flag in judged.flags:
            return flag, record.supersedes, None
    if isinstance(_root_of(state, record), Verification | IncidentMerge):
        return "rows_ignored", record.supersedes, None
    return None


def _root_of(state: IncidentState, correction: Correction) -> Record | None:
    """The end of a correction's chain, wherever it lies; None where it has none."""
    seen: set[str] = set()
    base_id = correction.supersedes
    while base_id not in seen:
        seen.add(base_id)
        judged = state.judged.get(base_id)
        found = judged.stamped if judged is not None else state.world.find(base_id)
        if found is None or not isinstance(found.record, Correction):
            return found.record if found is not None else None
        base_id = found.record.supersedes
    return None


_BASE_FLAGS: tuple[Code, ...] = ("foreign_base", "use_cancel", "no_base")
"""`no_rows` is not among them: a correction without rows states nothing."""


def _awaited(judged: Judged) -> str | None:
    """The record id or document number for whose turn a record waits now."""
    step = judged.turn
    while step is not None and step.child is not None:
        step = step.child
    return step.awaits.key if step is not None and step.awaits is not None else None


def _applied_at(judged: Judged) -> Moment:
    """When a record was applied: at its turn, or when it was released, or tried after its base."""
    later = [moment for name in ("attempt", "stands") for moment, _ in judged.facts.get(name, ())]
    return max([turn_of(judged.order), *later])


def _repeated_by(state: IncidentState, judged: Judged) -> str | None:
    """R1: the first record before it that says the same."""
    at = _applied_at(judged)
    equal = (
        other
        for other in state.contents.like(judged)
        if other is not judged
        and turn_of(other.order) < at
        and other.is_filed(at)
        and not other.is_returned(at)
    )
    first = min(equal, key=lambda other: other.order, default=None)
    return first.record_id if first is not None else None


def _as_stated(mention: Mention) -> tuple[Decimal | None, str]:
    """The value in the figure's unit; as it was typed where it cannot be converted."""
    unit = mention.village or mention.unit
    stated = mention.judged.stamped.stated
    for row in (*stated.rows, *stated.villages):
        if row.unit == unit and mention.key in row.cells:
            return row.cells[mention.key].value, row.cells[mention.key].qualifier
    typed = _typed(mention)
    return typed.value, typed.qualifier


def _typed(mention: Mention) -> CellValue:
    unit, key = mention.village or mention.unit, mention.key.removeprefix(UNMAPPED)
    return next(row.values[key] for row in rows_of(mention.judged.stamped.record) if row.unit == unit)


def _is_dropped(mention: Mention) -> bool:
    """R11: its unit of measure cannot be converted, so that the cell is in no row."""
    unit = mention.village or mention.unit
    stated = mention.judged.stamped.stated
    return not any(row.unit == unit and mention.key in row.cells for row in (*stated.rows, *stated.villages))


def returned_by(judged: Judged) -> str | None:
    """The review that returned a record: the one whose step said so, at its turn or when it had waited (R18)."""
    log = [moment for moment, target in judged.facts.get("returned", ()) if target is not None]
    return str(log[-1][-1][1]) if log and judged.is_returned(END) else None


def _org(judged: Judged) -> str:
    return judged.stamped.record.source.org
