"""The live aggregation as a service of the Faust app: a member of the workers' group, and what it serves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from mode import Service

from streams.worker.judging import Judging
from streams.worker.membership import Membership
from streams.worker.serving import Clients, Serving
from streams.worker.snapshotting import Policy


class AggregationEndedError(Exception):
    """The aggregation was cancelled though nobody stops it; the process ends and is started again."""


class Aggregation(Service):
    """Folds the partitions that the group gives it and publishes their picture."""

    def __init__(
        self,
        clients: Clients,
        *,
        policy: Policy,
        make_judging: Callable[[], Judging] = Judging,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._membership = Membership(clients.member)
        self._serving = Serving(clients, self._membership, make_judging(), policy)

    def not_ready(self) -> str | None:
        """None while live, or standing by for the owners; else what it is doing."""
        return self._membership.not_ready() or self._serving.not_ready()

    @Service.task
    async def _aggregate(self) -> None:
        try:
            await self._belong_and_serve()
        except asyncio.CancelledError as error:
            if not self.should_stop:
                # It escaped from a library. A cancelled task counts as well in Faust: the process would live on idle.
                raise AggregationEndedError from error
            raise

    async def _belong_and_serve(self) -> None:
        """Until one of both ends: neither is of any use without the other."""
        tasks = [asyncio.create_task(self._membership.run()), asyncio.create_task(self._serving.run())]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                await task
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
