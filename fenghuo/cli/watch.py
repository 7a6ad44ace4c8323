"""`fenghuo watch`: the live board, or one snapshot of it."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console

from fenghuo.cli.api import give_up, listener_url, running
from fenghuo.cli.options import DataOption, JsonOption, load_settings
from fenghuo.client.board import BOARD, Board, board_subscription
from fenghuo.client.feed import FeedClient, FeedRefusedError, wait_for_first
from schemas.feed import Subscribe, UnitView
from schemas.outputs import encoder

FIRST_FRAMES_SECONDS = 6.0


def watch(
    incident: Annotated[str, typer.Option(help="事件编号，* 为全部。Incident id, * for all.")] = "*",
    unit: Annotated[str, typer.Option(help="12位区划代码。Unit code of 12 digits.")] = "000000000000",
    status: Annotated[str, typer.Option(help="Actual, Exercise, Test")] = "Actual",
    depth: Annotated[int, typer.Option(min=-1, max=5, help="下几级，-1为全部。Levels below, -1 all.")] = 1,
    once: Annotated[bool, typer.Option("--once", help="只看一次。Print the board once and end.")] = False,
    as_json: JsonOption = False,
    url: Annotated[
        str | None, typer.Option(help="推送地址 ws://主机:端口。Address of the gateway.", show_default=False)
    ] = None,
    data: DataOption = None,
) -> None:
    """实时态势看板：数据、来源、时效、核实状态、下级、判定、告警。A live board over the WebSocket; Ctrl-C ends it.

    例 Examples:  fenghuo watch --status Exercise   ·   fenghuo watch --unit 513221000000   ·
    fenghuo watch --once --json

    退出码 Exit codes: 0 正常 fine, 2 用法或连接错误 usage or connection.
    """
    if as_json and not once:
        give_up("--json 需与 --once 同用。--json goes with --once.")
    try:
        subscription = board_subscription(incident, unit, status, depth)
    except msgspec.ValidationError as error:
        give_up(f"参数有误。An option cannot be used: {error}")
    client = FeedClient(feed_address(url, data), [subscription])
    try:
        asyncio.run(_once(client, subscription, as_json=as_json) if once else _live(client, subscription))
    except FeedRefusedError as error:
        give_up(f"推送服务拒绝：The gateway refused: {error}")
    except TimeoutError as error:
        give_up(
            f"连接不上推送服务 {client.url}（{error}）。先运行 fenghuo up，或用 --url 指定。"
            "The gateway is not reachable: start it with `fenghuo up`, or name it with --url."
        )
    except KeyboardInterrupt:
        raise typer.Exit(0) from None


def feed_address(url: str | None, data: Path | None = None) -> str:
    """The address given, else FENGHUO_FEED, else that of the system running from the data folder."""
    if url:
        return url
    settings = load_settings(data)
    addresses = running(settings) if "FENGHUO_FEED" not in os.environ else None
    return listener_url(addresses.feed if addresses else settings.feed, "ws")


async def _live(client: FeedClient, subscription: Subscribe) -> None:
    await Board(client, subscription).run(Console())


async def _once(client: FeedClient, subscription: Subscribe, *, as_json: bool) -> None:
    await wait_for_first(client, FIRST_FRAMES_SECONDS)
    if as_json:
        typer.echo(encoder.encode(snapshot_of(client, subscription)).decode())
    else:
        console = Console()
        console.print(Board(client, subscription).draw(console))


def snapshot_of(client: FeedClient, subscription: Subscribe) -> dict[str, Any]:
    """The picture in the form of a `snapshot` frame, with outcomes and alarms beside it."""
    picture = client.pictures[BOARD]
    units = [
        UnitView(
            incident_id=incident_id,
            status=subscription.status,
            unit=unit,
            version=row.version,
            figures=row.figures,
            beside=row.beside or None,
            head=row.head,
        )
        for (incident_id, unit), row in sorted(picture.units.items())
    ]
    return {
        "watermark": client.watermark,
        "units": units,
        "outcomes": list(picture.outcomes.values()),
        "alarms": list(picture.alarms.values()),
    }
