"""Who says what of a figure beside what is shown (R2, R3): words, their range, the sum of the villages."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from tests.model.figures import Shown, shown
from tests.model.units import ancestors
from tests.model.world import Entry, Turn, Word, World

Cell = tuple[str, str]


class Total(NamedTuple):
    value: Decimal
    parts: int
    newest: datetime
    oldest: datetime


class Said(NamedTuple):
    """One word: what the unit's total would be by it (None of nobody: the sum of several own values)."""

    total: Decimal
    as_of: datetime
    record_id: str | None


class Range(NamedTuple):
    least: Said
    greatest: Said
    sources: int


class Villages(NamedTuple):
    total: Decimal
    villages: int
    newest: datetime
    oldest: datetime


def totals(now: Shown) -> dict[Cell, Total]:
    """R5, with the times of what is summed."""
    result: dict[Cell, Total] = {}
    for (unit, key), value in now.own.items():
        times = [told.as_of for told in now.told[unit, key]]
        for code in [unit, *ancestors(unit)]:
            known = result.get((code, key))
            result[code, key] = Total(
                value + (known.value if known else 0),
                1 + (known.parts if known else 0),
                max([*times, *([known.newest] if known else [])]),
                min([*times, *([known.oldest] if known else [])]),
            )
    return result


def words_beside(world: World, incident: str) -> dict[Cell, tuple[list[Word], list[Word]]]:
    """(unit, key) -> (the newest clue of each organisation, the newest component of each village)."""
    last: dict[tuple[str, str, str | None, str], Word] = {}
    for word in world.beside:
        # R18: "a correction: its entries state again what they stated before it".
        if word.incident == incident and word.by.returned_by is None and word.root.returned_by is None:
            last[word.unit, word.key, word.village, word.root.id] = word
    by_speaker: dict[tuple[str, str, bool, str], list[Word]] = defaultdict(list)
    for word in last.values():
        if word.value is not None:
            speaker = word.village or word.root.org
            by_speaker[word.unit, word.key, word.village is None, speaker].append(word)
    result: dict[Cell, tuple[list[Word], list[Word]]] = defaultdict(lambda: ([], []))
    for (unit, key, is_clue, _), words in by_speaker.items():
        newest = max(words, key=lambda word: (word.root.as_of, word.root.place))
        result[unit, key][0 if is_clue else 1].append(newest)
    return dict(result)


def entries_at(world: World, incident: str, cell: Cell) -> list[Entry]:
    return world.cells.get((incident, *cell), [])


def held_entries(world: World, incident: str, cell: Cell) -> list[Entry]:
    return [entry for entry in entries_at(world, incident, cell) if entry.waits]


def newest_of(world: World, incident: str, cell: Cell, org: str) -> Entry | None:
    """R3's strongest entry of one organisation that counts as accepted, in force or not."""
    offered = [entry for entry in entries_at(world, incident, cell) if entry.value is not None]
    return max((e for e in offered if e.root.org == org), key=World.height, default=None)


def _kept(world: World, incident: str, cell: Cell, now: Shown) -> Iterator[Entry]:
    """The newest word of each organisation that is none of those whose word is shown."""
    if cell not in now.own:
        return
    told = [told.by for told in now.told[cell]]
    orgs = {turn.org for turn in told}
    in_force = world.in_force((incident, *cell))
    if in_force is not None and in_force.current is not None and in_force.current.by in told:
        orgs.add(in_force.root.org)
    for org in {entry.root.org for entry in entries_at(world, incident, cell)} - orgs:
        entry = newest_of(world, incident, cell, org)
        if entry is not None:
            yield entry


def ranges(world: World, incident: str) -> dict[Cell, tuple[Range | None, Villages | None]]:
    """Of every figure shown."""
    now = shown(world, incident)
    beside = words_beside(world, incident)
    result: dict[Cell, tuple[Range | None, Villages | None]] = {}
    for cell, total in totals(now).items():
        clues, components = beside.get(cell, ([], []))
        own = now.own.get(cell)
        said = [Said(_value(word), word.root.as_of, word.by.id) for word in clues]
        for entry in [*held_entries(world, incident, cell), *_kept(world, incident, cell, now)]:
            assert entry.current is not None
            assert entry.current.value is not None
            by_it = total.value - (own or Decimal(0)) + entry.current.value
            said.append(Said(by_it, entry.root.as_of, entry.current.by.id))
        result[cell] = (_range(said, _as_shown(now, cell, total)), _villages(components))
    return result


def _value(word: Word) -> Decimal:
    assert word.value is not None
    return word.value


def _as_shown(now: Shown, cell: Cell, total: Total) -> Said:
    if cell not in now.own or total.parts > 1:
        return Said(total.value, total.newest, None)
    newest: Turn = max((told.by for told in now.told[cell]), key=lambda turn: turn.place)
    return Said(total.value, total.newest, newest.id)


def _range(said: list[Said], as_shown: Said) -> Range | None:
    if not said:
        return None
    said = [*said, as_shown]

    def newness(word: Said) -> tuple[datetime, str]:
        return word.as_of, word.record_id or ""

    least = [word for word in said if word.total == min(word.total for word in said)]
    greatest = [word for word in said if word.total == max(word.total for word in said)]
    first = max(word.as_of for word in least)
    return Range(
        min((word for word in least if word.as_of == first), key=newness),
        max(greatest, key=newness),
        len(said),
    )


def _villages(components: list[Word]) -> Villages | None:
    if not components:
        return None
    times = [word.root.as_of for word in components]
    values = sum((_value(word) for word in components), Decimal(0))
    return Villages(values, len(components), max(times), min(times))
