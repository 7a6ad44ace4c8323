"""Whole record sets: from a seed, and as a hypothesis strategy."""

import copy
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

from hypothesis import strategies as st

from tests.property.generators import controls, counts, statements
from tests.property.generators.maker import Maker
from tests.property.generators.vocabulary import LEVELS, Json, written

# How often each kind of record is made, relative to the others.
WEIGHTS = {
    statements.report: 20,
    statements.followup: 16,
    statements.zero_report: 4,
    statements.allocation: 6,
    statements.confirmation: 5,
    statements.clue: 3,
    statements.repeat: 8,
    controls.correction: 16,
    controls.review: 15,
    controls.verification: 4,
    controls.merge: 4,
    controls.recorded: 3,
    counts.dispatch: 5,
    counts.supply: 10,
    counts.evacuation: 10,
}
# A set may be mostly about some of them, so that they meet more often.
FOCUSES: tuple[tuple[Callable[[Maker], Json], ...], ...] = (
    (),
    (),
    (statements.report, statements.followup, controls.correction, controls.review),
    (counts.supply, controls.review),
    (counts.evacuation, controls.review),
    (controls.merge, controls.correction, statements.report),
    (statements.allocation, statements.confirmation, controls.review),
    (controls.verification, controls.correction, statements.report),
)


def random_records(seed: int, size: int, *, conflicting_ids: bool = False, prefix: str = "") -> list[Json]:
    """`size` records of status Exercise and Test with `received_at`, the same for the same arguments.

    They are valid by records.md 2 and 3 and name each other, also ids that do not exist and records that
    come later. With `conflicting_ids` further deliveries follow: the same content under other stamps, and
    other contents under an id already taken. `prefix` starts every record and incident id, so that
    several sets can live in one installation.
    """
    rng = Random(seed)
    maker = Maker(rng, size, prefix)
    focus = rng.choice(FOCUSES)
    weights = [weight * (6 if make in focus else 1) for make, weight in WEIGHTS.items()]
    for make in rng.choices(list(WEIGHTS), weights, k=size):
        maker.records.append(make(maker))
    records = maker.records
    return records + redeliveries(rng, records) if conflicting_ids else records


def redeliveries(rng: Random, records: list[Json]) -> list[Json]:
    """records.md 2, "One id, one record": repeats with other stamps, and other contents of known ids."""
    return [redelivery(rng, record, records) for record in rng.sample(records, len(records) // 4)]


def redelivery(rng: Random, record: Json, others: list[Json]) -> Json:
    """A record once more: under another stamp, with something changed, or its id with the content of another one."""
    changed = copy.deepcopy(record)
    received = datetime.fromisoformat(record["received_at"])
    stamp = received + timedelta(minutes=rng.choice((-45, -10, -5, 0, 0, 5, 60)))
    changed["received_at"] = written(rng, stamp)
    what = rng.choice(("stamp", "stamp", "level", "incident", "whole", "status"))
    other = rng.choice(others)
    if what == "level":
        changed["source"]["level"] = rng.choice(LEVELS)
    elif what == "incident" and record["type"] != "incident_merge":
        changed["incident_id"] = other["incident_id"]
    elif what == "whole":
        return copy.deepcopy(other) | {name: changed[name] for name in ("record_id", "received_at")}
    elif what == "status":
        changed["status"] = "Test" if record["status"] == "Exercise" else "Exercise"
    return changed


@st.composite
def record_sets(draw: st.DrawFn, *, most: int = 40, conflicting_ids: bool = False) -> list[Json]:
    """Part of a seeded set. The law holds of any part, so a failing set shrinks by leaving records out."""
    size = draw(st.integers(min_value=1, max_value=most))
    seed = draw(st.integers(min_value=0, max_value=2**32 - 1))
    deliveries = random_records(seed, size, conflicting_ids=conflicting_ids)
    kept = draw(st.lists(st.integers(0, 11), min_size=len(deliveries), max_size=len(deliveries)))
    return [record for record, keep in zip(deliveries, kept, strict=True) if keep]
