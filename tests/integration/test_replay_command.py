"""`fenghuo replay` and `fenghuo post` against a running system, as a user runs them."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import pytest

from schemas.scenario import shipped_scenarios
from tests.system import RunningSystem

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("name", shipped_scenarios())
def test_a_shipped_scenario_is_as_its_oracle_states(name: str, live_system: RunningSystem) -> None:
    replayed = live_system.fenghuo("replay", name, "--shuffle", "11", "--duplicate", "0.3", "--json")
    assert replayed.returncode == 0, replayed.stdout + replayed.stderr
    report = json.loads(replayed.stdout)
    assert report["differences"] == []
    assert report["already_stored"] > 0


def test_a_wrong_oracle_is_found_out(live_system: RunningSystem, tmp_path: Path) -> None:
    source = json.loads(files("schemas").joinpath("scenarios/rules.json").read_bytes())
    (figures,) = source["oracle"]["figures"]["Exercise"].values()
    figures["371323000000"]["dead"]["own"] = 77
    source["oracle"]["standing"]["r02"] = "returned"
    path = tmp_path / "wrong.json"
    path.write_text(json.dumps(source), "utf-8")
    replayed = live_system.fenghuo("replay", str(path))
    assert replayed.returncode == 1
    assert "dead own" in replayed.stdout
    assert "77" in replayed.stdout
    assert "2 项差异 differences" in replayed.stdout


def test_posting_says_what_became_of_each_record(live_system: RunningSystem, tmp_path: Path) -> None:
    examples = files("schemas").joinpath("examples")
    good = json.loads(examples.joinpath("order/evacuate.json").read_bytes()) | {"record_id": "post-good"}
    bad = json.loads(examples.joinpath("loss_report/invalid/negative.json").read_bytes())["record"]
    path = tmp_path / "records.jsonl"
    path.write_text(f"{json.dumps(good)}\n{json.dumps(bad | {'record_id': 'post-bad'})}\n", "utf-8")
    posted = live_system.fenghuo("post", str(path), "--json")
    assert posted.returncode == 1
    first, second = json.loads(posted.stdout)
    assert (first["record_id"], first["result"]) == ("post-good", "stored")
    assert (second["result"], second["problem"]["field"]) == ("refused", "rows[0].values.missing")
    assert live_system.fenghuo("post", str(path)).returncode == 1
