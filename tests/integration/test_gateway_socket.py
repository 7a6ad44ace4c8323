"""The socket under the protocol, on a view without Kafka: handshakes, limits, closes, many frames for a slow client."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from io import StringIO

import httpx
import msgspec
import pytest
from rich.console import Console
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from fenghuo.client.board import Board, board_subscription
from fenghuo.client.feed import FeedClient, FeedRefusedError, wait_for_first
from schemas.feed import SUBPROTOCOL, Heartbeat, ServerFrame, Subscribe
from schemas.outputs import IncidentHead, UnitUpdate
from services.gateway.config import Limits
from services.gateway.frames import FrameFactory
from services.gateway.server import FeedServer
from services.gateway.view import View
from tests.integration.gateway_system import NATION, figure, subscribed, until

pytestmark = [pytest.mark.integration, pytest.mark.timeout(60)]
LIMITS = Limits(
    frame_bytes=2_000,
    bad_frames=3,
    connections=3,
    high_mark_bytes=64 << 10,
    stall_seconds=1.0,
    heartbeat_seconds=0.2,
    window_seconds=0.01,
)
DECODER = msgspec.json.Decoder(ServerFrame)


@dataclass
class Running:
    """A feed server, its view, and where it listens."""

    view: View
    server: FeedServer
    port: int
    problem: str | None = None
    version: int = 0

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/v1/feed"

    def change(self, dead: int, incidents: int = 1) -> None:
        for number in range(incidents):
            self.version += 1
            self.view.apply(
                [
                    UnitUpdate(
                        status="Actual",
                        incident_id=f"incident-{number}",
                        unit=NATION,
                        figures={"dead": figure(dead)},
                        head=IncidentHead(),
                        version=self.version,
                    )
                ]
            )
        self.server.view_changed()


@pytest.fixture
async def feed() -> AsyncIterator[Running]:
    view = View(LIMITS)
    server = FeedServer(FrameFactory(view), LIMITS, lambda: running.problem)
    listener = await server.listen("127.0.0.1", 0)
    running = Running(view, server, next(iter(listener.sockets)).getsockname()[1])
    rounds = asyncio.create_task(server.run())
    try:
        yield running
    finally:
        listener.close()
        await listener.wait_closed()
        assert not rounds.done(), rounds.result()
        rounds.cancel()
        await asyncio.gather(rounds, return_exceptions=True)


@asynccontextmanager
async def raw(feed: Running) -> AsyncIterator[ClientConnection]:
    async with connect(feed.url, subprotocols=[Subprotocol(SUBPROTOCOL)], proxy=None) as connection:
        yield connection


async def next_frame(connection: ClientConnection) -> ServerFrame:
    """The next frame that is no heartbeat."""
    while True:
        frame = DECODER.decode(await asyncio.wait_for(connection.recv(), 10))
        if not isinstance(frame, Heartbeat):
            return frame


async def test_subprotocol_is_agreed_and_nothing_is_compressed(feed: Running) -> None:
    async with raw(feed) as connection:
        assert connection.subprotocol == SUBPROTOCOL
        assert connection.protocol.extensions == []


@pytest.mark.parametrize(
    ("path", "subprotocols", "origin", "status"),
    [
        ("/v1/feed", [], None, 400),
        ("/v1/feed", ["fenghuo.v9"], None, 400),
        ("/v2/feed", [SUBPROTOCOL], None, 404),
        ("/v1/feed", [SUBPROTOCOL], "https://evil.example", 403),
    ],
)
async def test_handshake_is_refused_in_words(
    feed: Running, path: str, subprotocols: list[str], origin: str | None, status: int
) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await connect(
            f"ws://127.0.0.1:{feed.port}{path}",
            subprotocols=[Subprotocol(name) for name in subprotocols] or None,
            additional_headers={"Origin": origin} if origin else {},
            proxy=None,
        )
    assert refused.value.response.status_code == status
    assert refused.value.response.body.strip()


async def test_plain_http_is_told_to_upgrade(feed: Running) -> None:
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"http://127.0.0.1:{feed.port}/v1/feed")
    assert answer.status_code in (400, 426)


async def test_not_ready_is_503_and_clients_come_back(feed: Running) -> None:
    feed.problem = "the view is being loaded"
    async with subscribed(feed.url, Subscribe(id="s")) as client:
        await until(lambda: client.state == "waiting", "the client was refused")
        assert "the view is being loaded" in (client.problem or "")
        feed.problem = None
        await until(lambda: client.state == "live", "the client came back")


async def test_connections_are_limited(feed: Running) -> None:
    async with raw(feed), raw(feed), raw(feed):
        with pytest.raises(InvalidStatus) as refused:
            async with raw(feed):
                pass
        assert refused.value.response.status_code == 503
        assert refused.value.response.headers["Retry-After"]


async def test_too_many_bad_frames_close_with_1008(feed: Running) -> None:
    async with raw(feed) as connection:
        for _ in range(LIMITS.bad_frames):
            await connection.send("{")
        for _ in range(LIMITS.bad_frames):
            assert (await next_frame(connection)).code == "not_json"  # type: ignore[union-attr]
        await asyncio.wait_for(connection.wait_closed(), 10)
        assert connection.close_code == 1008


async def test_a_large_frame_closes_with_1009(feed: Running) -> None:
    async with raw(feed) as connection:
        await connection.send("x" * (LIMITS.frame_bytes + 1))
        await asyncio.wait_for(connection.wait_closed(), 10)
        assert connection.close_code == 1009


async def test_a_client_that_never_reads_is_dropped(feed: Running) -> None:
    feed.change(0, incidents=1_000)
    silent = socket.socket()
    silent.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    with silent:
        silent.setblocking(False)
        await _shake_hands(silent, feed.port)
        await until(lambda: _is_held_back(feed), "it is held back")
        for number in range(100):
            feed.change(number, incidents=10)
            await asyncio.sleep(0)
        (client,) = feed.server._clients
        one_snapshot = 1_000 * 500
        assert client.unread_bytes < LIMITS.high_mark_bytes + one_snapshot
        await until(lambda: not feed.server._clients, "it was dropped")


async def test_a_burst_is_one_frame(feed: Running) -> None:
    feed.change(0)
    async with raw(feed) as connection:
        await connection.send(json.dumps({"type": "subscribe", "id": "s"}))
        await next_frame(connection)
        for dead in range(1, 500):
            feed.change(dead)
        delta = await next_frame(connection)
        assert (delta.seq, delta.units[0].figures["dead"].total) == (2, 499)  # type: ignore[union-attr]


async def test_client_gives_up_where_trying_again_does_not_help(feed: Running) -> None:
    client = FeedClient(f"ws://127.0.0.1:{feed.port}/elsewhere", [Subscribe(id="s")])
    with pytest.raises(FeedRefusedError, match="/v1/feed"):
        await wait_for_first(client, 10)


async def test_client_subscribes_again_after_a_gap(feed: Running) -> None:
    feed.change(1)
    async with subscribed(feed.url, Subscribe(id="s")) as client:
        await until(lambda: client.pictures["s"].units, "the snapshot has come")
        client.pictures["s"].seq += 5
        feed.change(2)
        await until(lambda: client.problem, "the gap is noticed")
        await until(
            lambda: client.pictures["s"].units["incident-0", NATION].figures["dead"].total == 2, "it is whole"
        )
        assert client.connections == 1


def _is_held_back(feed: Running) -> bool:
    return any(client.protocol.held_back for client in feed.server._clients)


async def _shake_hands(raw_socket: socket.socket, port: int) -> None:
    loop = asyncio.get_running_loop()
    await loop.sock_connect(raw_socket, ("127.0.0.1", port))
    request = (
        f"GET /v1/feed HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Protocol: {SUBPROTOCOL}\r\n\r\n"
    )
    await loop.sock_sendall(raw_socket, request.encode())
    assert b" 101 " in await loop.sock_recv(raw_socket, 1024)
    payload = json.dumps({"type": "subscribe", "id": "s"}).encode()
    assert len(payload) < 126
    await loop.sock_sendall(raw_socket, bytes([0x81, 0x80 | len(payload)]) + b"\0\0\0\0" + payload)


async def _watch(*options: str) -> tuple[int | None, str, str]:
    """Run `fenghuo watch`; answers exit code, standard output, standard error."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "fenghuo.cli", "watch", *options),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), 40)
    return process.returncode, out.decode(), err.decode()


