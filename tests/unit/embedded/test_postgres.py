"""PostgreSQL's address and command line."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from fenghuo.embedded.postgres import MAX_SOCKET_PATH_BYTES, PostgresServer


def socket_path(server: PostgresServer) -> bytes:
    return os.fsencode(server.socket_folder / ".s.PGSQL.5432")


def test_the_socket_lies_in_the_data_folder() -> None:
    server = PostgresServer(Path("/data/postgres"))
    assert server.socket_folder == Path("/data/postgres/socket")
    assert server.dsn() == "postgresql://fenghuo@/fenghuo?host=/data/postgres/socket&port=5432"


def test_a_long_or_chinese_path_falls_back_to_a_short_one_of_its_own() -> None:
    one, other = (
        PostgresServer(Path("/" + "应急指挥部" * 8) / name / "postgres") for name in ("one", "other")
    )
    assert len(socket_path(one)) <= MAX_SOCKET_PATH_BYTES
    assert one.socket_folder.parent == Path(tempfile.gettempdir())
    assert one.socket_folder != other.socket_folder


def test_no_tcp_and_every_commit_on_disk() -> None:
    command = PostgresServer(Path("/data/postgres")).command()
    assert "listen_addresses=" in command
    assert "fsync=on" in command
