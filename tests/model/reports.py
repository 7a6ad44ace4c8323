"""R1, R2, R3, R7, R9, R10, R11, R12, R15 for loss_report, zero_report, clue, and a verification's rows."""

from datetime import timedelta
from decimal import Decimal

from tests.model.canon import Json, canonical_json, instant
from tests.model.figures import total_of
from tests.model.indicators import INDICATORS, UNMAPPED, Values, breaks_a_hard_check, convert, read_rows
from tests.model.merges import village_rows_only
from tests.model.units import ancestors, county_of, is_village
from tests.model.world import Entry, Statement, Turn, Word, World

Verdict = tuple[str, set[str]]


def beside_the_figures(world: World, turn: Turn) -> Verdict | None:
    """R2: "Cells are written by class `official_stat` only. A `clue` of any class, and a loss_report,
    zero_report or correction of another class: `side_table`"; "a report or correction with rows of
    [villages] only is `side_table` without further flags".
    """
    if turn.type == "clue" or not turn.official:
        say_beside(world, turn, turn)
        return "side_table", {"conflict"} if differs_from_a_total(world, turn) else set()
    if village_rows_only(turn.record):
        say_beside(world, turn, turn)
        return "side_table", set()
    return None


def say_beside(world: World, root: Turn, by: Turn, *, villages_only: bool = False) -> None:
    """R2: "shown beside the figure"; a row on a village code "is a *component* of its township, the newest
    per village shown with their sum". What cannot be converted is not shown.
    """
    for row in by.record.get("rows") or []:
        village = row["unit"] if is_village(row["unit"]) else None
        if villages_only and village is None:
            continue
        unit = ancestors(village)[0] if village else row["unit"]
        for key, stated in row["values"].items():
            value, flag = convert(key, stated)
            if flag != "unit_unknown":
                name = key if key in INDICATORS else UNMAPPED + key
                world.beside.append(Word(by.incident, unit, name, village, root, by, value))


def differs_from_a_total(world: World, turn: Turn) -> bool:
    """R2: "flag `conflict` if a stated, convertible value of a mapped indicator differs from the
    *total* of that unit at that turn (if there is one)".
    """
    for unit, values in read_rows(turn.record).cells.items():
        for key, value in values.items():
            total = total_of(world, turn.incident, unit, key) if key in INDICATORS else None
            if value is not None and total is not None and value != total:
                return True
    return False


def is_repeated_content(world: World, turn: Turn) -> bool:
    """R1: "equal in (type, canonical incident, source.org, as_of, stage, reason, supersedes, rows) to
    one before it that was accepted, stored_late or held (not by R17) and is not returned at that turn".
    "Rows are equal as JSON values; the order of rows and keys and 5 against 5.0 do not matter."
    """
    return any(
        other is not turn
        and other.counted
        and other.returned_by is None
        and _content_key(other) == _content_key(turn)
        for other in world.turns.values()
    )


def _content_key(turn: Turn) -> tuple[object, ...]:
    record = turn.record
    rows = sorted(canonical_json(row) for row in record.get("rows") or [])
    stage = record.get("stage") or "followup"
    return (
        *(turn.type, turn.incident, turn.org, turn.as_of, stage),
        *(record.get("reason"), record.get("supersedes"), rows),
    )


def is_overdue(record: Json) -> bool:
    """R13: "Stage initial and sent_at − occurred_at > 2 h: `overdue`"."""
    if record.get("stage") != "initial" or not record.get("occurred_at"):
        return False
    return instant(record["sent_at"]) - instant(record["occurred_at"]) > timedelta(hours=2)


def judge_report(world: World, turn: Turn, *, as_with_a_reason: bool = False) -> Verdict:
    """Records.md 4: "loss_report, zero_report: R2 → R1 → `overdue` → R11, R12 → R10 → R15 → cell by
    cell R3, R7, R9". `as_with_a_reason`: a report released by R18 ("R7, R9 as with a reason").
    """
    aside = beside_the_figures(world, turn)
    if aside is not None:
        return aside
    if turn.type != "clue" and is_repeated_content(world, turn):
        return "duplicate_content", set()
    flags = {"overdue"} if is_overdue(turn.record) else set()
    has_reason = as_with_a_reason or bool(turn.record.get("reason"))
    disposition, more = apply_rows(world, turn, has_reason=has_reason)
    return disposition, flags | more


