"""`fenghuo status`: every child at a glance."""

from __future__ import annotations

import asyncio

import msgspec
import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from fenghuo.cli.options import DataOption, JsonOption, load_folder
from fenghuo.embedded.errors import Exit
from fenghuo.embedded.overview import ChildView, Overview, look

PHASES = {
    "waiting": ("等待", "waits"),
    "starting": ("启动", "starts"),
    "running": ("未就绪", "busy"),
    "restarting": ("重启", "again"),
    "stopping": ("停止中", "ends"),
    "stopped": ("已停", "ended"),
    "failed": ("失败", "failed"),
    "existing": ("不通", "away"),
}
HEADINGS = (
    ("子进程", "child"),
    ("进程号", "pid"),
    ("地址", "address"),
    ("状态", "state"),
    ("时长", "uptime"),
    ("重启", "again"),
    ("内存", "MiB"),
)


def status(data: DataOption = None, as_json: JsonOption = False) -> None:
    """各子进程的状态。How every child is: pid, address, state, uptime, restarts, memory.

    例 Examples: `fenghuo status` · `fenghuo status --json` · `fenghuo status --data second`

    退出码 Exit codes: 0 全部就绪 all is well · 3 没有 not so
    """
    folder = load_folder(data)
    overview = asyncio.run(look(folder)) if folder.root.exists() else nothing_there(str(folder.root))
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(overview), indent=2))
    else:
        show(overview, Console())
    raise typer.Exit(0 if overview.well else int(Exit.NOT_WELL))


def nothing_there(root: str) -> Overview:
    """What `look` would say of a folder that does not exist."""
    return Overview(folder=root, running=False, phase="stopped", well=False, children=[])


def show(overview: Overview, console: Console) -> None:
    """The table, and a line on memory, spool and disk."""
    if not overview.running:
        console.print(f"没有在运行：{overview.folder}。Nothing runs on {overview.folder}.", soft_wrap=True)
        if overview.left_behind:
            console.print(
                f"[yellow]遗留 {len(overview.left_behind)} 个进程[/]，fenghuo down 可清理。"
                f"{len(overview.left_behind)} processes of a killed run are left: fenghuo down clears them."
            )
        return
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for zh, en in HEADINGS:
        table.add_column(f"{zh}\n{en}", no_wrap=True)
    for child in overview.children:
        table.add_row(
            f"{child.zh} {child.name}",
            str(child.pid or "-"),
            _place(child.address),
            _state(child),
            _duration(child.uptime_seconds),
            str(child.restarts),
            str(child.memory_bytes >> 20) if child.memory_bytes is not None else "-",
        )
    console.print(table)
    for child in overview.children:
        if child.problem:
            console.print(f"[yellow]![/] {child.name}: {escape(child.problem)}", soft_wrap=True)
    console.print(
        f"监督进程 supervisor pid {overview.supervisor_pid} · 合计内存 memory {overview.memory_bytes >> 20} MiB ·"
        f" 待发 spool {overview.spool_bytes} B · 磁盘剩余 disk free {overview.free_bytes >> 20} MiB",
        highlight=False,
    )


def _place(address: str) -> str:
    """host:port, or where else it listens, in few characters; `--json` has it whole."""
    if "?host=/" in address:
        return "Unix socket"
    return escape(address.rpartition("@")[2].partition("/")[0] if "://" in address else address)


def _state(child: ChildView) -> str:
    """Whether it does its job; where not, what the supervisor is doing about it. The reason stands below the table."""
    if child.problem is None:
        return "[green]就绪 ok[/]"
    zh, en = PHASES.get(child.phase, ("", child.phase))
    return f"[yellow]{zh} {en}[/]"


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"
