"""docker-compose.yml: valid by the Compose Specification, and the same system as the embedded one.

`compose-spec.schema.json` is the specification's own schema (Apache-2.0), as the npm package dclint 3.1.0 carries it.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from fenghuo.embedded.folder import DataFolder
from fenghuo.embedded.kafka import KafkaNode
from fenghuo.embedded.plan import Plan
from fenghuo.embedded.state import Addresses
from fenghuo.platform.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = [name for name, service in SERVICES.items() if service["image"].startswith("fenghuo:")]


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    """The embedded system as it would be started in an empty folder."""
    addresses = Addresses(
        web="127.0.0.1:1",
        feed="127.0.0.1:2",
        kafka="127.0.0.1:3",
        database="postgresql:///fenghuo",
        worker_health="127.0.0.1:4",
        gateway_health="127.0.0.1:5",
    )
    return Plan(DataFolder.at(tmp_path), Settings(), addresses, None, None)


def test_it_is_valid_by_the_specification() -> None:
    schema = json.loads((ROOT / "tests/contract/compose-spec.schema.json").read_text("utf-8"))
    validator = jsonschema_rs.validator_for(schema)
    assert [str(error) for error in validator.iter_errors(COMPOSE)] == []
    assert not validator.is_valid({"services": {"kafka": {"imag": "apache/kafka"}}})


def test_the_processes_are_started_as_the_supervisor_starts_them(plan: Plan) -> None:
    embedded = {spec.name: spec.command()[1:] for spec in plan.services()}
    assert {name: SERVICES[name]["command"][1:] for name in embedded} == embedded
    assert {SERVICES[name]["command"][0] for name in embedded} == {"python"}
    assert set(OURS) == {*embedded, "topics", "migrate"}


def test_every_setting_exists_and_is_one_that_the_embedded_run_sets_too(plan: Plan) -> None:
    known = {f"FENGHUO_{name.upper()}" for name in Settings.model_fields}
    used = {name for service in SERVICES.values() for name in service["environment"] if "FENGHUO" in name}
    assert used <= known
    assert set(plan.variables()) <= used


@pytest.mark.parametrize("name", OURS)
def test_the_settings_of_a_process_are_accepted(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in [variable for variable in os.environ if variable.startswith("FENGHUO_")]:
        monkeypatch.delenv(variable)
    for variable, value in SERVICES[name]["environment"].items():
        monkeypatch.setenv(variable, re.sub(r"\$\{(\w+)[^}]*\}", "secret", value))
    settings = Settings()
    assert settings.require_kafka() == "kafka:9092"
    assert settings.require_database() == "postgresql://fenghuo:secret@postgres:5432/fenghuo"
    assert (settings.partitions, settings.replication) == (6, 1)


def test_nothing_runs_as_root_or_may_become_it() -> None:
    for service in SERVICES.values():
        assert re.fullmatch(r"[1-9][0-9]*:[1-9][0-9]*", service["user"])
        assert service["cap_drop"] == ["ALL"]
        assert "no-new-privileges:true" in service["security_opt"]
    users = re.findall(r"^USER (\S+)", (ROOT / "deploy/Dockerfile").read_text("utf-8"), re.M)
    assert users == [SERVICES["web"]["user"]]


def test_only_loopback_is_published_while_there_is_no_login() -> None:
    published = [str(port) for service in SERVICES.values() for port in service.get("ports", ())]
    assert sorted(published) == ["127.0.0.1:8080:8080", "127.0.0.1:8081:8081"]


def test_topics_and_tables_exist_before_a_process_starts() -> None:
    for name in ("worker", "gateway", "web"):
        assert SERVICES[name]["depends_on"] == {
            step: {"condition": "service_completed_successfully"} for step in ("topics", "migrate")
        }
    assert SERVICES["topics"]["depends_on"] == {"kafka": {"condition": "service_healthy"}}
    assert SERVICES["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert SERVICES["topics"]["command"] == ["fenghuo", "topics", "--create"]
    assert SERVICES["migrate"]["command"][-1] == "services.ledger.migrate"


def test_data_lives_in_named_volumes() -> None:
    mounted = {volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", ())}
    assert mounted - {"./deploy/kafka"} == set(COMPOSE["volumes"])


def test_the_broker_is_the_embedded_one(tmp_path: Path) -> None:
    text = (ROOT / "deploy/kafka/server.properties").read_text("utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    deployed = dict(line.split("=", 1) for line in lines)
    embedded = KafkaNode(tmp_path, tmp_path, 9092, 9093).properties()
    own = {"listeners", "advertised.listeners", "controller.quorum.voters", "log.dirs"}
    assert {key: deployed[key] for key in embedded.keys() - own} == {
        key: embedded[key] for key in embedded.keys() - own
    }
    lock = (ROOT / "fenghuo/embedded/kafka.lock.toml").read_text("utf-8")
    version = SERVICES["kafka"]["image"].split(":")[1]
    assert f"org.apache.kafka:kafka_2.13:{version}" in lock


def test_the_image_holds_every_package_and_the_locked_dependencies() -> None:
    dockerfile = (ROOT / "deploy/Dockerfile").read_text("utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    for package in project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]:
        assert f"COPY {package} /src/{package}" in dockerfile
        assert f"!{package}" in (ROOT / ".dockerignore").read_text("utf-8")
    assert "--require-hashes -r /src/requirements/runtime.lock" in dockerfile
    assert SERVICES["web"]["image"] == f"fenghuo:{project['project']['version']}"
