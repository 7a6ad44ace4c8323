"""Which cases of which rules a record set holds, as the naive model judges it: {case: how often}.

A case is named by its rule; what a record's outcome alone shows is named by type. tests/property/test_generators.py
lists all of them with how often the generators must bring each about.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from tests.model import fold as model_fold
from tests.model import reports as model_reports
from tests.model.canon import Json, instant, one_record_per_id
from tests.model.figures import figures, headcount_in_force, site_moves
from tests.model.indicators import INDICATORS, NOT_ABOVE, SUMS, read_rows
from tests.model.merges import root_of, village_rows_only
from tests.model.standing import standings
from tests.model.units import county_of, is_village
from tests.model.world import COUNT_TYPES, Turn, World

Cases = Iterator[str]


def cases_of(deliveries: list[Json]) -> Counter[str]:
    """All cases of a set, of every status."""
    records, losers = one_record_per_id(deliveries)
    found: Counter[str] = Counter({"one id: another content": len(losers)} if losers else {})
    found["one id: repeated"] += len(deliveries) - len(records) - len(losers)
    for status in {record.get("status") or "Actual" for record in records}:
        changes: Counter[str] = Counter()
        with watching_changes(changes):
            world = model_fold.fold_world(
                [record for record in records if (record.get("status") or "Actual") == status]
            )
        found += changes
        found.update(_of_a_world(world))
    return found


def watching_changes(found: Counter[str]) -> Any:
    """Counts how cells are judged against the one in force (R7, R9), which nothing shows afterwards."""
    judge = model_reports._judge_change
    balance = model_reports.is_allocation

    def judge_change(key: str, value: Any, in_force: Any, *, has_reason: bool, balanced: bool) -> Any:
        now, reason = in_force.value, " with a reason" if has_reason else ""
        if INDICATORS[key].kind in ("C", "M") and value < now:
            found["R7 allocation" if balanced else f"R7 decrease{reason}"] += 1
        elif value < now:
            found["R7 a figure that may fall"] += 1
        if key in ("dead", "missing", "injured") and value > 5 * now:
            found[
                f"R9 surge{reason}"
                if value - now >= 50
                else "R9 more than five times, but less than 50 above"
            ] += 1
        elif key in ("dead", "missing", "injured") and value - now >= 50:
            found["R9 50 above, but not more than five times"] += 1
        return judge(key, value, in_force, has_reason=has_reason, balanced=balanced)

    def is_allocation(before: Any, cells: Any, unit: str, key: str) -> bool:
        balanced = balance(before, cells, unit, key)
        was = before[unit, key]
        if (
            unit.endswith("000000")
            and len(cells) > 1
            and was
            and was.value > cells[unit][key]
            and not balanced
        ):
            found["R7 rises that do not balance the fall"] += 1
        return balanced

    return patch.multiple(model_reports, _judge_change=judge_change, is_allocation=is_allocation)


def _of_a_world(world: World) -> Cases:
    standing = standings(world)
    for turn in world.turns.values():
        yield from _of_an_outcome(turn, standing[turn.id])
        yield from _of_a_record(world, turn)
        yield from _of_a_clock(turn)
        by_type = {"correction": _of_a_correction, "review": _of_a_review, "verification": _of_a_verification}
        if turn.type in by_type:
            yield from by_type[turn.type](world, turn)
        if turn.type == "incident_merge":
            yield from _of_a_merge(world, turn)
        if turn.type in COUNT_TYPES:
            yield from _of_a_count(world, turn, standing[turn.id])
    yield from _of_cells(world)


def _of_an_outcome(turn: Turn, standing: str) -> Cases:
    record = turn.record
    kind = record.get("kind") or record.get("decision") or record.get("mode")
    yield f"type: {turn.type}" + (f" {kind}" if kind else "")
    yield f"{turn.type}: {turn.disposition}"
    yield f"standing of {turn.type}: {standing}"
    yield f"class: {record['source']['class']}"
    yield f"level: {record['source']['level']}"
    yield f"stage: {record.get('stage') or 'followup'}"
    for flag in turn.flags:
        yield f"{turn.type}: {flag}"


def _of_a_record(world: World, turn: Turn) -> Cases:
    record = turn.record
    rows = record.get("rows") or []
    if turn.type in ("loss_report", "zero_report", "correction") and not turn.official:
        yield "R2 a figure of another class"
    if village_rows_only(record) and turn.type in ("loss_report", "correction"):
        yield f"R2 {turn.type} of villages only"
    elif any(is_village(row["unit"]) for row in rows) and turn.disposition in (
        "accepted",
        "held",
        "stored_late",
    ):
        yield "R2 villages beside other rows"
    if turn.type == "zero_report" and not rows:
        yield "a zero report without rows"
    stated = [value for row in rows for value in row["values"].values() if isinstance(value, dict)]
    for value in stated:
        yield from (f"R11 {value['unit']}" for _ in range("unit" in value))
        yield from (f"qualifier: {value['qualifier']}" for _ in range("qualifier" in value))
    if turn.disposition == "rejected" and "invariant_violation" in turn.flags and turn.type != "correction":
        for values in read_rows(record).cells.values():
            yield from (f"R10 {check}" for check in broken_checks(values))
    if turn.type == "loss_report" and turn.disposition == "accepted" and turn.flags == set():
        yield "a report without any flag"
    late = (instant(record["received_at"]) - instant(record["sent_at"])).total_seconds()
    yield from ("R13 half an hour exactly" for _ in range(late == 1800))


def broken_checks(values: dict[str, Any]) -> Cases:
    """The relations of R10 that one row breaks."""
    stated = {key: value for key, value in values.items() if value is not None}
    for smaller, larger in NOT_ABOVE:
        if stated.get(smaller, 0) > stated.get(larger, stated.get(smaller, 0)):
            yield f"{smaller}<={larger}"
    for whole, tolerance in SUMS:
        parts = INDICATORS[whole].parts
        known = whole in stated and all(part in stated for part in parts)
        if known and abs(stated[whole] - sum(stated[part] for part in parts)) > tolerance:
            yield f"{whole} = its parts"


def _of_a_clock(turn: Turn) -> Cases:
    if turn.held_by_clock:
        yield f"R17 {turn.type}" + (" headcount" if turn.record.get("kind") == "headcount" else "")
        if turn.judged_as is not None:
            yield f"R17 released: {turn.type} {turn.judged_as}"
    ahead = max(instant(turn.record[name]) for name in ("as_of", "sent_at")) - instant(
        turn.record["received_at"]
    )
    if ahead == timedelta(minutes=10):
        yield "R17 ten minutes exactly"


def _of_a_correction(world: World, turn: Turn) -> Cases:
    record = turn.record
    root, missing = root_of(record, lambda name: world.turns[name].record if name in world.turns else None)
    if root is None and missing is None:
        yield "R4 a chain that never ends"
    if root is None or root["record_id"] not in world.turns:
        return
    base, of = world.turns.get(record["supersedes"]), world.turns[root["record_id"]]
    waited = "awaiting_base" in turn.flags
    if base is not None and base.type == "correction":
        yield "R4 a correction of a correction" + (" that waited" if waited else "")
        if waited and "awaiting_base" in base.flags:
            yield "R4 a chain of waiting corrections"
    if turn not in of.applied_corrections:
        if turn.disposition == "accepted" and of.type in ("incident_merge", "verification"):
            yield f"R4 undoes: {of.type}"
        if waited and not turn.waits:
            yield "R4 waited in vain"
        return
    yield from ("R4 waited and was applied" for _ in range(waited))
    yield from ("R4 returned" for _ in range(turn.returned_by == turn.id))
    yield from ("R4 returned with its root" for _ in range(turn.returned_by == of.id))
    yield f"R4 of a root {of.judged_as}"
    values = [value for row in record.get("rows") or [] for value in row["values"].values()]
    yield from ("R4 withdraws" for _ in range(None in values))
    yield from ("R4 without rows" for _ in range(not values))
    of_root = {(row["unit"], key) for row in root.get("rows") or [] for key in row["values"]}
    if any((row["unit"], key) not in of_root for row in record.get("rows") or [] for key in row["values"]):
        yield "R4 a cell that the root had not"


def _of_a_review(world: World, turn: Turn) -> Cases:
    target = world.turns.get(turn.record["target"])
    if target is None or target.incident != turn.incident:
        return
    decision, accepted = turn.record["decision"], turn.disposition == "accepted"
    if accepted:
        yield f"R18 {decision} {target.type}" + (
            " headcount" if target.record.get("kind") == "headcount" else ""
        )
        if decision == "return" and target.returned_by not in (None, target.id):
            yield "R18 a return of what was returned with its root"
        if decision != "return" and target.returned_by is None and _returned_before(world, turn, target):
            yield "R18 puts back"
        if decision == "release":
            for flag in {"conflict", "decrease", "surge"} & target.flags:
                yield f"R18 release of {flag}"
    if "awaiting_base" in turn.flags and not turn.waits:
        yield "R18 waited and was tried"
    if turn.record["target"] == turn.id:
        yield "R18 of itself"


def _returned_before(world: World, turn: Turn, target: Turn) -> bool:
    return any(
        other.type == "review"
        and other.record["decision"] == "return"
        and other.record["target"] == target.id
        and other.disposition == "accepted"
        and other.number < turn.number
        for other in world.turns.values()
    )


def _of_a_verification(world: World, turn: Turn) -> Cases:
    counties = turn.record["counties"]
    upper = [prefix for prefix in counties if len(prefix) < 6]
    if upper:
        yield f"R15 of a {'prefecture' if len(upper[0]) == 4 else 'province'}: {turn.disposition}"
    for prefix in counties:
        if (turn, prefix) in world.freezing and len(prefix) == 6:
            yield "R15 freezes" + (" a town without a county" if prefix == "441900" else "")
    rows = turn.record.get("rows") or []
    units = [row["unit"] for row in rows if not is_village(row["unit"])]
    written = {unit for (_, unit, _), entries in world.cells.items() for e in entries if e.root is turn}
    if units and turn.disposition == "accepted" and not written:
        yield "R15 all rows frozen"
    if written:
        yield "R15 its rows are figures"


def _of_a_merge(world: World, turn: Turn) -> Cases:
    source, into = turn.record["from"], turn.record["into"]
    in_force = world.merges_into_force.get(source) == turn.id
    if source == into:
        yield "R14 into itself"
    elif in_force and into in world.merges_into_force:
        yield "R14 chain"
    elif turn.disposition == "rejected" and source in world.merges_into_force:
        yield "R14 already merged"
    elif turn.disposition == "rejected" and world.incident_of(into) == world.incident_of(source):
        yield "R14 cycle"
    if turn.disposition == "accepted" and not in_force:
        yield "R14 undone"
    if in_force and any(
        t.record["incident_id"] == source and t.number < turn.number for t in world.turns.values()
    ):
        yield "R14 records before the merge"


def _of_a_count(world: World, turn: Turn, standing: str) -> Cases:
    record, kind = turn.record, turn.record.get("kind")
    if turn.returned_by is not None:
        yield f"R18 returned: {turn.type}" + (f" {kind}" if kind else "")
    if not turn.counts:
        return
    if turn.type == "supply_movement" and kind == "cancel":
        release = world.documents[turn.incident, turn.type, record["ref_doc_no"]]
        yield "R6 cancel" + (" that waited" if "awaiting_base" in turn.flags else "")
        yield from ("R6 cancel of a returned release" for _ in range(release.returned_by is not None))
    elif turn.type != "evacuation_count" and not record.get("unit"):
        yield f"R6 {turn.type} without a unit"
    if turn.type == "evacuation_count" and kind == "headcount":
        shows = headcount_in_force(world, turn.incident, record["unit"], record["site"]) is turn
        yield "R16 headcount in force" if shows else "R16 headcount not in force"
    elif turn.type == "evacuation_count":
        for unit, site, _ in site_moves(turn):
            settled = headcount_in_force(world, turn.incident, unit, site)
            later = settled is None or turn.as_of > settled.as_of
            yield f"R16 {kind} {'counts' if later else 'before the headcount'}"
            yield from (
                f"R16 {kind} at the moment of the headcount"
                for _ in range(bool(settled and settled.as_of == turn.as_of))
            )
        if kind == "transfer":
            other = (record.get("to_unit"), record["to_site"])
            yield (
                "R16 transfer to another unit"
                if other[0] not in (None, record["unit"])
                else "R16 transfer within the unit"
            )
            yield from ("R16 transfer within the site" for _ in range(other == (None, record["site"])))


def _of_cells(world: World) -> Cases:
    for (incident, unit, key), entries in world.cells.items():
        now = world.in_force((incident, unit, key))
        for entry in entries:
            modes = {statement.mode for statement in entry.statements}
            yield from ("R3 equal-rank history" for _ in range("equal_history" in modes))
            if entry is now and entry.current is not None and entry.current.mode == "equal_history":
                yield "R3 equal-rank history comes into force"
        if now is not None and any(e.root.rank > now.root.rank for e in entries if not e.waits):
            yield "R3 what remains is in force"
        if now is not None and not is_village(unit) and world.is_frozen(incident, county_of(unit)):
            yield "R15 a verified figure"
        if key.startswith("unmapped.") and now is not None:
            yield "R12 in force"
        parts = INDICATORS[key].parts if key in INDICATORS else ()
        of_parts = [e for part in parts if (e := world.in_force((incident, unit, part))) is not None]
        if now is not None and of_parts:
            replaced = any(part.root.as_of > now.root.as_of for part in of_parts)
            yield (
                "derived: the parts replace the typed whole"
                if replaced
                else "derived: the typed whole stands"
            )
        if (
            now is not None
            and unit.endswith("000000")
            and any(
                below.startswith(unit[:6])
                and below != unit
                and name == key
                and world.in_force((of, below, name))
                for of, below, name in world.cells
                if of == incident
            )
        ):
            yield "R5 a county's own beside its townships'"
    for incident, unit, key in world.cells:
        for whole, item in INDICATORS.items():
            if (
                key in item.parts
                and world.in_force((incident, unit, whole)) is None
                and world.in_force((incident, unit, key))
            ):
                yield "derived: from parts alone"
    for incident in {turn.incident for turn in world.turns.values()}:
        for figure in figures(world, incident).values():
            yield from ("R16 a shelter below zero" for _ in range(figure.get("shelter_now", (0,))[0] < 0))
    for word in world.beside:
        yield "R2 a village's component" if word.village else "R2 a word beside the figures"
