"""The state file: written as a whole, read by anybody, readable by its owner only."""

from __future__ import annotations

from pathlib import Path

from fenghuo.embedded import state
from fenghuo.embedded.state import Addresses, ChildState, Failure, ProcessId, SystemState

STATE = SystemState(
    supervisor=ProcessId(10, 1.5),
    addresses=Addresses(
        web="127.0.0.1:1",
        feed="127.0.0.1:2",
        kafka="127.0.0.1:3",
        database="postgresql://x@/y",
        worker_health="127.0.0.1:4",
        gateway_health="127.0.0.1:5",
    ),
    children=[ChildState(name="worker", zh="态势折叠", log="worker.log", address="127.0.0.1:4")],
    started_at=2.0,
    failure=Failure(17, "坏了", "broken"),
)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    state.write(path, STATE)
    assert state.read(path) == STATE
    assert [file.name for file in tmp_path.iterdir()] == ["state.json"]


def test_only_the_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    state.write(path, STATE)
    assert path.stat().st_mode & 0o077 == 0, "an existing database's address may hold a password"


def test_no_state_and_foreign_state_are_none(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    assert state.read(path) is None
    path.write_text('{"version": 99}', encoding="utf-8")
    assert state.read(path) is None
    path.write_text("{", encoding="utf-8")
    assert state.read(path) is None


def test_children_by_name() -> None:
    worker = STATE.child("worker")
    assert worker is not None
    assert worker.zh == "态势折叠"
    assert STATE.child("kafka") is None
