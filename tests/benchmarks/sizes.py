"""How much is measured: enough to see the ratios in minutes, or all that the goals speak of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self


@dataclass(frozen=True)
class Size:
    """`rounds` are taken in turn and their median counts; `race_seconds` bound a slow racer."""

    rounds: int
    runtime_events: int
    race_seconds: float
    fold_records: int
    intake_seconds: float
    latency_seconds: float
    growth_records: int
    recovery_records: int

    def with_rounds(self, rounds: int) -> Self:
        """The same, so many times."""
        return replace(self, rounds=rounds)


QUICK = Size(
    rounds=3,
    runtime_events=800_000,
    race_seconds=12.0,
    fold_records=60_000,
    intake_seconds=4.0,
    latency_seconds=5.0,
    growth_records=20_000,
    recovery_records=20_000,
)
FULL = Size(
    rounds=5,
    runtime_events=1_500_000,
    race_seconds=40.0,
    fold_records=300_000,
    intake_seconds=20.0,
    latency_seconds=60.0,
    growth_records=1_000_000,
    recovery_records=1_000_000,
)
