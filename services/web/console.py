"""The console's built files: pages by their names, hashed assets for ever, and what a page must know of here.

Nothing of the console is needed for the APIs to run: while it is not built, `/` says how to build it.
"""

from __future__ import annotations

import hashlib
import mimetypes
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Scope

from fenghuo.platform.settings import Settings, split_address
from services.web.reference import reference_routes

DIST = Path(__file__).parents[1] / "console" / "dist"
FOREVER = "public, max-age=31536000, immutable"
"""Files under /assets carry a hash of their content in their name."""
REVALIDATE = "no-cache"
CONTENT_SECURITY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self' ws: wss:;"
    " frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
NOT_BUILT = """<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>烽火 Fenghuo</title>
<body style="font:16px/1.6 sans-serif;max-width:40rem;margin:4rem auto;padding:0 1rem">
<h1>烽火 Fenghuo</h1>
<p>接口已在运行（<a href="/openapi.json">OpenAPI</a>），控制台还没有构建。请在仓库目录运行：</p>
<p lang="en">The APIs are running; the console is not built yet. Run this in the repository, then reload:</p>
<pre>make console</pre>
"""


class _Files(Route):
    """Every GET that is not an API's; the rest keeps its 404 and 405."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if (
            scope["type"] != "http"
            or scope["method"] not in ("GET", "HEAD")
            or scope["path"].startswith("/v1/")
        ):
            return Match.NONE, {}
        return super().matches(scope)


@dataclass(frozen=True)
class Console:
    """`dist`: the folder of built files. `feed_port`: where browsers find the socket; None: the page's own origin."""

    dist: Path
    feed_port: int | None

    def routes(self) -> list[BaseRoute]:
        """To be put after every other route: the last of them answers whatever nothing else did."""
        return [
            Route("/console-settings.json", self._settings),
            Route("/clock.json", self._clock),
            *reference_routes(),
            _Files("/{path:path}", self._file),
        ]

    async def _settings(self, _: Request) -> Response:
        return Response(
            msgspec.json.encode({"feed_port": self.feed_port}),
            media_type="application/json",
            headers={"Cache-Control": "no-store"},
        )

    async def _clock(self, request: Request) -> Response:
        # The field page corrects its own clock by it: the time that stamps records here.
        body = {"server_time": datetime.now(UTC).isoformat(timespec="milliseconds")}
        return Response(
            msgspec.json.encode(body), media_type="application/json", headers={"Cache-Control": "no-store"}
        )

    async def _file(self, request: Request) -> Response:
        path = request.path_params["path"]
        found = self._find(path)
        if found is None:
            if path == "":
                return HTMLResponse(NOT_BUILT, headers={"Cache-Control": "no-store"})
            raise HTTPException(404)
        return _answer(request, found, forever=path.startswith("assets/"))

    def _find(self, path: str) -> Path | None:
        """The file of a path; a path without a suffix is a page (`/` index.html, `/report` report.html)."""
        root = self.dist.resolve()
        page = f"{path.rstrip('/') or 'index'}.html"
        wanted = (root / (path if Path(path).suffix else page)).resolve()
        return wanted if wanted.is_relative_to(root) and wanted.is_file() else None


def _answer(request: Request, file: Path, *, forever: bool) -> Response:
    media_type = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    headers = {
        "Cache-Control": FOREVER if forever else REVALIDATE,
        "X-Content-Type-Options": "nosniff",
        "Vary": "Accept-Encoding",
    }
    if media_type == "text/html":
        headers |= {"Content-Security-Policy": CONTENT_SECURITY, "Referrer-Policy": "same-origin"}
    packed = file.with_name(f"{file.name}.gz")
    if packed.is_file() and "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        file = packed
    stat = file.stat()
    etag = _etag(file, stat.st_mtime_ns, stat.st_size)
    headers["ETag"] = etag
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    return FileResponse(file, media_type=media_type, headers=headers)


@lru_cache(maxsize=1024)
def _etag(file: Path, _mtime_ns: int, _size: int) -> str:
    """Of what a file holds: a package gives files of two builds one time, and pages of one size."""
    return f'"{hashlib.sha256(file.read_bytes()).hexdigest()[:20]}"'


def build_console(settings: Settings, dist: Path = DIST) -> Console:
    """The console as the settings say."""
    return Console(dist, None if settings.feed_same_origin else split_address(settings.feed)[1])
