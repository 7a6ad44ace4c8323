"""Every shipped scenario through HTTP, Kafka, the worker, the ledger and the gateway: equal to its oracle."""

from __future__ import annotations

from random import Random

import pytest

from fenghuo.client.rehearsal import Posting, Rehearsal, disorder, rehearse
from schemas.scenario import load_scenario, shipped_scenarios
from tests.live.agreement import agrees, journal_has
from tests.live.device import FieldDevice, acknowledged, post_all
from tests.live.expected import Seen
from tests.live.observed import subscribed
from tests.live.postings import in_parts
from tests.system import RunningSystem

pytestmark = pytest.mark.integration

ORDERS = {"in-order": (None, 0.0), "shuffled-and-doubled": (20, 0.5)}
DEVICES = 3


def rehearsal_of(name: str, order: str) -> tuple[Rehearsal, list[Posting]]:
    rehearsal = rehearse(load_scenario(name), run=f"live-{order[:2]}", until=None)
    shuffle, duplicate = ORDERS[order]
    return rehearsal, disorder(rehearsal.postings, shuffle=shuffle, duplicate=duplicate)


def test_the_shipped_scenarios_are_there() -> None:
    assert shipped_scenarios() == ["jiuzhaigou-88", "rules", "wenchuan-820"]


def is_the_oracles(expected: Seen, rehearsal: Rehearsal) -> None:
    """The model's picture is the one the file states."""
    figures = {
        (status, incident, unit, key): (figure.total, figure.own)
        for status, incidents in rehearsal.oracle.figures.items()
        for incident, units in incidents.items()
        for unit, keys in units.items()
        for key, figure in keys.items()
    }
    assert expected.figures == figures
    for record_id, want in rehearsal.expected.items():
        disposition, flags, standing = expected.outcomes[record_id]
        assert disposition == (want.disposition or disposition)
        assert frozenset(flags) == want.flags
        assert standing == (want.standing or standing)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("name", shipped_scenarios())
async def test_scenario_gives_its_oracle(live_system: RunningSystem, name: str, order: str) -> None:
    rehearsal, postings = rehearsal_of(name, order)
    # In order one device posts one thing after the other; out of order several post at the same time.
    count = 1 if order == "in-order" else DEVICES
    devices = [FieldDevice(live_system.http) for _ in range(count)]
    async with subscribed(live_system.ws, rehearsal.incidents) as kept:
        await post_all(devices, in_parts([posting.body for posting in postings], Random(name)))
        deliveries = acknowledged(devices)
        assert len(deliveries) == len(postings)
        expected = await agrees(live_system, deliveries, kept)
        assert kept.connections == 1
        assert sum(picture.seq for picture in kept.pictures.values()) > 3
    is_the_oracles(expected, rehearsal)
    await journal_has(live_system, expected)
