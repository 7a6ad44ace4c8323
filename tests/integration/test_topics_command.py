"""`fenghuo topics` on a broker of its own: created once, shown with what is set on each."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner

from fenghuo.cli.__main__ import app
from schemas.topics import OUTPUT_TOPICS, RECORD_TOPICS, TOPICS
from tests.system import kafka_broker, server_folder

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def broker() -> Iterator[str]:
    with server_folder() as folder, kafka_broker(folder) as bootstrap:
        yield bootstrap


def test_topics_are_created_once_and_shown(broker: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FENGHUO_KAFKA_BOOTSTRAP", broker)
    monkeypatch.setenv("FENGHUO_PARTITIONS", "3")
    run = CliRunner()
    created = run.invoke(app, ["topics", "--create"])
    assert created.exit_code == 0, created.output
    assert all(topic.name in created.stderr for topic in TOPICS)
    again = run.invoke(app, ["topics", "--create"])
    assert again.exit_code == 0
    assert "无 none" in again.stderr

    shown = {row["name"]: row["broker"] for row in json.loads(run.invoke(app, ["topics", "--json"]).stdout)}
    assert {(row["partitions"], row["replicas"], row["next"]) for row in shown.values()} == {(3, 1, 0)}
    for topic in RECORD_TOPICS:
        assert shown[topic.name]["config"] == topic.config | {"flush.messages": "1"}
    for topic in OUTPUT_TOPICS:
        assert shown[topic.name]["config"] == topic.config

    monkeypatch.setenv("FENGHUO_PARTITIONS", "4")
    other = run.invoke(app, ["topics", "--create"])
    assert other.exit_code == 1
    assert "set FENGHUO_PARTITIONS=3" in other.stderr


def test_a_broker_that_is_away_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FENGHUO_KAFKA_BOOTSTRAP", "127.0.0.1:1")
    away = CliRunner().invoke(app, ["topics", "--create"])
    assert away.exit_code == 2
    assert "127.0.0.1:1" in away.stderr
    assert "Traceback" not in away.output
    shown = CliRunner().invoke(app, ["topics"])
    assert shown.exit_code == 0
    assert "incident.reports" in shown.stdout
    assert "is not reachable" in shown.stderr
