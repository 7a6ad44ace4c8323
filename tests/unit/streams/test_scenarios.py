"""The fold equals the oracle of every shipped scenario, in file order and in any other."""

from __future__ import annotations

import json
import random
from decimal import Decimal
from importlib.resources import files
from typing import Any

import pytest

from tests.unit.streams.records import NATION, Viewer, stamped

NAMES = ("rules", "wenchuan-820", "jiuzhaigou-88")


def load(name: str) -> dict[str, Any]:
    text = files("schemas").joinpath(f"scenarios/{name}.json").read_text("utf-8")
    scenario: dict[str, Any] = json.loads(text)
    return scenario


def deliveries(scenario: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"status": "Exercise"} | entry["record"] | {"received_at": entry["received_at"]}
        for entry in scenario["entries"]
    ]


def assert_equals_oracle(viewer: Viewer, scenario: dict[str, Any]) -> None:
    for entry in scenario["entries"]:
        expected = entry["expect"]
        if "disposition" in expected:
            disposition, flags, _ = viewer.judged(entry["record"])
            assert (entry["id"], disposition, flags) == (
                entry["id"],
                expected["disposition"],
                set(expected["flags"]),
            )
    standing = {record_id: outcome.standing for record_id, outcome in viewer.outcomes.items()}
    assert standing == scenario["oracle"]["standing"]
    expected_figures = {
        (status, incident, unit): {
            key: (exact(figure["total"]), exact(figure["own"])) for key, figure in figures.items()
        }
        for status, incidents in scenario["oracle"]["figures"].items()
        for incident, units in incidents.items()
        for unit, figures in units.items()
    }
    shown = {
        (row.status, incident, unit): {key: (figure.total, figure.own) for key, figure in row.figures.items()}
        for (incident, unit), row in viewer.rows.items()
        if row.figures
    }
    assert shown == expected_figures


def exact(number: float | None) -> Decimal | None:
    """A number of the file as it is written there."""
    return None if number is None else Decimal(str(number))


def by_status(scenario: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """The viewer keeps one row an incident and unit, so each status world is viewed by itself."""
    worlds = []
    for status, incidents in scenario["oracle"]["figures"].items():
        entries = [
            entry for entry in scenario["entries"] if entry["record"].get("status", "Exercise") == status
        ]
        ids = {entry["record"]["record_id"] for entry in entries}
        standing = {key: value for key, value in scenario["oracle"]["standing"].items() if key in ids}
        worlds.append(
            (status, {"entries": entries, "oracle": {"figures": {status: incidents}, "standing": standing}})
        )
    return worlds


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("batch", [1, 7, 1000])
def test_file_order(name: str, batch: int) -> None:
    for _, world in by_status(load(name)):
        posted = deliveries(world)
        viewer = Viewer()
        for start in range(0, len(posted), batch):
            viewer.apply(*posted[start : start + batch])
        assert viewer.marked
        assert_equals_oracle(viewer, world)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", range(20))
def test_shuffled_and_doubled(name: str, seed: int) -> None:
    rng = random.Random(seed)
    for _, world in by_status(load(name)):
        posted = deliveries(world) * 2
        rng.shuffle(posted)
        viewer = Viewer()
        while posted:
            size = rng.randint(1, 6)
            viewer.apply_stamped(stamped(content) for content in posted[:size])
            del posted[:size]
        assert_equals_oracle(viewer, world)


@pytest.mark.parametrize("name", ["wenchuan-820", "jiuzhaigou-88"])
def test_totals_after_each_entry(name: str) -> None:
    scenario = load(name)
    viewer = Viewer()
    for entry, posted in zip(scenario["entries"], deliveries(scenario), strict=True):
        viewer.apply(posted)
        for key, total in entry["expect"].get("totals_after", {}).items():
            figure = viewer.figure(NATION, key, scenario["incident"]["incident_id"])
            assert (entry["id"], key, figure.total) == (entry["id"], key, total)
