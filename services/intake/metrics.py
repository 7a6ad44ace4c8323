"""Every metric of intake, with its unit."""

from __future__ import annotations

from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from services.intake.domain import Accepted, Verdict

LATENCY_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 3.0)


class IntakeMetrics:
    """Counters are in records, the histogram in seconds, the spool's gauges in records and bytes."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._accepted = Counter(
            "fenghuo_intake_accepted_records", "Records stored (new ones).", registry=registry
        )
        self._repeated = Counter(
            "fenghuo_intake_repeated_records",
            "Repeated deliveries answered already_stored.",
            registry=registry,
        )
        self.refused = Counter(
            "fenghuo_intake_refused_records", "Records refused, by problem code.", ["code"], registry=registry
        )
        self.refused_requests = Counter(
            "fenghuo_intake_refused_requests",
            "Whole requests refused, by problem code.",
            ["code"],
            registry=registry,
        )
        self.append_seconds = Histogram(
            "fenghuo_intake_append_seconds",
            "From the claim of the ids to the acknowledgement by Kafka or the spool, in seconds.",
            buckets=LATENCY_SECONDS,
            registry=registry,
        )
        self.spooled = Counter(
            "fenghuo_intake_spooled_records", "Records put into the spool, in records.", registry=registry
        )
        self.drained = Counter(
            "fenghuo_intake_drained_records", "Records moved from the spool to Kafka.", registry=registry
        )
        self.spool_records = Gauge(
            "fenghuo_intake_spool_records", "Records that wait in the spool.", registry=registry
        )
        self.spool_bytes = Gauge(
            "fenghuo_intake_spool_bytes", "Bytes that wait in the spool.", registry=registry
        )

    def count(self, verdicts: Sequence[Verdict]) -> None:
        """Count what became of posted records."""
        stored = repeated = 0
        for verdict in verdicts:
            if not isinstance(verdict, Accepted):
                self.refused.labels(verdict.code).inc()
            elif verdict.result == "stored":
                stored += 1
            else:
                repeated += 1
        if stored:
            self._accepted.inc(stored)
        if repeated:
            self._repeated.inc(repeated)
