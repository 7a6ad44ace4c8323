"""`/healthz`, `/readyz` and `/metrics`, the same on every process.

healthz: the process lives. readyz: it does its job now; 503 names every check that says no and why.
"""

from __future__ import annotations

from collections.abc import Callable

import uvicorn
from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from fenghuo.platform.settings import split_address

Check = Callable[[], str | None]
"""Answers None when all is well, else the reason in one short phrase."""


class Health:
    """The checks of one process. Checks are plain reads of state: no I/O, so that a probe can never hang."""

    def __init__(self, service: str, registry: CollectorRegistry = REGISTRY) -> None:
        self.service = service
        self._registry = registry
        self._checks: dict[str, Check] = {}

    def add(self, name: str, check: Check) -> None:
        """Add a readiness check."""
        self._checks[name] = check

    def problems(self) -> dict[str, str]:
        """The checks that fail now, with their reasons."""
        return {name: reason for name, check in self._checks.items() if (reason := check()) is not None}

    async def healthz(self, _: Request) -> Response:
        """200 while the event loop turns."""
        return JSONResponse({"service": self.service, "status": "alive"})

    async def readyz(self, _: Request) -> Response:
        """200 or 503 with the failing checks."""
        problems = self.problems()
        body = {"service": self.service, "status": "not ready" if problems else "ready", "problems": problems}
        return JSONResponse(body, status_code=503 if problems else 200)

    async def metrics(self, _: Request) -> Response:
        """OpenMetrics text."""
        return Response(generate_latest(self._registry), media_type=CONTENT_TYPE_LATEST)

    def routes(self) -> list[Route]:
        """The three routes, for the application of a process that has one."""
        return [
            Route("/healthz", self.healthz, include_in_schema=False),
            Route("/readyz", self.readyz, include_in_schema=False),
            Route("/metrics", self.metrics, include_in_schema=False),
        ]

    def server(self, address: str) -> uvicorn.Server:
        """A server of these routes alone, for a process without an application; `await server.serve()` runs it."""
        host, port = split_address(address)
        config = uvicorn.Config(
            Starlette(routes=self.routes()),
            host=host,
            port=port,
            log_config=None,
            access_log=False,
            lifespan="off",
        )
        return EmbeddedServer(config)


class EmbeddedServer(uvicorn.Server):
    """A uvicorn server that leaves the signals to the process it lives in."""

    def install_signal_handlers(self) -> None:
        """Nothing: the host process has its own."""

    def capture_signals(self):  # type: ignore[no-untyped-def]
        """Nothing is captured: the host process has its own handlers."""
        from contextlib import nullcontext

        return nullcontext()
