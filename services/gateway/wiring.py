"""The composition root of the gateway process."""

from __future__ import annotations

import asyncio

from fenghuo.platform.health import Health
from fenghuo.platform.logs import get_logger
from fenghuo.platform.settings import Settings, split_address
from fenghuo.platform.tasks import cancel_and_wait, run_in_background
from services.gateway import metrics
from services.gateway.config import Limits
from services.gateway.consumer import OutputReader
from services.gateway.frames import FrameFactory
from services.gateway.server import FeedServer
from services.gateway.view import View

log = get_logger(__name__)


class Gateway:
    """Everything of one gateway process; nothing is connected before `run`.

    Raises SettingsError when a setting is missing.
    """

    def __init__(self, settings: Settings, limits: Limits) -> None:
        self._settings = settings
        self._view = View(limits)
        self._reader = OutputReader(settings.require_kafka(), self._view, self._view_changed)
        self._server = FeedServer(
            FrameFactory(self._view), limits, lambda: self._reader.problem, any_origin=settings.unsafe_listen
        )
        self._health = Health("gateway")
        self._health.add("view", lambda: self._reader.problem)

    async def run(self, stop: asyncio.Event) -> bool:
        """Serve until `stop`, then close every client with 1001; False when a background task had ended by itself.

        Raises OSError when the feed's address is taken.
        """
        server = await self._server.listen(*split_address(self._settings.feed))
        health = self._health.server(self._settings.gateway_health)
        tasks = [
            run_in_background("gateway health", health.serve()),
            run_in_background("gateway reader", self._reader.run()),
            run_in_background("gateway rounds", self._server.run()),
        ]
        log.info("gateway listening", feed=self._settings.feed, health=self._settings.gateway_health)
        await stop.wait()
        orderly = not any(task.done() for task in tasks)
        server.close(reason="服务重启 restarting: reconnect")
        try:
            await asyncio.wait_for(server.wait_closed(), self._settings.drain_timeout)
        except TimeoutError:
            log.warning("clients did not close in time", seconds=self._settings.drain_timeout)
        await cancel_and_wait(*tasks)
        log.info("gateway stopped", orderly=orderly)
        return orderly

    def _view_changed(self) -> None:
        incidents, units = self._view.sizes()
        metrics.INCIDENTS.set(incidents)
        metrics.UNITS.set(units)
        self._server.view_changed()
