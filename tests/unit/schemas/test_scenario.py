"""Scenario files: the shipped ones read, a bad one is named with the place."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import pytest

from schemas.scenario import ScenarioError, load_scenario, parse_scenario, shipped_scenarios


def raw(name: str = "rules") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(files("schemas").joinpath(f"scenarios/{name}.json").read_bytes())
    return found


def test_three_scenarios_ship() -> None:
    assert shipped_scenarios() == ["jiuzhaigou-88", "rules", "wenchuan-820"]


@pytest.mark.parametrize("name", ["jiuzhaigou-88", "rules", "wenchuan-820"])
def test_all_of_a_file_is_read(name: str) -> None:
    scenario, source = load_scenario(name), raw(name)
    assert [entry.id for entry in scenario.entries] == [entry["id"] for entry in source["entries"]]
    assert scenario.oracle.standing == source["oracle"]["standing"]
    for status, incidents in source["oracle"]["figures"].items():
        for incident, units in incidents.items():
            for unit, figures in units.items():
                found = scenario.oracle.figures[status][incident][unit]
                assert {key: (str(f.total), str(f.own)) for key, f in found.items()} == {
                    key: (str(f["total"]), str(f["own"])) for key, f in figures.items()
                }


def test_a_repeated_entry_says_so() -> None:
    repeated = [entry for entry in load_scenario("wenchuan-820").entries if entry.expect.delivery]
    assert [(entry.id, entry.expect.delivery, entry.expect.disposition) for entry in repeated] == [
        ("A05", "repeated", None)
    ]


def test_an_unknown_file_names_the_shipped_ones() -> None:
    with pytest.raises(ScenarioError, match=r"cannot read nowhere\.json: .*wenchuan-820"):
        load_scenario("nowhere.json")


def test_a_record_of_wrong_shape_is_named() -> None:
    source = raw()
    source["entries"][1]["record"]["rows"][0]["unit"] = "5132"
    with pytest.raises(ScenarioError, match=r"mine, entry R02: rows\[0\]\.unit"):
        parse_scenario(json.dumps(source).encode(), "mine")


@pytest.mark.parametrize(
    "change",
    [
        {"schema": "fenghuo.scenario/1"},
        {"entries": []},
        {"oracle": {"figures": {}}},
    ],
)
def test_another_form_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ScenarioError, match="mine is no scenario file"):
        parse_scenario(json.dumps(raw() | change).encode(), "mine")
    with pytest.raises(ScenarioError, match="mine is no scenario file"):
        parse_scenario(b"{", "mine")
