"""The web process serves the services it is told to: all of them, or one apart from the others."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from fenghuo.platform.settings import Settings, SettingsError
from services.web.wiring import build, process_name

AWAY = "127.0.0.1:1"


def settings(folder: Path, services: str, **changes: object) -> Settings:
    told = {"kafka_bootstrap": AWAY, "database_url": f"postgresql://{AWAY}/fenghuo", "data": folder}
    return Settings(services=services, **(told | changes))  # type: ignore[arg-type]


def application(folder: Path, services: str, **changes: object) -> FastAPI:
    return build(settings(folder, services, **changes), CollectorRegistry())


def client(app: FastAPI) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://web")


def test_all_services_unless_told_otherwise(tmp_path: Path) -> None:
    everything = application(tmp_path / "a", "")
    assert set(everything.openapi()["paths"]) > {"/v1/records", "/v1/records/{record_id}", "/v1/incidents"}
    assert process_name(settings(tmp_path, "")) == "web"
    assert process_name(settings(tmp_path, "console, ledger,intake")) == "web"


def test_a_list_that_names_a_stranger_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        SettingsError, match="FENGHUO_SERVICES names intakes; there are intake, ledger, console"
    ):
        application(tmp_path, "intakes,ledger")


async def test_intake_apart_posts_and_says_what_waits(tmp_path: Path) -> None:
    app = application(tmp_path, "intake")
    assert set(app.openapi()["paths"]) == {"/v1/records"}
    async with client(app) as web:
        assert (await web.get("/internal/pending/r1")).status_code == 404
        assert (await web.get("/v1/records/r1")).status_code == 404
        assert (await web.get("/")).status_code == 404
        assert (await web.get("/readyz")).json()["service"] == "intake"


async def test_only_an_intake_apart_has_the_internal_route(tmp_path: Path) -> None:
    app = application(tmp_path, "intake,ledger,console")
    assert "/internal/pending/{record_id}" not in {getattr(route, "path", None) for route in app.routes}


def test_a_ledger_apart_needs_the_address_of_intake(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="FENGHUO_INTAKE_URL"):
        application(tmp_path, "ledger")
    apart = application(tmp_path, "ledger", intake_url=f"http://{AWAY}/")
    together = application(tmp_path / "together", "")
    assert set(apart.openapi()["paths"]) == set(together.openapi()["paths"]) - {"/v1/records"}


def test_an_intake_apart_needs_the_journal_to_remember_ids(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="FENGHUO_DATABASE_URL"):
        application(tmp_path, "intake", database_url=None)


async def test_the_console_apart_needs_nothing_and_serves_no_api(tmp_path: Path) -> None:
    app = application(tmp_path, "console", kafka_bootstrap=None, database_url=None)
    async with client(app) as web:
        assert (await web.get("/")).status_code == 200
        assert (await web.get("/reference/indicators.json")).status_code == 200
        assert (await web.get("/v1/incidents")).status_code == 404
        assert (await web.get("/readyz")).json() == {"service": "console", "status": "ready", "problems": {}}


@pytest.mark.parametrize(("same_origin", "port"), [(False, 8091), (True, None)])
async def test_the_console_is_told_where_the_socket_is(
    tmp_path: Path, same_origin: bool, port: int | None
) -> None:
    app = application(tmp_path, "console", feed="127.0.0.1:8091", feed_same_origin=same_origin)
    async with client(app) as web:
        assert (await web.get("/console-settings.json")).json() == {"feed_port": port}
