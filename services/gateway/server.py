"""The socket under the protocol: a thin shell of the `websockets` library.

One loop serves all clients in rounds, at most one each window, so that a burst becomes one frame and clients of equal
scope share its encoding. Frames are written straight to the transport: there is no queue per client, and a client
whose transport is full is passed over until it has read on.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from http import HTTPStatus

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.protocol import State
from websockets.typing import Subprotocol

from fenghuo.platform.logs import get_logger
from schemas.feed import SUBPROTOCOL
from services.gateway import handshake, metrics
from services.gateway.config import Limits
from services.gateway.frames import FrameFactory
from services.gateway.handshake import Refusal
from services.gateway.protocol import Close, FeedProtocol, Instant

log = get_logger(__name__)

PING_SECONDS = 20.0
CLOSE_SECONDS = 3.0
YIELD_EVERY_CLIENTS = 64
KERNEL_UNSENT_BYTES = 128 << 10
"""What the kernel may hold unsent for one client. Its own limit is megabytes: of memory, and of stale figures."""


class Client:
    """An open connection and its protocol."""

    def __init__(self, connection: ServerConnection, protocol: FeedProtocol) -> None:
        self.connection = connection
        self.protocol = protocol
        self.is_closing = False

    @property
    def unread_bytes(self) -> int:
        """What the transport still holds for the client."""
        return self.connection.transport.get_write_buffer_size()

    def write(self, frames: list[bytes]) -> None:
        """Hand frames to the transport without waiting."""
        if self.connection.state is not State.OPEN:
            return
        for frame in frames:
            self.connection.protocol.send_text(frame)
        self.connection.send_data()
        metrics.FRAMES.inc(len(frames))
        metrics.FRAME_BYTES.inc(sum(map(len, frames)))


class FeedServer:
    """Serves the feed. `problem` answers why no client can be served yet, or None."""

    def __init__(
        self,
        factory: FrameFactory,
        limits: Limits,
        problem: Callable[[], str | None],
        *,
        any_origin: bool = False,
    ) -> None:
        self._factory = factory
        self._limits = limits
        self._problem = problem
        self._any_origin = any_origin
        self._clients: set[Client] = set()
        self._peak_bytes = 0
        self._wake = asyncio.Event()
        self._closing: set[asyncio.Task[None]] = set()

    async def listen(self, host: str, port: int) -> Server:
        """Start to accept connections."""
        return await serve(
            self._handle,
            host,
            port,
            subprotocols=[Subprotocol(SUBPROTOCOL)],
            process_request=self._process_request,
            compression=None,
            max_size=self._limits.frame_bytes,
            ping_interval=PING_SECONDS,
            # Longer than a stall may last: a stalled client is told why it is closed.
            ping_timeout=self._limits.stall_seconds + PING_SECONDS,
            close_timeout=CLOSE_SECONDS,
            server_header=None,
        )

    def view_changed(self) -> None:
        """Tell the clients in the next round."""
        self._wake.set()

    async def run(self) -> None:
        """Serve rounds until cancelled: when something changed, when a client waits for room, and every heartbeat."""
        while True:
            await self._next_round()
            self._wake.clear()
            began = time.monotonic()
            await self._round()
            metrics.ROUND_SECONDS.observe(time.monotonic() - began)
            await asyncio.sleep(max(0.0, self._limits.window_seconds - (time.monotonic() - began)))

    async def _next_round(self) -> None:
        beat = self._limits.heartbeat_seconds
        wait = beat - time.monotonic() % beat
        if any(client.protocol.held_back for client in self._clients):
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), wait)

    async def _round(self) -> None:
        now = Instant(time.monotonic(), datetime.now(UTC))
        largest = held_back = subscriptions = 0
        for index, client in enumerate(list(self._clients)):
            self._serve(client, now)
            largest = max(largest, client.unread_bytes)
            held_back += client.protocol.held_back
            subscriptions += client.protocol.subscriptions
            if index % YIELD_EVERY_CLIENTS == YIELD_EVERY_CLIENTS - 1:
                await asyncio.sleep(0)
        self._peak_bytes = max(self._peak_bytes, largest)
        metrics.LARGEST_BUFFER.set(largest)
        metrics.PEAK_BUFFER.set(self._peak_bytes)
        metrics.HELD_BACK.set(held_back)
        metrics.SUBSCRIPTIONS.set(subscriptions)

    def _serve(self, client: Client, now: Instant) -> None:
        if client.is_closing:
            return
        frames = client.protocol.frames(now, client.unread_bytes)
        if frames:
            client.write(frames)
        closing = client.protocol.closing
        if closing is not None:
            client.is_closing = True
            metrics.CLOSED.labels(closing.code).inc()
            log.info(
                "client closed", client=str(client.connection.id), code=closing.code, reason=closing.reason
            )
            task = asyncio.create_task(_close(client.connection, closing))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    async def _handle(self, connection: ServerConnection) -> None:
        _limit_kernel_buffer(connection)
        now = Instant(time.monotonic(), datetime.now(UTC))
        client = Client(connection, FeedProtocol(self._factory, self._limits, now))
        self._clients.add(client)
        metrics.CLIENTS.set(len(self._clients))
        log.info("client connected", client=str(connection.id), address=str(connection.remote_address))
        try:
            async for message in connection:
                client.protocol.receive(message)
                self._wake.set()
        except ConnectionClosed as closed:
            log.info("client left", client=str(connection.id), reason=str(closed))
        finally:
            self._clients.discard(client)
            metrics.CLIENTS.set(len(self._clients))

    def _process_request(self, connection: ServerConnection, request: Request) -> Response | None:
        refusal = self._refusal(request)
        if refusal is None:
            return None
        metrics.REFUSED.labels(refusal.status.value).inc()
        response = connection.respond(refusal.status, refusal.text + "\n")
        if refusal.status == HTTPStatus.SERVICE_UNAVAILABLE:
            response.headers["Retry-After"] = "1"
        return response

    def _refusal(self, request: Request) -> Refusal | None:
        headers = request.headers
        refusal = handshake.judge(
            request.path,
            headers.get("Origin"),
            ",".join(headers.get_all("Sec-WebSocket-Protocol")),
            any_origin=self._any_origin,
        )
        if refusal is not None:
            return refusal
        if (problem := self._problem()) is not None:
            return Refusal(
                HTTPStatus.SERVICE_UNAVAILABLE,
                f"尚未就绪，请稍候重连。Not ready, reconnect in a moment: {problem}",
            )
        if len(self._clients) >= self._limits.connections:
            return Refusal(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "连接已满，请稍候重连。Too many connections, try again in a moment.",
            )
        return None


async def _close(connection: ServerConnection, closing: Close) -> None:
    """Say why and close; a client that does not read will not answer, so its transport is dropped."""
    try:
        await asyncio.wait_for(connection.close(closing.code, closing.reason), CLOSE_SECONDS)
    except TimeoutError:
        connection.transport.abort()


def _limit_kernel_buffer(connection: ServerConnection) -> None:
    if hasattr(socket, "TCP_NOTSENT_LOWAT"):
        connection.transport.get_extra_info("socket").setsockopt(
            socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, KERNEL_UNSENT_BYTES
        )
