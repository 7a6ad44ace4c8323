"""`fenghuo down`: stop every child and leave no process behind."""

from __future__ import annotations

from fenghuo.cli.options import DataOption, load_folder


def down(data: DataOption = None) -> None:
    """停止整个系统，包括被强杀的 up 遗留的进程。Stop the system, also what a killed `up` left behind.

    例 Examples: `fenghuo down` · `fenghuo down --data second`
    """
    from rich.console import Console

    from fenghuo.embedded.stopping import stop

    folder = load_folder(data)
    console = Console()
    with console.status("正在停止 stopping"):
        stopped = stop(folder)
    if stopped.had_supervisor:
        text = "已停止，没有遗留进程。Stopped; no process is left."
    elif stopped.cleared:
        text = f"已清理遗留的 {stopped.cleared} 个进程。Cleared {stopped.cleared} processes that a killed run had left."
    else:
        text = f"没有在运行：{folder.root}。Nothing runs on {folder.root}."
    console.print(text, highlight=False, soft_wrap=True)
