"""The watermark never runs ahead of the figures; readiness says what keeps the ledger."""

from __future__ import annotations

from datetime import timedelta

from schemas.outputs import Progress
from services.ledger.entries import LogMessage, ProgressEntry
from services.ledger.freshness import LAG_ENTRIES, LAG_SECONDS, ConsumerState, ProgressGate
from tests.integration.ledger_samples import MORNING

UPDATES, OTHERS = ("situation.updates", 0), ("record.outcomes", 0)


def progress(number: int) -> ProgressEntry:
    message = LogMessage("situation.progress", 0, number, b"", MORNING)
    return ProgressEntry(
        message, Progress(partition=0, folded_until=MORNING + timedelta(seconds=number), version=number)
    )


def test_progress_waits_for_the_updates_published_before_it() -> None:
    gate = ProgressGate()
    gate.arrive([progress(1)])
    assert gate.release({UPDATES: 99, OTHERS: 0}) == []  # nobody asked for the ends yet
    gate.bind({UPDATES: 10, OTHERS: 50})
    assert gate.release({UPDATES: 9, OTHERS: 50}) == []
    assert gate.release({UPDATES: 10, OTHERS: 0}) == [progress(1)]
    assert gate.release({UPDATES: 10, OTHERS: 0}) == []


def test_newer_progress_does_not_move_the_goal() -> None:
    gate = ProgressGate()
    gate.arrive([progress(1)])
    gate.bind({UPDATES: 10})
    gate.arrive([progress(2)])
    gate.bind({UPDATES: 20})
    assert gate.release({UPDATES: 10}) == [progress(1)]
    gate.bind({UPDATES: 21})
    assert gate.release({UPDATES: 20}) == []
    assert gate.release({UPDATES: 21}) == [progress(2)]


def test_readiness() -> None:
    state = ConsumerState()
    assert "not connected" in (state.reason(0) or "")
    state.started({UPDATES: 5})
    state.probed({UPDATES: 7}, {UPDATES: 4}, 1.0)
    assert "3 entries behind" in (state.reason(1.0) or "")
    state.probed({UPDATES: 9}, {UPDATES: 5}, 2.0)
    assert state.reason(2.0) is None
    state.probed({UPDATES: 6 + LAG_ENTRIES}, {UPDATES: 5}, 3.0)
    assert state.reason(3.0 + LAG_SECONDS) is None
    assert "behind the log" in (state.reason(4.0 + LAG_SECONDS) or "")
    state.probed({UPDATES: 5}, {UPDATES: 5}, 60.0)
    assert state.reason(60.0) is None
    assert state.stopped("PostgreSQL is gone")
    assert not state.stopped("PostgreSQL is gone")
    assert state.reason(61.0) == "PostgreSQL is gone"
