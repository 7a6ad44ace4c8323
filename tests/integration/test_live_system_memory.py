"""Memory of the whole embedded system, after the other live tests of this folder have had their way with it."""

from __future__ import annotations

import pytest

from tests.live.processes import memory_bytes
from tests.system import RunningSystem

pytestmark = pytest.mark.integration

LIMIT_BYTES = 3 << 30


def test_the_whole_system_stays_below_3_gib(live_system: RunningSystem) -> None:
    memory = memory_bytes(live_system)
    total = sum(memory.values())
    parts = ", ".join(f"{name} {size >> 20}" for name, size in memory.items())
    print(f"\nmemory of the whole system: {total >> 20} MiB ({parts})")
    assert memory.keys() == {"kafka", "postgres", "worker", "gateway", "web", "supervisor"}
    assert all(memory.values())
    assert total < LIMIT_BYTES
