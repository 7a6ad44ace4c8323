"""Names for the console, and the answers that its catch-all must leave to the APIs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from services.web.console import Console

# 金门县 350527 is a county and its own only township; it is served as the county (schemas.regions).
TOWNSHIPS, AT_TWO_LEVELS = 41_352, 1


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    async def posted(_: object) -> PlainTextResponse:
        return PlainTextResponse("")

    routes = [Route("/v1/records", posted, methods=["POST"]), *Console(tmp_path, 8081).routes()]
    transport = httpx.ASGITransport(Starlette(routes=routes))
    async with httpx.AsyncClient(transport=transport, base_url="http://web") as client:
        yield client


async def test_the_apis_keep_their_405(web: httpx.AsyncClient) -> None:
    assert (await web.get("/v1/records")).status_code == 405


async def test_not_built_says_how_to_build(web: httpx.AsyncClient) -> None:
    assert "make console" in (await web.get("/")).text
    assert (await web.get("/report")).status_code == 404


async def test_where_the_socket_is(web: httpx.AsyncClient) -> None:
    assert (await web.get("/console-settings.json")).json() == {"feed_port": 8081}


async def test_names_of_indicators_and_regions(web: httpx.AsyncClient) -> None:
    indicators = {each["key"]: each for each in (await web.get("/reference/indicators.json")).json()}
    assert indicators["dead"]["zh"] == "因灾死亡人口"
    regions = {row[0]: tuple(row[1:]) for row in (await web.get("/reference/regions.json")).json()}
    assert regions["513221000000"] == ("汶川县", "county", "513200000000")
    assert not any(level == "township" for _, level, _ in regions.values())
    townships = (await web.get("/reference/townships/51.json")).json()
    assert ["513221107000", "三江镇", "township", "513221000000"] in townships
    assert all(code.startswith("51") for code, *_ in townships)


@pytest.mark.parametrize("province", ["71", "99", "5", "513"])
async def test_provinces_without_townships_are_404(web: httpx.AsyncClient, province: str) -> None:
    assert (await web.get(f"/reference/townships/{province}.json")).status_code == 404


async def test_every_township_is_in_one_of_the_files(web: httpx.AsyncClient) -> None:
    rows = (await web.get("/reference/regions.json")).json()
    answers = [
        await web.get(f"/reference/townships/{code[:2]}.json")
        for code, _, level, _ in rows
        if level == "province"
    ]
    found = [row[0] for answer in answers if answer.status_code == 200 for row in answer.json()]
    assert len(found) == len(set(found)) == TOWNSHIPS - AT_TWO_LEVELS


async def test_what_is_known_is_not_sent_again(web: httpx.AsyncClient) -> None:
    answer = await web.get("/reference/regions.json")
    assert answer.headers["content-encoding"] == "gzip"
    plain = await web.get("/reference/regions.json", headers={"accept-encoding": "identity"})
    assert plain.json() == answer.json()
    again = await web.get("/reference/regions.json", headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304