def apply_rows(world: World, turn: Turn, *, has_reason: bool) -> Verdict:
    """R11, R12 → R10 → R15 → cell by cell, for a report or a verification."""
    read = read_rows(turn.record)
    flags = read.flags
    if "unit_unknown" in flags:
        return "rejected", flags
    if any(breaks_a_hard_check(values) for values in read.cells.values()):
        return "rejected", flags | {"invariant_violation"}
    say_beside(world, turn, turn, villages_only=True)
    open_cells, some_frozen = without_frozen_rows(world, turn, read.cells)
    if some_frozen and not open_cells:
        return "frozen", flags
    if some_frozen:
        flags = flags | {"partly_frozen"}

    # Every cell is judged against what was in force before the record (a cell occurs once in it).
    before = {
        (unit, key): world.in_force((turn.incident, unit, key))
        for unit, values in open_cells.items()
        for key in values
    }
    results = set()
    for (unit, key), in_force in before.items():
        value = open_cells[unit][key]
        assert value is not None
        mode, flag = _judge_cell(turn, key, value, in_force)
        if mode == "subject to R7, R9":
            balanced = is_allocation(before, open_cells, unit, key)
            mode, flag = _judge_change(key, value, in_force, has_reason=has_reason, balanced=balanced)
        if flag:
            flags = flags | {flag}
        results.add(mode)
        kept = "held" if mode == "held" else "equal_history" if mode == "equal_history" else "accepted"
        entries = world.cells.setdefault((turn.incident, unit, key), [])
        entries.append(Entry(turn, [Statement(turn, value, kept, flag)]))  # type: ignore[arg-type]
    # R3: "The record is `held` if any of its cells is held (its other cells count), else `accepted` if
    # any cell was accepted or it has no cells, else `stored_late`."
    if "held" in results:
        return "held", flags
    return ("accepted" if "accepted" in results or not results else "stored_late"), flags


def without_frozen_rows(world: World, turn: Turn, cells: dict[str, Values]) -> tuple[dict[str, Values], bool]:
    """R15: "Rows of counties frozen before [...] are stored, not applied"."""
    open_cells = {
        unit: values for unit, values in cells.items() if not world.is_frozen(turn.incident, county_of(unit))
    }
    return open_cells, len(open_cells) < len(cells)


def _judge_cell(turn: Turn, key: str, value: Decimal, in_force: Entry | None) -> tuple[str, str | None]:
    """R3: "none → accepted. Lower rank → history (kept as accepted, nothing further is checked). Equal
    rank: same source.org → accepted subject to R7, R9; other org, equal value → equal-rank history;
    other org, different value → held, flag `conflict`. Higher rank → accepted subject to R7, R9."
    """
    if in_force is None:
        return "accepted", None
    if turn.rank < in_force.root.rank:
        return "history", None
    if turn.rank == in_force.root.rank and turn.org != in_force.root.org:
        return ("equal_history", None) if value == in_force.value else ("held", "conflict")
    return ("accepted", None) if key not in INDICATORS else ("subject to R7, R9", None)


def _judge_change(
    key: str, value: Decimal, in_force: Entry | None, *, has_reason: bool, balanced: bool
) -> tuple[str, str | None]:
    """R7: "A value of kind C or M below *c* without a reason: held, flag `decrease`; with a reason:
    accepted, flag `decrease_explained`. Exception, an *allocation*: [...] accepted, no flag."
    R9: "dead, missing or injured more than 5 × *c* and at least 50 above it, without a reason: held,
    flag `surge`."
    """
    assert in_force is not None
    assert in_force.value is not None
    now = in_force.value
    if INDICATORS[key].kind in ("C", "M") and value < now:
        if balanced:
            return "accepted", None
        return ("accepted", "decrease_explained") if has_reason else ("held", "decrease")
    surges = key in ("dead", "missing", "injured") and value > 5 * now and value - now >= 50
    return ("held", "surge") if surges and not has_reason else ("accepted", None)


def is_allocation(
    before: dict[tuple[str, str], Entry | None], open_cells: dict[str, Values], unit: str, key: str
) -> bool:
    """R7: "a fall on a code ending in 000000 that is balanced or exceeded by the sum of the rises of the
    same indicator that the same record states on units below it (on rows not frozen; held and late
    ones included), against what was in force before the record (nothing = 0)".
    """
    if not unit.endswith("000000"):
        return False

    def rise(code: str) -> Decimal:
        entry, value = before[code, key], open_cells[code][key]
        assert value is not None
        was = Decimal(0) if entry is None or entry.value is None else entry.value
        return value - was

    rises = sum(
        (
            max(rise(code), Decimal(0))
            for code, values in open_cells.items()
            if key in values and unit in ancestors(code)
        ),
        Decimal(0),
    )
    return rises >= -rise(unit)
