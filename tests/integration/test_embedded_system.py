"""The whole system by its command line: up, status, doctor, down; refusals; what a killed parent leaves."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import psutil
import pytest

from fenghuo.embedded import remains, state
from fenghuo.embedded.errors import Exit
from fenghuo.embedded.folder import DataFolder
from fenghuo.embedded.probes import database_probe, kafka_probe
from tests.system import (
    REPOSITORY,
    RunningSystem,
    fenghuo_system,
    kafka_broker,
    lives,
    postgres_server,
    run_fenghuo,
    server_folder,
    system_environment,
    wait_until,
)

pytestmark = pytest.mark.integration

NAMES = ["kafka", "postgres", "worker", "gateway", "web"]


def folder_of(environment: Mapping[str, str]) -> DataFolder:
    return DataFolder.at(Path(environment["FENGHUO_DATA"]))


def phase(system: RunningSystem) -> str | None:
    found = state.read(system.folder.state_file)
    return found.phase if found else None


@pytest.fixture(scope="module")
def system() -> Iterator[RunningSystem]:
    with server_folder() as place, fenghuo_system(place) as running:
        yield running


def test_detached_up_returns_when_everything_is_ready(system: RunningSystem) -> None:
    answer = system.fenghuo("status", "--json")
    assert answer.returncode == 0, answer.stdout
    overview = json.loads(answer.stdout)
    assert overview["well"]
    assert [child["name"] for child in overview["children"]] == NAMES
    assert all(child["phase"] == "running" and child["problem"] is None for child in overview["children"])
    assert overview["memory_bytes"] < 3 << 30


def test_doctor_finds_nothing_wrong(system: RunningSystem) -> None:
    answer = system.fenghuo("doctor", "--json")
    findings = json.loads(answer.stdout)
    assert [finding for finding in findings if finding["verdict"] == "wrong"] == []
    assert answer.returncode == 0
    assert {"主题 topics", "Java", "PostgreSQL"} <= {finding["what"] for finding in findings}


def test_record_topics_flush_every_record_to_disk(system: RunningSystem) -> None:
    answer = system.fenghuo("topics", "--json")
    rows = {row["name"]: row for row in json.loads(answer.stdout)}
    assert rows["incident.reports"]["broker"]["config"]["flush.messages"] == "1"
    assert rows["incident.reports"]["broker"]["config"]["retention.ms"] == "-1"
    assert rows["situation.updates"]["broker"]["config"]["cleanup.policy"] == "compact"


def test_everything_listens_on_loopback_only(system: RunningSystem) -> None:
    listening = [
        connection.laddr.ip
        for name in NAMES
        for process in (
            psutil.Process(system.pid(name)),
            *psutil.Process(system.pid(name)).children(recursive=True),
        )
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN and connection.laddr
    ]
    assert listening
    assert set(listening) <= {"127.0.0.1", "::ffff:127.0.0.1"}


def test_a_second_up_on_the_same_folder_is_refused_in_one_sentence(system: RunningSystem) -> None:
    answer = system.fenghuo("up", "--no-demo")
    assert answer.returncode == Exit.ALREADY_RUNNING
    assert "已在运行" in answer.stderr
    assert "fenghuo down" in answer.stderr
    assert "Traceback" not in answer.stderr
    assert system.fenghuo("up", "--detach", "--no-demo").returncode == Exit.ALREADY_RUNNING
    assert system.is_ready()


def test_a_busy_port_is_named_with_its_holder_and_its_setting() -> None:
    with server_folder() as place, socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        environment = system_environment(place / "data", FENGHUO_HTTP=f"127.0.0.1:{port}")
        answer = run_fenghuo(environment, "up", "--no-demo")
        assert answer.returncode == Exit.PORT_BUSY
        assert str(port) in answer.stderr
        assert f"pid {os.getpid()}" in answer.stderr
        assert "FENGHUO_HTTP=" in answer.stderr


def test_listening_beyond_loopback_is_refused() -> None:
    with server_folder() as place:
        environment = system_environment(place / "data", FENGHUO_HTTP="0.0.0.0:8080")
        answer = run_fenghuo(environment, "up", "--no-demo")
    assert answer.returncode == Exit.SETTING
    assert "FENGHUO_HTTP" in answer.stderr
    assert "FENGHUO_UNSAFE_LISTEN" in answer.stderr


def test_down_works_after_the_parent_was_killed_and_nothing_is_left() -> None:
    with server_folder() as place, fenghuo_system(place) as system:
        supervisor = system.state.supervisor
        pids = [system.pid(name) for name in NAMES]
        os.kill(supervisor.pid, signal.SIGKILL)
        wait_until(lambda: not remains.is_alive(supervisor), 10, "the supervisor is gone")
        assert system.fenghuo("status").returncode == Exit.NOT_WELL
        assert system.fenghuo("down").returncode == 0
        assert not remains.find(system.folder)
        assert not any(lives(pid) for pid in pids)


def test_ctrl_c_stops_a_system_in_the_foreground_without_remains() -> None:
    with server_folder() as place:
        environment = system_environment(place / "data")
        command = [sys.executable, "-m", "fenghuo.cli", "up", "--no-demo"]
        with subprocess.Popen(
            command, env=environment, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
        ) as up:
            system = RunningSystem(folder_of(environment), environment)
            try:
                wait_until(lambda: phase(system) == "ready" or up.poll() is not None, 180, "ready")
                up.send_signal(signal.SIGINT)
                output, _ = up.communicate(timeout=60)
            finally:
                up.kill()
        assert up.returncode == 0, output
        assert "http://" + system.state.addresses.web in output
        assert not remains.find(system.folder)
        assert system.state.phase == "stopped"


def test_an_existing_kafka_and_postgresql_are_used_and_left_alone() -> None:
    with server_folder() as place, kafka_broker(place) as bootstrap, postgres_server(place) as dsn:
        existing = {"FENGHUO_KAFKA_BOOTSTRAP": bootstrap, "FENGHUO_DATABASE_URL": dsn}
        with fenghuo_system(place, **existing) as system:
            assert [child.name for child in system.state.children] == ["worker", "gateway", "web"]
            overview = json.loads(system.fenghuo("status", "--json").stdout)
            assert overview["well"]
            assert [child["name"] for child in overview["children"] if not child["ours"]] == [
                "kafka",
                "postgres",
            ]
            assert not system.folder.kafka.exists()
        assert asyncio.run(kafka_probe(bootstrap)()) is None, "still there after `down`"
        assert asyncio.run(database_probe(dsn)()) is None, "still there after `down`"
