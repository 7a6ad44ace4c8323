"""How the aggregation ends: never silently."""

from __future__ import annotations

import asyncio

import pytest
from aiokafka.errors import KafkaConnectionError

from streams.worker.aggregation import Aggregation, AggregationEndedError
from streams.worker.serving import Clients
from streams.worker.snapshotting import Policy


class AwayConsumer:
    """A consumer whose start fails as told, one way after the other."""

    def __init__(self, failures: list[BaseException]) -> None:
        self._failures = failures
        self.stopped = 0

    async def start(self) -> None:
        raise self._failures.pop(0)

    async def stop(self) -> None:
        self.stopped += 1
        # As aiokafka 0.14 does while a fetch waits to be tried again.
        raise asyncio.CancelledError

    @property
    def _client(self) -> AwayConsumer:
        return self

    async def close(self) -> None:
        """Nothing is open."""


async def test_an_escaped_cancellation_ends_the_process_and_kafka_away_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Faust takes a cancelled task for one that was told to stop: the worker would live on and do nothing."""
    monkeypatch.setattr("streams.worker.membership.RETRY_SECONDS", 0)
    monkeypatch.setattr("streams.worker.serving.RETRY_SECONDS", 0)
    member = AwayConsumer([KafkaConnectionError("away"), asyncio.CancelledError()])
    reader = AwayConsumer([KafkaConnectionError("away")] * 1000)
    clients = Clients(lambda: member, lambda: reader, lambda: None)  # type: ignore[arg-type, return-value]
    aggregation = Aggregation(clients, policy=Policy(3600, 300, 10_000))
    with pytest.raises(AggregationEndedError):
        await Aggregation._aggregate(aggregation)
    assert member.stopped == 1
    assert aggregation.not_ready() == "waiting for Kafka: KafkaConnectionError: away"
