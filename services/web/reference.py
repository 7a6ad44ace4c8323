"""Names for the console: regions and indicators as JSON, made once from `schemas`, sent compressed."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable
from functools import cache

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from schemas.indicators import indicators
from schemas.regions import Region, regions


@cache
def _indicators() -> bytes:
    """`[{key, zh, en, unit, kind, decimals}]` in the order of the form."""
    return _packed([msgspec.to_builtins(each) for each in indicators().values()])


@cache
def _regions() -> bytes:
    """`[[code, name, level, parent]]` from the nation to the counties."""
    return _packed([_row(each) for each in regions().values() if each.level != "township"])


@cache
def _townships(province: str) -> bytes:
    """Of one province (2 digits). Raises HTTPException 404 when there are none."""
    found = [
        _row(each)
        for each in regions().values()
        if each.level == "township" and each.code.startswith(province)
    ]
    if len(province) != 2 or not found:
        raise HTTPException(404)
    return _packed(found)


def _row(region: Region) -> list[str | None]:
    return [region.code, region.name, region.level, region.parent]


def _packed(body: object) -> bytes:
    return gzip.compress(msgspec.json.encode(body), mtime=0)


def _answer(request: Request, packed: bytes) -> Response:
    etag = f'"{hashlib.sha256(packed).hexdigest()[:20]}"'
    headers = {"Cache-Control": "no-cache", "ETag": etag, "Vary": "Accept-Encoding"}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(gzip.decompress(packed), media_type="application/json", headers=headers)
    return Response(packed, media_type="application/json", headers={**headers, "Content-Encoding": "gzip"})


def reference_routes() -> list[BaseRoute]:
    """`/reference/indicators.json`, `/reference/regions.json`, `/reference/townships/51.json`."""

    def route(path: str, packed: Callable[[], bytes]) -> Route:
        async def answer(request: Request) -> Response:
            return _answer(request, packed())

        return Route(path, answer)

    async def townships(request: Request) -> Response:
        return _answer(request, _townships(request.path_params["province"]))

    return [
        route("/reference/indicators.json", _indicators),
        route("/reference/regions.json", _regions),
        Route("/reference/townships/{province}.json", townships),
    ]
