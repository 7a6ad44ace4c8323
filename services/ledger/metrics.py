"""The ledger's metrics."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

ENTRIES = Counter("fenghuo_ledger_entries", "Log entries committed to PostgreSQL.", ["topic"])
LAG = Gauge("fenghuo_ledger_lag_entries", "Log entries not read yet.")
COMMIT_SECONDS = Histogram("fenghuo_ledger_commit_seconds", "Duration of one commit.")
INTERRUPTIONS = Counter(
    "fenghuo_ledger_interruptions", "Times the consumer lost Kafka or PostgreSQL.", ["error"]
)
