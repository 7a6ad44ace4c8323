"""The cells of one unit's figure with everything stated in them, and how each enters the unit's own value (R5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from schemas.explain import ExplainedCell, ExplainedEntry
from schemas.numbers import shown
from schemas.records import Verification
from streams.picture.explain_documents import document_word, site_word
from streams.picture.explain_mentions import Mention, is_summed
from streams.picture.explain_reports import Word, report_word
from streams.picture.explain_words import Code
from streams.picture.shelters import SHELTER_NOW
from streams.picture.standing import standing_of
from streams.picture.state import IncidentState
from streams.picture.times import moment
from streams.picture.totals import PARTS, as_qualifier, whole_is_replaced


def cells_of(
    state: IncidentState, unit: str, key: str, mentions: Iterable[Mention], limit: int | None
) -> tuple[ExplainedCell, ...]:
    """The cells that a figure of a unit is made of, itself first; `limit` entries of each are listed, None: all."""
    mentions = list(mentions)
    if key == SHELTER_NOW:
        sites = sorted({mention.site or "" for mention in mentions})
        return tuple(_site(state, unit, key, name, mentions, limit) for name in sites)
    if is_summed(key):
        words = [document_word(state, mention) for mention in mentions]
        return (_deltas(state, unit, key, words, limit),) if words else ()
    return tuple(_stated_cells(state, unit, key, mentions, limit))


def _site(
    state: IncidentState, unit: str, key: str, name: str, mentions: list[Mention], limit: int | None
) -> ExplainedCell:
    words = [site_word(state, mention) for mention in mentions if mention.site == name]
    site = state.shelters.sites(unit).get(name)
    persons = None if site is None or site.persons is None else Decimal(site.persons)
    return ExplainedCell(
        key=key,
        kind="site",
        value=persons,
        decision="no_value" if persons is None else "site_summed",
        entries_total=len(words),
        entries=entries_of(state, words, limit),
        contribution=persons,
        site=name,
    )


def _deltas(state: IncidentState, unit: str, key: str, words: list[Word], limit: int | None) -> ExplainedCell:
    tally = state.tallies.of(unit, key)
    total = shown(tally.sum) if tally is not None else None
    return ExplainedCell(
        key=key,
        kind="deltas",
        value=total,
        decision="no_value" if total is None else "deltas_summed",
        entries_total=len(words),
        entries=entries_of(state, words, limit),
        contribution=total,
    )


def _stated_cells(
    state: IncidentState, unit: str, key: str, mentions: list[Mention], limit: int | None
) -> Iterator[ExplainedCell]:
    for each, code in _enters(state, unit, key).items():
        words = [report_word(state, mention) for mention in mentions if mention.key == each]
        if words:
            yield _stated(state, unit, each, code, words, limit)


def _enters(state: IncidentState, unit: str, key: str) -> dict[str, Code]:
    """Key → how its cell enters the unit's own value: its own, and those of a derived figure's parts."""
    whole = state.cells.get(unit, key)
    in_force = whole is not None and whole.statement is not None
    parts = [
        part
        for part in PARTS.get(key, ())
        if (cell := state.cells.get(unit, part)) is not None and cell.statement is not None
    ]
    codes: dict[str, Code] = {key: "own_value" if in_force else "no_value"}
    codes |= dict.fromkeys(PARTS.get(key, ()), "no_value")
    if whole is not None and in_force and parts:
        replaced = whole_is_replaced(state, whole)
        codes[key] = "whole_replaced" if replaced else "whole_typed"
        return codes | dict.fromkeys(parts, "part_counts" if replaced else "part_within_whole")
    return codes | dict.fromkeys(parts, "part_counts")


def _stated(
    state: IncidentState, unit: str, key: str, code: Code, words: list[Word], limit: int | None
) -> ExplainedCell:
    cell = state.cells.get(unit, key)
    value = shown(cell.statement.value) if cell is not None and cell.statement is not None else None
    if code in ("whole_replaced", "part_within_whole"):
        words = [_set_aside(word, code) for word in words]
        contribution = None
    else:
        contribution = value
    components = [entry.value for _, entry in state.beside.components((unit, key)) if entry.value is not None]
    return ExplainedCell(
        key=key,
        kind="stated",
        value=value,
        decision=code,
        entries_total=len(words),
        entries=entries_of(state, words, limit),
        contribution=contribution,
        components_sum=shown(sum(components, Decimal(0))) if components else None,
        components=len(components),
    )


def _set_aside(word: Word, code: Code) -> Word:
    """The value in force of a derived whole or of a part that does not enter the figure."""
    return word if word.contribution is None else word._replace(code=code, contribution=None)


def entries_of(state: IncidentState, words: Iterable[Word], limit: int | None) -> tuple[ExplainedEntry, ...]:
    """What counts first, then newest as_of first."""
    ordered = sorted(words, key=_newest, reverse=True)
    return tuple(_entry(state, word) for word in ordered[:limit])


def _newest(word: Word) -> tuple[bool, int, tuple[int, str]]:
    return word.contribution is not None, word.root.stamped.as_of, word.judged.order


def _entry(state: IncidentState, word: Word) -> ExplainedEntry:
    judged = word.judged
    record, root = judged.stamped.record, word.root.stamped.record
    assert judged.disposition is not None
    return ExplainedEntry(
        record_id=judged.record_id,
        type=judged.stamped.type,
        org=record.source.org,
        class_=record.source.class_,
        level=record.source.level,
        as_of=moment(word.root.stamped.as_of),
        received_at=moment(judged.stamped.stamp),
        stage="verified" if isinstance(root, Verification) else root.stage,
        value=shown(word.value),
        qualifier=as_qualifier(word.qualifier),
        decision=word.code,
        disposition=judged.disposition,
        flags=tuple(sorted(judged.flags)),
        standing=standing_of(state, judged),
        contribution=shown(word.contribution),
        because=word.because,
        awaits=word.awaits,
        root_id=word.root.record_id if word.root is not judged else None,
        unit=word.unit,
        doc_no=getattr(record, "doc_no", None),
        incident_id=record.incident_id if record.incident_id != state.incident_id else None,
    )
