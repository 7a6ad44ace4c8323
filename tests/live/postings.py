"""Record sets as the bytes that devices post, one at a time and in batches, and as the server stamps them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from random import Random

from fenghuo.client.http import ApiClient
from tests.live.expected import Json

SIZES = (1, 1, 1, 2, 5, 20)


def as_json(record: Json) -> bytes:
    """One record as a device writes it."""
    return json.dumps(record, ensure_ascii=False).encode()


def incidents_of(records: Sequence[Json]) -> list[str]:
    """Every incident id that a set names."""
    names = ("incident_id", "from", "into")
    return sorted({str(record[name]) for record in records for name in names if name in record})


def as_actual(records: Sequence[Json], now: datetime) -> list[Json]:
    """A set as it would be reported now in earnest: without stamps, its times moved so that half of them are over.
    Some are then sent by clocks that are ahead, some long before they arrive.
    """
    stamps = sorted(datetime.fromisoformat(record["received_at"]) for record in records)
    offset = now - stamps[len(stamps) // 2]
    actual = []
    for record in records:
        moved = {
            name: (datetime.fromisoformat(record[name]) + offset).isoformat()
            for name in ("as_of", "sent_at", "occurred_at")
            if name in record
        }
        kept = {name: value for name, value in record.items() if name != "received_at"}
        actual.append(kept | moved | {"status": "Actual"})
    return actual


async def as_stamped(http: str, bodies: Sequence[bytes]) -> list[bytes]:
    """Records as the server says it stored them; fails the test where it has another content."""
    stamped = []
    async with ApiClient(http) as api:
        for body in bodies:
            posted = json.loads(body)
            view = await api.record(posted["record_id"])
            assert view is not None, f"{posted['record_id']} was acknowledged and is not there"
            assert {name: view.record[name] for name in view.record if name != "received_at"} == posted
            stamped.append(as_json(view.record))
    return stamped


def in_parts(records: Sequence[bytes], rng: Random, sizes: Sequence[int] = SIZES) -> list[list[bytes]]:
    """The records in their order, as singles and batches."""
    parts: list[list[bytes]] = []
    start = 0
    while start < len(records):
        size = rng.choice(sizes)
        parts.append(list(records[start : start + size]))
        start += size
    return parts


def shuffled_and_doubled(records: Sequence[bytes], rng: Random, share: float = 0.3) -> list[bytes]:
    """The records in another order, a share of them twice."""
    deliveries = [*records, *(record for record in records if rng.random() < share)]
    rng.shuffle(deliveries)
    return deliveries
