"""The naive model against the oracles of the worked examples (records.md 6)."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.model.fold import Result, fold

SCENARIOS = Path(__file__).parents[2] / "schemas" / "scenarios"
NAMES = ("jiuzhaigou-88", "rules", "wenchuan-820")


def load(name: str) -> dict[str, Any]:
    text = (SCENARIOS / f"{name}.json").read_text(encoding="utf-8")
    scenario: dict[str, Any] = json.loads(text, parse_float=Decimal)
    return scenario


def as_posted(entry: dict[str, Any]) -> dict[str, Any]:
    """records.md 6: "posted as it is with the entry's `received_at`, status Exercise unless the record
    names one"."""
    return {"status": "Exercise", **entry["record"], "received_at": entry["received_at"]}


def plain(result: Result) -> dict[str, Any]:
    return {
        status: {
            incident: {
                unit: {key: {"total": figure.total, "own": figure.own} for key, figure in keys.items()}
                for unit, keys in units.items()
            }
            for incident, units in incidents.items()
        }
        for status, incidents in result.figures.items()
    }


@pytest.fixture(params=NAMES)
def scenario(request: pytest.FixtureRequest) -> dict[str, Any]:
    return load(request.param)


def test_figures_equal_the_oracle_on_every_unit(scenario: dict[str, Any]) -> None:
    assert plain(fold(map(as_posted, scenario["entries"]))) == scenario["oracle"]["figures"]


def test_standing_equals_the_oracle(scenario: dict[str, Any]) -> None:
    outcomes = fold(map(as_posted, scenario["entries"])).outcomes
    assert {rid: outcome["standing"] for rid, outcome in outcomes.items()} == scenario["oracle"]["standing"]


def test_outcomes_are_those_expected_of_each_entry(scenario: dict[str, Any]) -> None:
    outcomes = fold(map(as_posted, scenario["entries"])).outcomes
    judged = [entry for entry in scenario["entries"] if "disposition" in entry["expect"]]
    assert judged
    for entry in judged:
        outcome = outcomes[entry["record"]["record_id"]]
        expected = (entry["expect"]["disposition"], sorted(entry["expect"]["flags"]))
        assert (outcome["disposition"], outcome["flags"]) == expected, entry["id"]


def test_backwards_and_doubled_is_the_same(scenario: dict[str, Any]) -> None:
    deliveries = [as_posted(entry) for entry in scenario["entries"]]
    assert fold(deliveries[::-1] + deliveries) == fold(deliveries)


def test_nation_totals_after_each_entry(scenario: dict[str, Any]) -> None:
    incident = scenario["incident"]["incident_id"]
    for number, entry in enumerate(scenario["entries"], start=1):
        totals_after = entry["expect"].get("totals_after")
        if totals_after is None:
            continue
        so_far = fold(map(as_posted, scenario["entries"][:number]))
        nation = so_far.figures["Exercise"][incident]["000000000000"]
        assert {key: nation[key].total for key in totals_after} == totals_after, entry["id"]
