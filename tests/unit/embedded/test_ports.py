"""Free ports are chosen, busy ones are named."""

from __future__ import annotations

import os
import random
import socket

import pytest

from fenghuo.embedded import ports
from fenghuo.embedded.errors import EmbeddedError, Exit


def test_chosen_ports_are_distinct_and_free() -> None:
    chosen = ports.choose(4, randomness=random.Random(1))
    assert len(set(chosen)) == 4
    assert all(ports.is_free(port) for port in chosen)


def test_ports_of_the_last_run_are_kept_where_free() -> None:
    first, second = ports.choose(2)
    with socket.create_server(("127.0.0.1", second)):
        chosen = ports.choose(3, [first, second, first])
    assert chosen[0] == first
    assert chosen[1] != second
    assert len(set(chosen)) == 3


def test_a_busy_port_names_holder_and_setting() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(EmbeddedError) as caught:
            ports.require_free(f"127.0.0.1:{port}", "FENGHUO_HTTP", "web")
    assert caught.value.exit_code == Exit.PORT_BUSY
    for text in (caught.value.zh, caught.value.en):
        assert str(port) in text
        assert f"pid {os.getpid()}" in text
        assert "FENGHUO_HTTP=127.0.0.1:" in text


def test_a_free_port_is_no_error() -> None:
    (port,) = ports.choose(1)
    ports.require_free(f"127.0.0.1:{port}", "FENGHUO_HTTP", "web")
