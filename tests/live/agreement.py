"""Whether the running system shows what the model says: over HTTP, to who subscribes now and to who was there before."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from fenghuo.client.feed import FeedClient
from fenghuo.client.http import ApiClient
from tests.live.expected import Seen, by_the_model, differences
from tests.live.observed import fresh_snapshot, journal, of_pictures, over_http
from tests.system import RunningSystem

AGREE_SECONDS = 60.0
GRACE_SECONDS = 10.0
"""How long after all watermarks have passed the last posting a difference may still vanish before it is believed."""
LOOK_AGAIN_SECONDS = 0.2
LINES_SHOWN = 20


async def agrees(
    system: RunningSystem, deliveries: Sequence[bytes], kept: FeedClient, seconds: float = AGREE_SECONDS
) -> Seen:
    """Fail unless HTTP, a fresh snapshot and the picture `kept` by deltas come to equal the model's fold of
    `deliveries`: stamped records, all answered before the call. Answers the model's picture.

    Equal is not enough before the watermarks have passed the last posting: something on its way could change it again.
    """
    posted_at = datetime.now(UTC)
    expected = await asyncio.to_thread(by_the_model, deliveries)
    deadline = time.monotonic() + seconds
    is_past = False
    async with ApiClient(system.http) as api:
        while True:
            found, watermark = await over_http(api, expected)
            wrong = differences(expected, found, "HTTP")
            wrong += differences(expected, of_pictures(kept, expected), "deltas")
            if _passed(watermark, posted_at) and _passed(kept.watermark, posted_at):
                if not wrong:
                    break
                if not is_past:
                    is_past, deadline = True, min(deadline, time.monotonic() + GRACE_SECONDS)
            if time.monotonic() > deadline:
                marks = f"posted {posted_at}, watermarks HTTP {watermark}, socket {kept.watermark}"
                raise AssertionError("\n".join([f"{len(wrong)} differences; {marks}", *wrong[:LINES_SHOWN]]))
            await asyncio.sleep(LOOK_AGAIN_SECONDS)
    fresh = differences(expected, await fresh_snapshot(system.ws, expected), "snapshot")
    assert not fresh, "\n".join(fresh[:LINES_SHOWN])
    return expected


def _passed(watermark: datetime | None, moment: datetime) -> bool:
    return watermark is not None and watermark >= moment


async def journal_has(system: RunningSystem, expected: Seen) -> int:
    """Fail unless the journal of the set's incidents holds each record, and no other; answers how many repeated
    deliveries lie on the log beside them.
    """
    entries = Counter(
        str(entry.record["record_id"]) for entry in await journal(system.http, expected.incidents)
    )
    assert entries.keys() == expected.outcomes.keys(), sorted(entries.keys() ^ expected.outcomes.keys())
    return entries.total() - len(entries)
