"""What the commands that speak to the API share: where it is, and how its errors end a command."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console

from fenghuo.client.http import ApiError, UnreachableError
from fenghuo.platform.settings import Settings, split_address
from schemas.scenario import ScenarioError

USAGE_ERROR = 2
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where to call a server that listens everywhere


def api_url(url: str | None) -> str:
    """The address given, else that of this installation's settings."""
    if url:
        return url if "://" in url else f"http://{url}"
    host, port = split_address(Settings().http)  # type: ignore[call-arg]
    host = EVERYWHERE.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextmanager
def sentences() -> Iterator[None]:
    """End the command with one sentence on stderr when the API or the input cannot be used."""
    try:
        yield
    except UnreachableError as error:
        _end(f"连接不上服务器 {error}. 请先启动 Start it with `fenghuo up`, or name it with --url.")
    except (ApiError, ScenarioError) as error:
        _end(f"未能完成 {error}")


def _end(sentence: str) -> None:
    Console(file=sys.stderr, soft_wrap=True, highlight=False).print(sentence, markup=False)
    raise typer.Exit(USAGE_ERROR)
