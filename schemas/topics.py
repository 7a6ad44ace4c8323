"""The topic table: one row a topic. Keys, owners and retention are part of the contract (records.md 3)."""

from __future__ import annotations

from typing import Literal

import msgspec


class Topic(msgspec.Struct, frozen=True, kw_only=True):
    """`key` says what the message key is, `producer` and `consumers` who writes and reads it.

    Record topics keep everything, carry the broker's append time and have equal partition counts; output topics are
    compacted. Snapshot topics are the workers' own: a cache that may be deleted at any time, no contract.
    """

    name: str
    zh: str
    kind: Literal["record", "output", "snapshot"]
    key: str
    producer: str
    consumers: tuple[str, ...]
    types: tuple[str, ...] = ()

    @property
    def config(self) -> dict[str, str]:
        """Kafka topic settings that belong to the contract."""
        if self.kind == "record":
            return {"retention.ms": "-1", "retention.bytes": "-1", "message.timestamp.type": "LogAppendTime"}
        output = {"cleanup.policy": "compact", "message.timestamp.type": "LogAppendTime"}
        # Newer snapshots take the place of older ones soon: compaction leaves the segment that is written alone.
        return output | {"segment.bytes": str(64 << 20)} if self.kind == "snapshot" else output


INCIDENT_REPORTS = Topic(
    name="incident.reports",
    zh="灾情报告",
    kind="record",
    key="incident_id",
    producer="intake",
    consumers=("worker", "ledger"),
    types=(
        "loss_report",
        "zero_report",
        "clue",
        "correction",
        "review",
        "verification",
        "incident_open",
        "incident_close",
        "incident_merge",
    ),
)
RESCUE_DISPATCHES = Topic(
    name="rescue.dispatches",
    zh="救援出动",
    kind="record",
    key="incident_id",
    producer="intake",
    consumers=("worker", "ledger"),
    types=("dispatch", "check_in"),
)
EVACUATION_COUNTS = Topic(
    name="evacuation.counts",
    zh="转移安置人数",
    kind="record",
    key="incident_id",
    producer="intake",
    consumers=("worker", "ledger"),
    types=("evacuation_count",),
)
SUPPLY_RELEASES = Topic(
    name="supply.releases",
    zh="物资调拨",
    kind="record",
    key="incident_id",
    producer="intake",
    consumers=("worker", "ledger"),
    types=("supply_movement",),
)
RESPONSE_CONTROL = Topic(
    name="response.control",
    zh="指挥控制",
    kind="record",
    key="incident_id",
    producer="intake",
    consumers=("worker", "ledger"),
    types=("alert", "response", "hazard_parameter", "order", "receipt"),
)
SITUATION_UPDATES = Topic(
    name="situation.updates",
    zh="态势更新",
    kind="output",
    key="status|canonical incident|unit",
    producer="worker",
    consumers=("worker", "gateway", "ledger"),
)
RECORD_OUTCOMES = Topic(
    name="record.outcomes",
    zh="判定结果",
    kind="output",
    key="record_id",
    producer="worker",
    consumers=("worker", "gateway", "ledger"),
)
SITUATION_ALARMS = Topic(
    name="situation.alarms",
    zh="态势告警",
    kind="output",
    key="status|incident|kind|subject",
    producer="worker",
    consumers=("worker", "gateway", "ledger"),
)
SITUATION_PROGRESS = Topic(
    name="situation.progress",
    zh="折叠进度",
    kind="output",
    key="input partition",
    producer="worker",
    consumers=("gateway", "ledger"),
)
DEAD_LETTERS = Topic(
    name="dead.letters",
    zh="死信",
    kind="output",
    key="topic|partition|offset",
    producer="worker",
    consumers=("ledger",),
)
SNAPSHOT_MANIFESTS = Topic(
    name="situation.snapshot.manifests",
    zh="快照目录",
    kind="snapshot",
    key="status|canonical incident, or index",
    producer="worker",
    consumers=("worker",),
)
SNAPSHOT_CHUNKS = Topic(
    name="situation.snapshots",
    zh="快照",
    kind="snapshot",
    key="status|canonical incident|slot|number, or index|slot|number",
    producer="worker",
    consumers=("worker",),
)

RECORD_TOPICS = (INCIDENT_REPORTS, RESCUE_DISPATCHES, EVACUATION_COUNTS, SUPPLY_RELEASES, RESPONSE_CONTROL)
OUTPUT_TOPICS = (SITUATION_UPDATES, RECORD_OUTCOMES, SITUATION_ALARMS, SITUATION_PROGRESS, DEAD_LETTERS)
SNAPSHOT_TOPICS = (SNAPSHOT_MANIFESTS, SNAPSHOT_CHUNKS)
TOPICS = RECORD_TOPICS + OUTPUT_TOPICS
"""The contract's; beside them an installation has the snapshot topics."""
ALL_TOPICS = TOPICS + SNAPSHOT_TOPICS

TOPIC_OF_TYPE: dict[str, Topic] = {name: topic for topic in RECORD_TOPICS for name in topic.types}
