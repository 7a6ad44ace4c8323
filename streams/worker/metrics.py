"""The worker's metrics; names and units in one place."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

FOLDED = Counter("fenghuo_worker_messages", "Messages of record topics folded.", ["topic"])
DEAD = Counter("fenghuo_worker_dead_letters", "Messages that could not be decoded or judged.")
PUBLISHED = Counter("fenghuo_worker_published", "Messages published.", ["topic"])
FOLD_SECONDS = Histogram("fenghuo_worker_fold_seconds", "Time to fold one batch.", unit="seconds")
PUBLISH_SECONDS = Histogram("fenghuo_worker_publish_seconds", "Time to publish one batch.", unit="seconds")
RECORDS = Gauge("fenghuo_worker_records", "Records in the picture.")
REBUILD_SECONDS = Gauge("fenghuo_worker_rebuild_seconds", "Time the last rebuild took.", unit="seconds")
EPOCH = Gauge("fenghuo_worker_epoch", "Epoch of this owner; the high half of every version.")
CONTESTED = Counter("fenghuo_worker_contested", "Outputs of ours that another worker had written.")
ASSIGNMENTS = Counter("fenghuo_worker_assignments", "Times the group has told this worker its partitions.")
TAKEOVERS = Counter("fenghuo_worker_takeovers", "Takeovers of partitions that were finished.")
LIVE = Gauge("fenghuo_worker_live", "1 for a partition whose picture this worker publishes.", ["partition"])
RELEASED = Counter("fenghuo_worker_released", "Closed incidents that left memory.")
SNAPSHOTS = Counter("fenghuo_worker_snapshots", "Snapshots of incidents that were written.")
INDEXES = Counter("fenghuo_worker_indexes", "Times the index of records was written.")
SNAPSHOT_SECONDS = Histogram("fenghuo_worker_snapshot_seconds", "Time to take one snapshot.", unit="seconds")
LOADED = Counter("fenghuo_worker_loaded", "Snapshots of incidents that were loaded.")
READ_AGAIN = Counter("fenghuo_worker_read_again", "Records that were read again because they were missing.")
