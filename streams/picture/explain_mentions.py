"""Who ever stated something of a figure, whatever became of it: read from the records themselves, so none is missed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from schemas.indicators import indicators
from schemas.records import Dispatch, EvacuationCount, SupplyMovement, rows_of
from streams.picture.conversion import UNMAPPED
from streams.picture.documents import GOODS
from streams.picture.judged import Judged
from streams.picture.shelters import SHELTER_IN, SHELTER_NOW, places
from streams.picture.state import IncidentState
from streams.picture.totals import PARTS
from streams.picture.units import NATION, ancestors, is_village, parent

DELTA_KEYS = frozenset({"sorties", "persons_lifted", SHELTER_IN})
GOODS_KEYS = tuple(f"{figure}." for figure in sorted(set(GOODS.values())))
DELTAS = Dispatch | EvacuationCount | SupplyMovement


class Mention(NamedTuple):
    """A record states `key` of `unit`: in a village's row (`village`), of a shelter (`site`), or plainly."""

    judged: Judged
    unit: str
    key: str
    village: str | None = None
    site: str | None = None


def is_figure(key: str) -> bool:
    """Whether there can be a figure of this key."""
    prefixes = (UNMAPPED, *GOODS_KEYS)
    return (
        key in indicators()
        or key in DELTA_KEYS
        or key == SHELTER_NOW
        or any(key.startswith(prefix) and len(key) > len(prefix) for prefix in prefixes)
    )


def is_summed(key: str) -> bool:
    """Whether a figure is a sum of documents (R6)."""
    return key in DELTA_KEYS or key.startswith(GOODS_KEYS)


def mentions_of(state: IncidentState, top: str, key: str) -> Iterator[Mention]:
    """Every mention of a figure, and of the parts of a derived one, in `top` and the units below it."""
    for judged in state.judged.values():
        found = (
            _in_documents(state, judged, key)
            if isinstance(judged.stamped.record, DELTAS)
            else _in_rows(judged, (key, *PARTS.get(key, ())))
        )
        for mention in found:
            if top in (mention.unit, NATION) or top in ancestors(mention.unit):
                yield mention


def _in_rows(judged: Judged, keys: Iterable[str]) -> Iterator[Mention]:
    for row in rows_of(judged.stamped.record):
        for key in keys:
            stated = key.removeprefix(UNMAPPED)
            if stated not in row.values or (stated in indicators()) == key.startswith(UNMAPPED):
                continue
            if is_village(row.unit):
                yield Mention(judged, parent(row.unit) or row.unit, key, village=row.unit)
            else:
                yield Mention(judged, row.unit, key)


def _in_documents(state: IncidentState, judged: Judged, key: str) -> Iterator[Mention]:
    record = judged.stamped.record
    if isinstance(record, EvacuationCount):
        if key == SHELTER_NOW:
            for unit, site in dict.fromkeys((unit, site) for unit, site, _ in places(record)):
                yield Mention(judged, unit, key, site=site)
        elif key == SHELTER_IN and record.kind == "check_in":
            yield Mention(judged, record.unit, key)
    elif isinstance(record, Dispatch):
        if key in ("sorties", "persons_lifted"):
            yield Mention(judged, record.unit or NATION, key)
    elif isinstance(record, SupplyMovement):
        figure = GOODS["release"] if record.kind == "cancel" else GOODS.get(record.kind)
        if figure is not None and any(key == f"{figure}.{item}" for item in record.lines):
            yield Mention(judged, _unit_of(state, record) or NATION, key)


def _unit_of(state: IncidentState, record: SupplyMovement) -> str | None:
    """A cancel counts where its release counts (R6)."""
    if record.kind != "cancel":
        return record.unit
    claim = state.documents.first_claim(("supply_movement", record.ref_doc_no or ""))
    cancelled = claim[1].stamped.record if claim else None
    if isinstance(cancelled, SupplyMovement) and cancelled.kind == "release":
        return cancelled.unit
    return record.unit
