"""TCP ports: choosing free ones, and saying who holds a busy one."""

from __future__ import annotations

import random
import socket
from collections.abc import Iterable

import psutil

from fenghuo.embedded.errors import EmbeddedError, Exit
from fenghuo.platform.settings import split_address

# Below the ephemeral range of Linux and macOS, so that no outgoing connection takes a port chosen a moment ago.
CANDIDATES = range(20_000, 32_000)


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a listener on `host:port` could start now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As servers do: a port that only holds connections in TIME_WAIT is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def choose(
    count: int, preferred: Iterable[int | None] = (), randomness: random.Random | None = None
) -> list[int]:
    """`count` distinct free loopback ports; ports of `preferred` (those of the last run) are kept where free."""
    wanted = list(preferred)[:count]
    wanted += [None] * (count - len(wanted))
    source = randomness or random.Random()  # noqa: S311 (a port number is no secret)
    chosen: list[int] = []
    for port in wanted:
        if port is None or port in chosen or not is_free(port):
            port = next(p for p in _candidates(source) if p not in chosen and is_free(p))
        chosen.append(port)
    return chosen


def _candidates(source: random.Random) -> Iterable[int]:
    return source.sample(CANDIDATES, k=len(CANDIDATES))


def holder(port: int) -> str | None:
    """`name (pid 123)` of the process that listens on `port`, where this user may see it."""
    try:
        connections = psutil.net_connections("tcp")
    except psutil.AccessDenied:
        return None
    for connection in connections:
        if connection.status != psutil.CONN_LISTEN or not connection.laddr or not connection.pid:
            continue
        if connection.laddr.port == port:
            try:
                return f"{psutil.Process(connection.pid).name()} (pid {connection.pid})"
            except psutil.Error:
                return f"pid {connection.pid}"
    return None


def require_free(address: str, setting: str, what: str) -> None:
    """Raises EmbeddedError (PORT_BUSY) naming the port, its holder and the setting that moves it."""
    host, port = split_address(address)
    if port and is_free(port, host):
        return
    held = holder(port)
    raise EmbeddedError(
        Exit.PORT_BUSY,
        f"端口 {port}（{what}）已被{'进程 ' + held if held else '其他进程'}占用；请停止它，"
        f"或换一个端口：{setting}={host}:{port + 10}。",
        f"Port {port} ({what}) is in use by {held or 'another process'}: stop it, or choose another port with"
        f" {setting}={host}:{port + 10}.",
    )
