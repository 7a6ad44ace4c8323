"""The generated record sets are valid and reach every disposition, flag and standing of records.md 4."""

import json
from collections import Counter
from pathlib import Path

import pytest

from schemas.parsing import parse_record
from tests.model.fold import fold
from tests.property.generators.sets import random_records
from tests.property.rule_cases import cases_of

SEEDS = range(120)
SEEDS_OF_CASES = range(240)
SIZE = 60
# Out of 7,200 records; about half of what the seeds give.
LEAST = {
    "disposition": {
        "accepted": 1500,
        "stored_late": 100,
        "side_table": 250,
        "recorded": 75,
        "duplicate_content": 75,
        "duplicate_doc": 12,
        "held": 500,
        "rejected": 150,
        "frozen": 30,
        "refused": 100,
    },
    "flags": {
        "late_arrival": 750,
        "incident_alias": 400,
        "overdue": 12,
        "future_time": 125,
        "conflict": 150,
        "decrease": 75,
        "decrease_explained": 60,
        "surge": 7,
        "invariant_violation": 40,
        "unit_converted": 125,
        "unit_unknown": 15,
        "unmapped_category": 150,
        "partly_frozen": 25,
        "awaiting_base": 250,
        "no_base": 100,
        "no_rows": 7,
        "foreign_base": 40,
        "use_cancel": 17,
        "over_cancel": 4,
    },
    "standing": {"effective": 1000, "returned": 60, "held": 250, "superseded": 250, "none": 1250},
}


@pytest.mark.parametrize("conflicting_ids", [False, True])
def test_records_are_valid_and_repeatable(conflicting_ids: bool) -> None:
    for seed in range(25):
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


def test_every_case_of_every_rule_occurs() -> None:
    """rule_cases.txt names them: each type, kind, class, level and stage, and what each rule makes of them."""
    seen: Counter[str] = Counter()
    for seed in SEEDS_OF_CASES:
        seen += cases_of(random_records(seed, SIZE, conflicting_ids=seed % 3 == 0))
    for case, count in sorted(seen.items()):
        print(f"{count:6} {case}")
    wanted = Path(__file__).with_name("rule_cases.txt").read_text("utf-8").splitlines()
    assert [case for case in wanted if case not in seen] == []


def test_some_ids_have_several_contents() -> None:
    lost = sum(len(fold(random_records(seed, SIZE, conflicting_ids=True)).losers) for seed in range(20))
    assert lost > 50
