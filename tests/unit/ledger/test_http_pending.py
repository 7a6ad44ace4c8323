"""A ledger apart from intake: what waits there is found, and "unknown" is said only when intake was asked."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from fastapi import FastAPI

from fenghuo.platform.postgres import DatabaseAwayError
from fenghuo.platform.problems import install_problems
from schemas.problems import problem_type
from services.ledger.http import build_router
from services.ledger.http_pending import HttpPendingRecords
from services.ledger.ports import IntakeAwayError

RECORD = b'{"record_id":"waits"}'


class Intake(BaseHTTPRequestHandler):
    """Holds one record; does not answer for `slow` before the test ends, and answers nonsense for `broken`."""

    ended = threading.Event()

    def do_GET(self) -> None:
        name = self.path.removeprefix("/internal/pending/")
        if name == "slow":
            self.ended.wait()
            return
        status = {"waits": 200, "broken": 500}.get(name, 404)
        self.send_response(status)
        self.send_header("content-length", str(len(RECORD)))
        self.end_headers()
        self.wfile.write(RECORD)

    def log_message(self, *_: object) -> None:
        """Nothing on the terminal."""


@contextmanager
def intake() -> Iterator[str]:
    Intake.ended.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Intake)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        Intake.ended.set()
        server.shutdown()
        thread.join()
        server.server_close()


async def test_what_waits_is_found_and_what_does_not_is_not() -> None:
    with intake() as url:
        pending = HttpPendingRecords(url)
        async with pending.open():
            assert await pending.find("waits") == RECORD
            assert await pending.find("unheard-of") is None
            assert await pending.find("../waits") is None


@pytest.mark.parametrize("record_id", ["slow", "broken"])
async def test_an_intake_that_gives_no_answer_is_away_before_the_ledgers_time_is_up(record_id: str) -> None:
    with intake() as url:
        pending = HttpPendingRecords(url)
        async with asyncio.timeout(2), pending.open():
            with pytest.raises(IntakeAwayError):
                await pending.find(record_id)
            Intake.ended.set()


class Journal:
    """A `LedgerReader` that knows one record, or is away."""

    def __init__(self, *, away: bool = False) -> None:
        self._away = away

    async def record(self, record_id: str) -> tuple[bytes | None, None]:
        if self._away:
            raise DatabaseAwayError("away")
        return (b'{"record_id":"kept"}' if record_id == "kept" else None), None


@asynccontextmanager
async def ledger(url: str, *, away: bool = False) -> AsyncIterator[httpx.AsyncClient]:
    pending = HttpPendingRecords(url)
    app = FastAPI()
    app.include_router(build_router(Journal(away=away), None, None, None, pending))  # type: ignore[arg-type]
    install_problems(app, problem_type)
    async with (
        pending.open(),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://l") as client,
    ):
        yield client


@pytest.mark.parametrize("away", [False, True])
async def test_a_record_that_waits_at_intake_is_answered_whatever_the_journal_does(away: bool) -> None:
    with intake() as url:
        async with ledger(url, away=away) as client:
            answer = await client.get("/v1/records/waits")
            assert answer.json() == {"record": {"record_id": "waits"}, "outcome": None}
            assert (await client.get("/v1/records/unheard-of")).status_code == (503 if away else 404)


async def test_while_intake_is_away_what_is_in_the_journal_is_answered_and_nothing_is_called_unknown() -> (
    None
):
    async with ledger("http://127.0.0.1:1") as client:
        assert (await client.get("/v1/records/kept")).status_code == 200
        answer = await client.get("/v1/records/perhaps-spooled")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
        assert answer.json()["type"] == problem_type("intake-away")
