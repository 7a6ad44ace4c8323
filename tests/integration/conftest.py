"""What the tests of this folder share: one running system with the settings that users get."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fenghuo.platform.settings import Settings
from tests.system import RunningSystem, fenghuo_system, server_folder


@pytest.fixture(scope="session")
def live_system() -> Iterator[RunningSystem]:
    """Kafka has its usual heap, so that the memory of the whole can be measured. Ids must be a test's own."""
    heap = str(Settings().kafka_heap_mib)
    with server_folder() as place, fenghuo_system(place, FENGHUO_KAFKA_HEAP_MIB=heap) as running:
        yield running
