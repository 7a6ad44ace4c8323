"""Merges for a record set: chains, cycles, repeated ones, and their undoing, at any place in the order."""

from __future__ import annotations

from random import Random

from tests.live.expected import Json
from tests.live.postings import incidents_of


def with_merges(records: list[Json], rng: Random, prefix: str, count: int = 8) -> list[Json]:
    """The set and `count` more records that join and part its incidents, stamped like others of the set."""
    incidents = incidents_of(records)
    merges: list[Json] = []
    more: list[Json] = []
    for number in range(count):
        like = rng.choice(records)
        envelope = {name: like[name] for name in ("status", "as_of", "sent_at", "received_at")}
        envelope["record_id"] = f"{prefix}m{number}"
        envelope["source"] = like["source"] | {"class": "official_stat"}
        if merges and rng.random() < 0.35:
            more.append(_undone(rng.choice(merges), envelope, rng))
        else:
            source, into = rng.sample(incidents, 2) if len(incidents) > 1 else incidents * 2
            merge = envelope | {"type": "incident_merge", "incident_id": into, "from": source, "into": into}
            merges.append(merge | {"reason": "同一过程"})
            more.append(merges[-1])
    return [*records, *more]


def _undone(merge: Json, envelope: Json, rng: Random) -> Json:
    """R4, R14: a correction that names the merge, filed at either end, undoes it for good."""
    return envelope | {
        "type": "correction",
        "status": merge["status"],
        "incident_id": rng.choice((merge["from"], merge["into"])),
        "supersedes": merge["record_id"],
        "reason": "不是同一过程",
        "rows": [],
    }
