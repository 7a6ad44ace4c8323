"""What the commands that speak to a running system share: where it is, and how its errors end a command."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import typer
from rich.console import Console

from fenghuo.cli.options import load_settings
from fenghuo.client.http import ApiError, UnreachableError
from fenghuo.embedded import state
from fenghuo.embedded.errors import Exit
from fenghuo.embedded.folder import DataFolder
from fenghuo.embedded.state import Addresses
from fenghuo.platform.settings import Settings, split_address
from schemas.scenario import ScenarioError

EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where to call a server that listens everywhere


def running(settings: Settings) -> Addresses | None:
    """Where the embedded system of this data folder listens; None when none was left running."""
    found = state.read(DataFolder.at(settings.data).state_file)
    return found.addresses if found and found.phase in ("starting", "ready") else None


def api_url(url: str | None, data: Path | None = None) -> str:
    """The address given, else FENGHUO_HTTP, else that of the system running from the data folder."""
    if url:
        return url if "://" in url else f"http://{url}"
    settings = load_settings(data)
    addresses = running(settings) if "FENGHUO_HTTP" not in os.environ else None
    return listener_url(addresses.web if addresses else settings.http)


def listener_url(address: str, scheme: str = "http") -> str:
    """How to call a listener on this machine by its `host:port`."""
    host, port = split_address(address)
    host = EVERYWHERE.get(host, host)
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


@contextmanager
def sentences() -> Iterator[None]:
    """End the command with one sentence on stderr when the API or the input cannot be used."""
    try:
        yield
    except UnreachableError as error:
        give_up(
            f"连接不上服务器：{error}。先运行 fenghuo up，或用 --url 指定。"
            "The server is not reachable: start it with `fenghuo up`, or name it with --url."
        )
    except ApiError as error:
        give_up(f"服务器未能完成请求。The server could not do it: {error}")
    except ScenarioError as error:
        give_up(f"情景文件不可用。The scenario cannot be used: {error}")


def say(sentence: str) -> None:
    """One line on stderr."""
    Console(file=sys.stderr, soft_wrap=True, highlight=False).print(sentence, markup=False)


def give_up(sentence: str, code: Exit = Exit.USAGE) -> NoReturn:
    """Say why and end the command."""
    say(sentence)
    raise typer.Exit(int(code))