async def test_watch_once_as_json(feed: Running) -> None:
    feed.change(7)
    code, out, err = await _watch("--once", "--json", "--url", feed.url)
    assert code == 0, err
    (unit,) = json.loads(out)["units"]
    assert (unit["incident_id"], unit["unit"], unit["figures"]["dead"]["total"]) == ("incident-0", NATION, 7)


async def test_watch_once_as_board(feed: Running) -> None:
    feed.change(7)
    code, out, err = await _watch("--once", "--incident", "incident-0", "--url", f"127.0.0.1:{feed.port}")
    assert code == 0, err
    assert "因灾死亡人口" in out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--once", "--url", "ws://127.0.0.1:1"), "fenghuo up"),
        (("--once", "--unit", "51"), "$.unit"),
        (("--json",), "--once"),
    ],
)
async def test_watch_says_what_is_wrong(options: tuple[str, ...], said: str) -> None:
    code, out, err = await _watch(*options)
    assert (code, out) == (2, "")
    assert said in err
    assert "Traceback" not in err


async def test_board_runs_beside_other_work_until_cancelled(feed: Running) -> None:
    feed.change(7)
    out = StringIO()
    subscription = board_subscription("*", NATION, "Actual")
    client = FeedClient(feed.url, [subscription])
    console = Console(file=out, width=100, height=40, force_terminal=True)
    board = asyncio.create_task(Board(client, subscription).run(console))
    await until(lambda: "因灾死亡人口" in out.getvalue(), "the board shows the figure")
    feed.change(4_321)
    await until(lambda: "4,321" in out.getvalue(), "the board shows the change")
    board.cancel()
    await asyncio.gather(board, return_exceptions=True)
    assert board.cancelled()
    await until(lambda: not feed.server._clients, "its connection is closed")


async def test_board_ends_when_the_gateway_refuses(feed: Running) -> None:
    subscription = board_subscription("*", NATION, "Actual")
    client = FeedClient(f"ws://127.0.0.1:{feed.port}/elsewhere", [subscription])
    with pytest.raises(FeedRefusedError):
        await asyncio.wait_for(Board(client, subscription).run(Console(file=StringIO())), 10)
