"""The ledger's metrics, all names in one place."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class LedgerMetrics:
    """Counts are log entries, durations seconds."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.entries = Counter(
            "fenghuo_ledger_entries", "Log entries committed to PostgreSQL.", ["topic"], registry=registry
        )
        self.buried = Counter(
            "fenghuo_ledger_buried",
            "Messages that the ledger could not decode.",
            ["topic"],
            registry=registry,
        )
        self.lag = Gauge("fenghuo_ledger_lag_entries", "Log entries not read yet.", registry=registry)
        self.commit_seconds = Histogram(
            "fenghuo_ledger_commit_seconds", "Duration of one commit.", registry=registry
        )
        self.interruptions = Counter(
            "fenghuo_ledger_interruptions",
            "Times the consumer lost Kafka or PostgreSQL, by error.",
            ["error"],
            registry=registry,
        )
