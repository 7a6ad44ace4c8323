"""Record sets as the bytes that devices post, one at a time and in batches."""

from __future__ import annotations

import json
from collections.abc import Sequence
from random import Random

from tests.live.expected import Json

SIZES = (1, 1, 1, 2, 5, 20)


def as_json(record: Json) -> bytes:
    """One record as a device writes it."""
    return json.dumps(record, ensure_ascii=False).encode()


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
