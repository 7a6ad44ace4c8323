"""What a snapshot of an incident's fold depends on: while all of it is as it was, the snapshot is the fold."""

from __future__ import annotations

import msgspec

from schemas.outputs import Disposition
from schemas.records import Status
from streams.picture.register import Entry


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """Where a snapshot was taken. Small: whoever stores the snapshot stores it beside, to be offered without it.

    `filed` = each incident id that counts here → the content sum of its records; `merged_by` = each of them that was
    merged into this incident → that merge; `merges` = how the merges that the fold looks at were judged; `links` = the
    content sums of what was said of merges near it and near those merges; `elsewhere` = the
    records of other incidents that it looked for → what it found. `next_due`, `newest`: µs since 1970.
    """

    status: Status
    incident_id: str
    filed: dict[str, bytes]
    merged_by: dict[str, bytes]
    merges: dict[str, Disposition]
    links: list[bytes]
    elsewhere: dict[str, bytes | None]
    records: int
    newest: int
    closed: bool
    next_due: int | None


def identity(entry: Entry | None) -> bytes | None:
    """Which delivery of which content this is; None for none."""
    return None if entry is None else entry.stamp.to_bytes(8, "big", signed=True) + entry.digest
