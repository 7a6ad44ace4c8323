"""How the console's built files are answered."""

from __future__ import annotations

import gzip
import os
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from services.web.console import FOREVER, REVALIDATE, Console

PAGE = "<!doctype html><title>烽火</title>"


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(PAGE, "utf-8")
    (folder / "report.html").write_text("report", "utf-8")
    (folder / "assets" / "index-1.js").write_text("let one", "utf-8")
    (folder / "assets" / "index-1.js.gz").write_bytes(gzip.compress(b"let one"))
    (tmp_path / "secret.html").write_text("secret", "utf-8")
    return folder


@pytest.fixture
async def web(dist: Path) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(Starlette(routes=Console(dist, None).routes()))
    async with httpx.AsyncClient(transport=transport, base_url="http://web") as client:
        yield client


async def test_pages_by_their_names_and_assets_for_ever(web: httpx.AsyncClient) -> None:
    page = await web.get("/")
    assert (page.text, page.headers["cache-control"]) == (PAGE, REVALIDATE)
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert (await web.get("/report")).text == "report"
    asset = await web.get("/assets/index-1.js", headers={"accept-encoding": "gzip"})
    assert (asset.text, asset.headers["content-encoding"]) == ("let one", "gzip")
    assert asset.headers["cache-control"] == FOREVER


@pytest.mark.parametrize("path", ["/nothing", "/../secret", "/%2e%2e/secret", "/assets", "/v1/records"])
async def test_what_is_not_there_is_404(web: httpx.AsyncClient, path: str) -> None:
    assert (await web.get(path)).status_code == 404


async def test_a_page_of_another_build_is_sent_although_time_and_size_are_equal(
    web: httpx.AsyncClient, dist: Path
) -> None:
    """A browser that kept the old page would ask for assets that are gone."""
    page = dist / "index.html"
    os.utime(page, (0, 0))
    kept = {"if-none-match": (await web.get("/")).headers["etag"]}
    assert (await web.get("/", headers=kept)).status_code == 304
    other = page.with_name("other.html")
    other.write_text(PAGE.replace("烽", "火"), "utf-8")
    os.utime(other, (0, 0))
    assert (await web.get("/other", headers=kept)).status_code == 200
