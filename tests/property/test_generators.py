"""The generated record sets are valid and reach every disposition, flag and standing of records.md 4."""

import json
from collections import Counter

import pytest

from schemas.records import parse_record
from tests.model.fold import fold
from tests.property.generators.sets import random_records

SEEDS = range(200)
SIZE = 60
# Out of 12,000 records; about half of what the seeds give.
LEAST = {
    "disposition": {
        "accepted": 3000,
        "stored_late": 200,
        "side_table": 500,
        "recorded": 150,
        "duplicate_content": 150,
        "duplicate_doc": 25,
        "held": 1000,
        "rejected": 300,
        "frozen": 60,
        "refused": 200,
    },
    "flags": {
        "late_arrival": 1500,
        "incident_alias": 800,
        "overdue": 25,
        "future_time": 250,
        "conflict": 300,
        "decrease": 150,
        "decrease_explained": 120,
        "surge": 15,
        "invariant_violation": 80,
        "unit_converted": 250,
        "unit_unknown": 30,
        "unmapped_category": 300,
        "partly_frozen": 50,
        "awaiting_base": 500,
        "no_base": 200,
        "no_rows": 15,
        "foreign_base": 80,
        "use_cancel": 35,
        "over_cancel": 8,
    },
    "standing": {"effective": 2000, "returned": 120, "held": 500, "superseded": 500, "none": 2500},
}


@pytest.mark.parametrize("conflicting_ids", [False, True])
def test_records_are_valid_and_repeatable(conflicting_ids: bool) -> None:
    for seed in range(40):
        records = random_records(seed, SIZE, conflicting_ids=conflicting_ids)
        assert records == random_records(seed, SIZE, conflicting_ids=conflicting_ids)
        for record in records:
            parse_record(json.dumps(record).encode())


def test_every_disposition_flag_and_standing_occurs() -> None:
    seen: dict[str, Counter[str]] = {"disposition": Counter(), "flags": Counter(), "standing": Counter()}
    for seed in SEEDS:
        for outcome in fold(random_records(seed, SIZE)).outcomes.values():
            seen["disposition"][outcome["disposition"]] += 1
            seen["standing"][outcome["standing"]] += 1
            seen["flags"].update(outcome["flags"])
    for kind, counts in seen.items():
        print(kind, dict(counts.most_common()))
    for kind, least in LEAST.items():
        assert set(seen[kind]) == set(least)
        assert {name: seen[kind][name] for name in least if seen[kind][name] < least[name]} == {}


def test_some_ids_have_several_contents() -> None:
    lost = sum(len(fold(random_records(seed, SIZE, conflicting_ids=True)).losers) for seed in range(20))
    assert lost > 50
