"""Replay against a server that obeys the law, and against servers that do not."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest

from fenghuo.client.http import ApiClient
from fenghuo.client.rehearsal import disorder, rehearse
from fenghuo.client.replay import Report, real_pace, replay
from schemas.scenario import load_scenario, shipped_scenarios
from tests.model.fold import Result
from tests.unit.client.model_api import ModelApi

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


class Pauses:
    """Notes the pauses instead of making them."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


async def run(server: ModelApi, name: str = "rules", **options: Any) -> Report:
    shuffle, duplicate = options.pop("shuffle", None), options.pop("duplicate", 0.0)
    rehearsal = rehearse(load_scenario(name), run="x1", until=NOW)
    postings = disorder(rehearsal.postings, shuffle=shuffle, duplicate=duplicate)
    pauses = options.pop("pauses", Pauses())
    async with ApiClient("http://model", transport=server.transport(), pause=pauses) as api:
        return await replay(api, rehearsal, postings, pause=pauses, **options)


@pytest.mark.parametrize("name", shipped_scenarios())
async def test_a_right_server_has_no_differences(name: str) -> None:
    report = await run(ModelApi(), name)
    assert report.differences == []
    assert report.ok
    assert report.records == len({entry.record_id for entry in load_scenario(name).entries})
    assert report.figures > 20


@pytest.mark.parametrize("name", shipped_scenarios())
async def test_shuffled_and_doubled_is_the_same(name: str) -> None:
    server = ModelApi()
    report = await run(server, name, shuffle=7, duplicate=0.5)
    assert report.differences == []
    assert report.already_stored > 2
    assert report.posted == len(server.posted) == report.stored + report.already_stored


async def test_a_wrong_total_is_told() -> None:
    def one_more(result: Result) -> None:
        figures = result.figures["Exercise"]["x1-010400-371323-20240709-01"]["371323000000"]
        figures["dead"] = figures["dead"]._replace(total=figures["dead"].total + 1)

    report = await run(ModelApi(tamper=one_more), settle_within=0.01)
    assert not report.ok
    assert [(d.kind, d.subject, d.aspect) for d in report.differences] == [
        ("figure", "Exercise x1-010400-371323-20240709-01 371323000000", "dead total")
    ]


async def test_a_figure_that_nobody_stated_is_told() -> None:
    def a_ghost(result: Result) -> None:
        incident = result.figures["Test"]["x1-010400-371323-20240709-01"]
        incident["110101000000"] = dict(next(iter(incident.values())))

    report = await run(ModelApi(tamper=a_ghost), settle_within=0.01)
    assert {d.subject for d in report.differences} == {"Test x1-010400-371323-20240709-01 110101000000"}
    assert {d.expected for d in report.differences if d.aspect.endswith("total")} == {"–"}


async def test_outcomes_flags_and_standing_are_compared() -> None:
    def misjudge(result: Result) -> None:
        outcome = result.outcomes["x1-r02"]
        outcome.update(disposition="held", flags=["surge"], standing="none")
        del result.outcomes["x1-r03"]

    report = await run(ModelApi(tamper=misjudge), settle_within=0.01)
    assert [(d.subject, d.aspect, d.found) for d in report.differences] == [
        ("R02 x1-r02", "disposition", "held"),
        ("R02 x1-r02", "flags", "surge"),
        ("R02 x1-r02", "standing", "none"),
        ("R03 x1-r03", "outcome", "not judged"),
    ]


async def test_it_waits_for_the_watermark_although_the_figures_are_equal() -> None:
    server = ModelApi(behind=5)
    report = await run(server)
    assert report.ok
    assert server.behind == 0


async def test_it_waits_while_the_server_asks_for_it() -> None:
    pauses = Pauses()
    report = await run(ModelApi(away=2), pauses=pauses)
    assert report.ok
    assert pauses.seconds[:2] == [2.0, 2.0]


async def test_a_refused_record_is_no_success() -> None:
    rehearsal = rehearse(load_scenario("rules"), run=None, until=None)
    broken = rehearsal.postings[1]
    postings = [type(broken)(broken.entry_id, broken.record_id, broken.received_at, b'{"type":"order"}')]
    async with ApiClient("http://model", transport=ModelApi().transport()) as api:
        report = await replay(api, rehearsal, postings, settle_within=0.01)
    assert report.refused
    assert report.refused[0][0] == "R02"
    assert not report.ok


async def test_the_real_pace_is_kept_and_no_gap_is_endless() -> None:
    pauses = Pauses()
    posted: list[int] = []
    await run(ModelApi(), "wenchuan-820", pace=real_pace(3600), pauses=pauses, on_posted=posted.append)
    entries = load_scenario("wenchuan-820").entries
    gaps = [
        min((after.received_at - before.received_at).total_seconds() / 3600, 5.0)
        for before, after in pairwise(entries)
    ]
    assert pauses.seconds[: len(entries)] == [0.0, *gaps]
    assert max(gaps) == 5.0
    assert posted == [1] * len(entries)
