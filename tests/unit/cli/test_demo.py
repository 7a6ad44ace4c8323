"""The opening replay: visible, but not long."""

from __future__ import annotations

from itertools import pairwise

from fenghuo.cli.demo import LONGEST_GAP, SCENARIO, SHORTEST_GAP, caption, demo_pace
from schemas.scenario import load_scenario

ENTRIES = load_scenario(SCENARIO).entries


def test_it_takes_20_to_30_seconds() -> None:
    gaps = [demo_pace(after.received_at - before.received_at) for before, after in pairwise(ENTRIES)]
    assert 20 <= sum(gaps) <= 30
    assert min(gaps) == SHORTEST_GAP
    assert max(gaps) == LONGEST_GAP


def test_a_caption_says_when_who_and_what() -> None:
    text = caption(ENTRIES[1]).plain
    assert text.startswith("2019-08-20 02:44  水磨镇应急办  灾情报告 loss report")
    assert str(ENTRIES[1].note) in text
