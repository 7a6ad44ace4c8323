"""The command line `fenghuo`: one row a command, whose module is imported when the command is used."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup


@dataclass(frozen=True)
class Row:
    """A command: `module:function` and the line that `fenghuo --help` shows."""

    target: str
    help: str
    hidden: bool = False


COMMANDS = {
    "up": Row("fenghuo.cli.up:up", "启动整个系统。Start the whole system."),
    "down": Row("fenghuo.cli.down:down", "停止整个系统。Stop it and leave no process behind."),
    "status": Row("fenghuo.cli.status:status", "各子进程的状态。How every child is."),
    "doctor": Row("fenghuo.cli.doctor:doctor", "诊断：哪里不对，怎么办。What is wrong and what to do."),
    "post": Row("fenghuo.cli.post:post", "报送记录。Post records from a file or standard input."),
    "replay": Row(
        "fenghuo.cli.replay:replay_command", "回放演练并与答案核对。Replay a scenario and compare."
    ),
    "watch": Row("fenghuo.cli.watch:watch", "实时态势看板。A live board of the picture."),
    "explain": Row(
        "fenghuo.cli.explain:explain", "一个数字的来龙去脉。Why a figure is what it is, down to records."
    ),
    "topics": Row("fenghuo.cli.topics:topics", "Kafka 主题。The topics of Kafka."),
    "demo": Row("fenghuo.cli.up:demo", "汶川8·20演练。The opening replay.", hidden=True),
}

EPILOG = """\
例 Examples: fenghuo up · fenghuo up --detach --no-demo · fenghuo status · fenghuo doctor · fenghuo down

退出码 Exit codes: 0 正常 fine · 1 有问题 something is wrong · 2 用法 usage · 3 未全部就绪 not all is well ·
10 设置 setting · 11 已在运行 already running · 12 端口被占 port busy · 13 下载失败 download failed ·
14 磁盘已满 disk full · 15 平台不支持 unsupported platform · 16 目录不可用 folder unusable ·
17 子进程失败 a child failed · 18 未就绪 not ready in time · 130 启动中被中断 interrupted while starting
"""


class LazyCommands(TyperGroup):
    """Imports a command's module only when the command runs; the list of commands needs none of them."""

    _listing = False

    def list_commands(self, ctx: Any) -> list[str]:
        """In the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command; while the list is printed only its name and line."""
        row = COMMANDS.get(cmd_name)
        if row is None:
            return None
        if self._listing:
            return TyperCommand(cmd_name, help=row.help, hidden=row.hidden)
        module, _, function = row.target.partition(":")
        single = typer.Typer(
            add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="markdown"
        )
        single.command(cmd_name)(getattr(import_module(module), function))
        command = typer.main.get_command(single)
        command.name = cmd_name
        return command

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """The list of commands, from the table."""
        self._listing = True
        try:
            super().format_help(ctx, formatter)
        finally:
            self._listing = False


app = typer.Typer(
    name="fenghuo",
    cls=LazyCommands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)


@app.callback(epilog=EPILOG)
def fenghuo() -> None:
    """烽火：边处置边报送，边核实边报送。Fenghuo, event-driven disaster-response coordination."""


def main() -> None:
    """Run the command line; an error of ours is one sentence in two languages and its exit code."""
    from fenghuo.embedded.errors import EmbeddedError

    try:
        app()
    except EmbeddedError as error:
        from fenghuo.cli.messages import show_error

        show_error(error)
        sys.exit(int(error.exit_code))


if __name__ == "__main__":
    main()
