"""One application from many services: includes each router, enters each lifespan, answers every error the same way."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any, Protocol

import msgspec
from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from fenghuo.platform.collector import spare_what_stays
from fenghuo.platform.health import Health
from fenghuo.platform.problems import install_problems
from schemas.jsonschema import json_schema_components
from schemas.problems import problem_type

TITLE = "烽火 Fenghuo"
VERSION = "1.0.0"
DESCRIPTION = (
    "灾害应急处置协同平台：报送记录、查询态势与台账。"
    "Post records, read the situation and the journal. Every error is an RFC 9457 problem."
)


class WebService(Protocol):
    """What a service offers the web process. `components` are its own OpenAPI schemas by name."""

    @property
    def router(self) -> APIRouter:
        """Its routes, with full paths."""
        ...

    @property
    def lifespan(self) -> Callable[[], AbstractAsyncContextManager[None]]:
        """What must run while the routes are served."""
        ...

    @property
    def components(self) -> dict[str, Any]:
        """OpenAPI schemas that its routes refer to, beside those of `schemas`."""
        ...


def build_application(services: Sequence[WebService], health: Health) -> FastAPI:
    """The application. Routes are matched in the order given; a service runs while those after it run.

    Mounting applications at "/" would hide all but the first and run no lifespan, hence the routers.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for service in reversed(services):
                await stack.enter_async_context(service.lifespan())
            # What is loaded now stays; full collections over it would stop every request for a moment.
            gc.collect()
            spare_what_stays()
            yield

    app = FastAPI(
        title=TITLE,
        version=VERSION,
        description=DESCRIPTION,
        lifespan=lifespan,
        # The documentation pages fetch their scripts from other hosts; a command post has no such network.
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    for service in services:
        app.include_router(service.router)
    app.router.routes.extend(health.routes())
    install_problems(app, problem_type)
    app.openapi = lambda: _openapi(app, services)  # type: ignore[method-assign]
    return app


def _openapi(app: FastAPI, services: Sequence[WebService]) -> dict[str, Any]:
    """OpenAPI 3.1 with the contracts of `schemas` and the services' own components."""
    if app.openapi_schema is None:
        document = get_openapi(title=TITLE, version=VERSION, description=DESCRIPTION, routes=app.routes)
        components = document.setdefault("components", {}).setdefault("schemas", {})
        components.update(json_schema_components())
        for service in services:
            components.update(service.components)
            _restore_answers(document["paths"], service.router)
        # As JSON has it: defaults in Python's tuples are arrays.
        app.openapi_schema = msgspec.json.decode(msgspec.json.encode(document))
    return app.openapi_schema


def _restore_answers(paths: dict[str, Any], router: APIRouter) -> None:
    """Put answers back as the service wrote them: FastAPI drops every null, also those of examples."""
    for route in router.routes:
        if isinstance(route, APIRoute):
            for method in route.methods or ():
                answers = paths[route.path_format][method.lower()]["responses"]
                for status, answer in route.responses.items():
                    if "content" in answer:
                        answers[str(status)]["content"] = answer["content"]
