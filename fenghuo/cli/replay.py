"""`fenghuo replay`: a scenario through the public API, then the picture beside the file's oracle."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from ulid import ULID

from fenghuo.cli.api import api_url, sentences
from fenghuo.cli.options import DataOption, JsonOption
from fenghuo.client.http import ApiClient
from fenghuo.client.rehearsal import Posting, Rehearsal, disorder, rehearse
from fenghuo.client.replay import Pace, Report, real_pace, replay
from schemas.scenario import load_scenario

RUN_LENGTH = 8
SHOWN_DIFFERENCES = 60


def new_run() -> str:
    """A short prefix for one run's ids: the random end of a ULID, so that runs of one second differ."""
    return f"x{str(ULID())[-RUN_LENGTH:].lower()}"


def speed_pace(text: str) -> Pace | None:
    """`max` → None, a number above 0 → that many times the real pace. Raises typer.BadParameter."""
    if text == "max":
        return None
    if not re.fullmatch(r"\d+(\.\d+)?", text) or float(text) == 0:
        raise typer.BadParameter(
            f"{text!r}: 应为 max 或大于 0 的倍数 must be `max` or a number above 0", param_hint="--speed"
        )
    return real_pace(float(text))


def replay_command(
    file: Annotated[
        str, typer.Argument(help="情景文件或自带情景名 a scenario file, or a shipped one: wenchuan-820")
    ],
    speed: Annotated[
        str, typer.Option(help="实际速度的倍数，或 max a multiple of the real pace, or max")
    ] = "max",
    shift: Annotated[
        bool, typer.Option(help="整体平移时间，使最后一条为现在收到 move all times to now")
    ] = True,
    shuffle: Annotated[
        int | None, typer.Option(metavar="SEED", help="打乱顺序的种子 post in another order")
    ] = None,
    duplicate: Annotated[
        float,
        typer.Option(min=0.0, max=1.0, metavar="P", help="重复报送的概率 post again with probability P"),
    ] = 0.0,
    keep_ids: Annotated[bool, typer.Option("--keep-ids", help="不改编号 post the file's own ids")] = False,
    url: Annotated[str | None, typer.Option(help="API 地址 address of the API")] = None,
    within: Annotated[
        float,
        typer.Option(
            min=1.0, metavar="SECONDS", help="等待态势稳定的时间 how long the picture may take to settle"
        ),
    ] = 60.0,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """重放情景并与标准答案核对 Replay a scenario as an exercise and compare the picture with its oracle.

    例 Examples:  fenghuo replay wenchuan-820   ·   fenghuo replay my.json --speed 3600 --shuffle 7 --duplicate 0.3

    退出码 Exit codes: 0 一致 as the oracle states, 1 有差异 a difference, 2 用法或连接错误 usage or connection.
    """
    pace = speed_pace(speed)
    with sentences():
        scenario = load_scenario(file)
        until = datetime.now(UTC).replace(microsecond=0) if shift else None
        rehearsal = rehearse(scenario, run=None if keep_ids else new_run(), until=until)
        postings = disorder(rehearsal.postings, shuffle=shuffle, duplicate=duplicate)
        report = asyncio.run(
            _replay(api_url(url, data), rehearsal, postings, pace=pace, settle_within=within)
        )
    if as_json:
        typer.echo(msgspec.json.encode(report))
    else:
        print_report(report, Console())
    raise typer.Exit(0 if report.ok else 1)


async def _replay(
    address: str, rehearsal: Rehearsal, postings: list[Posting], *, pace: Pace | None, settle_within: float
) -> Report:
    """Replay with a progress bar on stderr, so that stdout stays the report's."""
    columns = (
        TextColumn("重放 {task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(rehearsal.title, total=len(postings))

        def on_posted(count: int) -> None:
            progress.advance(task, count)

        async with ApiClient(address) as api:
            return await replay(
                api, rehearsal, postings, pace=pace, settle_within=settle_within, on_posted=on_posted
            )


def print_report(report: Report, console: Console) -> None:
    """A table of the differences, if any, and a summary."""
    if report.differences:
        table = Table(title="差异 Differences", highlight=False)
        for heading in ("对象 subject", "项目 aspect", "应为 expected", "实为 found"):
            table.add_column(heading, overflow="fold")
        for difference in report.differences[:SHOWN_DIFFERENCES]:
            table.add_row(difference.subject, difference.aspect, difference.expected, difference.found)
        console.print(table)
        if len(report.differences) > SHOWN_DIFFERENCES:
            console.print(f"… 另有 {len(report.differences) - SHOWN_DIFFERENCES} 项 more")
    for entry_id, reason in report.refused:
        console.print(f"退回 refused {entry_id}: {reason}", style="red", markup=False)
    verdict = "一致 as the oracle states"
    if not report.ok:
        verdict = f"{len(report.differences)} 项差异 differences, {len(report.refused)} 条退回 refused"
    summary = Table.grid(padding=(0, 2))
    for label, text in (
        ("情景 scenario", report.title),
        ("事件 incident", report.incident_id),
        (
            "报送 posted",
            f"{report.posted}（新 new {report.stored}，重复 repeated {report.already_stored}，"
            f"退回 refused {len(report.refused)}）{report.post_seconds:.1f} s",
        ),
        ("核对 compared", f"{report.records} 条记录 records, {report.figures} 项数字 figures"),
        ("态势稳定 settled", f"{report.settle_seconds:.1f} s"),
        ("结果 result", verdict),
    ):
        summary.add_row(label, text)
    console.print(summary, style=None if report.ok else "red")
