"""R4: corrections, and what their listed cells do to the root's entries."""

from decimal import Decimal

from tests.model.canon import Json
from tests.model.indicators import INDICATORS, Values, breaks_a_hard_check, read_rows
from tests.model.merges import root_of
from tests.model.reports import (
    Verdict,
    beside_the_figures,
    is_repeated_content,
    say_beside,
    without_frozen_rows,
)
from tests.model.units import is_village
from tests.model.world import COUNT_TYPES, Entry, Statement, Turn, World


def judge_correction(world: World, turn: Turn) -> Verdict:
    """Records.md 4: "correction: R2 → R1 → R4 → R11, R12 → R10 → R15 → apply"."""
    aside = beside_the_figures(world, turn)
    if aside is not None:
        return aside
    if is_repeated_content(world, turn):
        return "duplicate_content", set()
    return find_base(world, turn)


def find_base(world: World, turn: Turn) -> Verdict:
    """R4 at the correction's turn, and again right after a record it waited for."""

    def known(record_id: str) -> Json | None:
        return world.turns[record_id].record if record_id in world.turns else None

    # "A correction of a correction is one of its root. [...] A record of its chain not before it in
    # the order: `held`, flag `awaiting_base`, applied right after that record ([...] a chain that never
    # ends at a root waits for ever)."
    root_record, missing = root_of(turn.record, known)
    if root_record is None:
        turn.waits = True
        if missing is not None:
            world.wait(turn, "record", missing)
        return "held", {"awaiting_base"}
    root = world.turns[root_record["record_id"]]

    # "Otherwise the first that fits: root in another canonical incident (merges excepted: there the
    # correction's incident_id must be the merge's `from` or `into`): `rejected`, `foreign_base`"
    if root.type == "incident_merge":
        if turn.record["incident_id"] not in (root.record["from"], root.record["into"]):
            return "rejected", {"foreign_base"}
    elif root.incident != turn.incident:
        return "rejected", {"foreign_base"}
    # "Root a delta or headcount: `rejected`, `use_cancel`."
    if root.type in COUNT_TYPES:
        return "rejected", {"use_cancel"}
    # "Root an incident_merge or verification that was accepted, stored_late or held (not by R17):
    # `accepted`, the merge or the freezing is undone for good [...], rows ignored."
    if root.type in ("incident_merge", "verification") and root.counted:
        world.freezing = [(by, county) for by, county in world.freezing if by is not root]
        return "accepted", set()
    # "Root a side_table record: `side_table`, replaces what is shown, no `conflict`."
    if root.judged_as == "side_table":
        say_beside(world, root, turn)
        return "side_table", set()
    # "Root not a loss_report or zero_report, or not accepted, stored_late or held (not by R17):
    # `rejected`, `no_base`."
    if root.type not in ("loss_report", "zero_report") or not root.counted:
        return "rejected", {"no_base"}
    # "No rows for a root with rows: `rejected`, `no_rows`."
    if not turn.record.get("rows") and root.record.get("rows"):
        return "rejected", {"no_rows"}
    return _apply(world, turn, root)


def _apply(world: World, turn: Turn, root: Turn) -> Verdict:
    """R11, R12 → R10 → R15 → apply."""
    read = read_rows(turn.record)
    flags = read.flags
    if "unit_unknown" in flags:
        return "rejected", flags
    for unit, values in read.cells.items():
        if breaks_a_hard_check(_as_they_stand(world, root, unit) | values):
            return "rejected", flags | {"invariant_violation"}
    say_beside(world, root, turn, villages_only=True)
    open_cells, some_frozen = without_frozen_rows(world, turn, read.cells)
    if some_frozen and not open_cells:
        return "frozen", flags
    if some_frozen:
        flags = flags | {"partly_frozen"}

    shows = False
    for unit, values in open_cells.items():
        for key, value in values.items():
            touched, falls = _restate(world, turn, root, (turn.incident, unit, key), value)
            shows = shows or touched
            if falls:
                flags = flags | {"decrease_explained"}
    root.applied_corrections.append(turn)
    return ("accepted" if shows else "stored_late"), flags


def _as_they_stand(world: World, root: Turn, unit: str) -> Values:
    """R10: "a correction: the root's values in that unit as they stand, held ones included, returned
    and withdrawn ones not".
    """
    assert not is_village(unit)
    return {
        key: entry.current.value
        for (_, entry_unit, key), entry in world.entries_of(root)
        if entry_unit == unit and entry.current is not None
    }


def _restate(
    world: World, turn: Turn, root: Turn, key: tuple[str, str, str], value: Decimal | None
) -> tuple[bool, bool]:
    """The root's entry now states `value`. Returns (it shows now or did before, the figure fell).

    R4: "For each listed cell the root's entry (made if it had none there; it takes the root's rank and
    place in the order) now states the new value, and counts as accepted even if it was held, returned
    or equal-rank history; null withdraws it. [...] If the value in force of a cell of kind C or M
    falls: flag `decrease_explained` (a withdrawal that leaves no value is not a fall). `accepted` if
    for a listed cell the root's entry is in force after it or was before it, else `stored_late`."
    """
    entry = world.entry_of(root, key)
    if entry is None:
        entry = Entry(root)
        world.cells.setdefault(key, []).append(entry)
    showed, before = world.in_force(key) is entry, world.value_in_force(key)
    entry.statements.append(Statement(turn, value))
    shows, after = world.in_force(key) is entry, world.value_in_force(key)
    counts_up = key[2] in INDICATORS and INDICATORS[key[2]].kind in ("C", "M")
    falls = counts_up and before is not None and after is not None and after < before
    return showed or shows, falls
