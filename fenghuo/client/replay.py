"""Replay a scenario through the public HTTP API and compare the picture that arises with its oracle."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta

import msgspec

from fenghuo.client.comparison import Difference, compare_figures, compare_outcomes
from fenghuo.client.http import ApiClient, OutcomeView, batches
from fenghuo.client.rehearsal import Posting, Rehearsal

Pace = Callable[[timedelta], float]
"""Gap between two stamps → seconds to wait between their postings."""

LONGEST_GAP = 5.0
GRACE = 5.0
"""Seconds after the watermark in which the journal may still catch up before a difference is believed."""
LOOKUPS = 8
"""Records asked for at the same time."""


class Report(msgspec.Struct, frozen=True):
    """What a replay found. `refused`: deliveries that intake did not take, as (entry, what it said)."""

    title: str
    incident_id: str
    posted: int
    stored: int
    already_stored: int
    refused: list[tuple[str, str]]
    records: int
    figures: int
    differences: list[Difference]
    post_seconds: float
    settle_seconds: float

    @property
    def ok(self) -> bool:
        """Whether all was taken and the picture is the oracle's."""
        return not self.differences and not self.refused


def real_pace(speed: float) -> Pace:
    """`speed` times as fast as it happened; no wait is longer than LONGEST_GAP seconds."""
    return lambda gap: min(max(gap.total_seconds(), 0.0) / speed, LONGEST_GAP)


async def replay(
    api: ApiClient,
    rehearsal: Rehearsal,
    postings: list[Posting],
    *,
    pace: Pace | None = None,
    settle_within: float = 60.0,
    on_posted: Callable[[int], None] = lambda count: None,
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Report:
    """Post `postings` (as fast as possible without a `pace`), wait until all is judged, compare.

    `settle_within`: seconds that the picture may take to settle after the last posting. Raises ApiError.
    """
    started = time.monotonic()
    counts = {"stored": 0, "already_stored": 0}
    refused: list[tuple[str, str]] = []
    async for batch in _paced(postings, pace, pause):
        results = await api.post_records([posting.body for posting in batch])
        for posting, result in zip(batch, results, strict=True):
            if result.result == "refused":
                detail = result.problem.detail if result.problem else "no reason given"
                refused.append((posting.entry_id, detail))
            else:
                counts[result.result] += 1
        on_posted(len(batch))
    posted = time.monotonic()
    differences = await _settled(api, rehearsal, datetime.now(UTC), settle_within, pause)
    return Report(
        title=rehearsal.title,
        incident_id=rehearsal.incident_id,
        posted=len(postings),
        refused=refused,
        records=len(rehearsal.expected),
        figures=sum(
            len(figures)
            for by_incident in rehearsal.oracle.figures.values()
            for units in by_incident.values()
            for figures in units.values()
        ),
        differences=differences,
        post_seconds=posted - started,
        settle_seconds=time.monotonic() - posted,
        **counts,
    )


async def _paced(
    postings: list[Posting], pace: Pace | None, pause: Callable[[float], Awaitable[None]]
) -> AsyncIterator[list[Posting]]:
    if pace is None:
        for batch in batches(postings, lambda posting: len(posting.body)):
            yield batch
        return
    before = postings[0].received_at
    for posting in postings:
        await pause(pace(posting.received_at - before))
        before = posting.received_at
        yield [posting]


async def _settled(
    api: ApiClient,
    rehearsal: Rehearsal,
    posted_at: datetime,
    settle_within: float,
    pause: Callable[[float], Awaitable[None]],
) -> list[Difference]:
    """The differences once the watermark has passed the last posting; those that are left after a grace, or at the
    deadline, are real.

    Equal figures alone would not do: a delivery still on its way could yet change them.
    """
    deadline = time.monotonic() + settle_within
    wait = 0.1
    while True:
        outcomes = await _outcomes(api, list(rehearsal.expected))
        figures, watermark = await _figure_differences(api, rehearsal)
        differences = [*compare_outcomes(rehearsal.expected, outcomes), *figures]
        if watermark is not None and watermark >= posted_at:
            if not differences:
                return []
            deadline = min(deadline, time.monotonic() + GRACE)
        if time.monotonic() >= deadline:
            return differences
        await pause(wait)
        wait = min(wait * 1.5, 1.0)


async def _outcomes(api: ApiClient, record_ids: list[str]) -> dict[str, OutcomeView | None]:
    gate = asyncio.Semaphore(LOOKUPS)

    async def one(record_id: str) -> OutcomeView | None:
        async with gate:
            view = await api.record(record_id)
            return view.outcome if view else None

    return dict(zip(record_ids, await asyncio.gather(*map(one, record_ids)), strict=True))


async def _figure_differences(
    api: ApiClient, rehearsal: Rehearsal
) -> tuple[list[Difference], datetime | None]:
    """Differences of every incident in every world of the file, and the oldest watermark seen."""
    found: list[Difference] = []
    marks: list[datetime] = []
    for status in rehearsal.statuses:
        expected = rehearsal.oracle.figures.get(status, {})
        for incident in dict.fromkeys([*expected, *rehearsal.incidents]):
            view = await api.situation(incident, status=status, depth=-1)
            if view and view.watermark:
                marks.append(view.watermark)
            if view and view.incident_id != incident and incident not in expected:
                continue  # merged away: its canonical incident is compared instead
            found += compare_figures(f"{status} {incident}", expected.get(incident, {}), view)
    return found, min(marks, default=None)
