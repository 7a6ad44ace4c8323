"""One worker owns every partition, the others stand by."""

from __future__ import annotations

from typing import Any

from streams.worker.one_owner import OneOwnerAssignor


class Cluster:
    def partitions_for_topic(self, topic: str) -> set[int] | None:
        return {"a": {0, 1}, "b": {0, 1}}.get(topic)


def test_everything_to_one() -> None:
    members = {name: OneOwnerAssignor.metadata(["a", "b"]) for name in ("w2", "w1", "w3")}
    cluster: Any = Cluster()
    assignment = OneOwnerAssignor.assign(cluster, members)
    assert assignment["w1"].assignment == [("a", [0, 1]), ("b", [0, 1])]
    assert assignment["w2"].assignment == assignment["w3"].assignment == []
