"""`fenghuo up`: start everything, show progress, say where it is, play the opening scenario, serve until stopped."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fenghuo.cli.options import DataOption, load_settings

if TYPE_CHECKING:
    from fenghuo.cli.messages import Steps
    from fenghuo.embedded.folder import DataFolder
    from fenghuo.embedded.plan import Plan


def up(
    data: DataOption = None,
    detach: Annotated[
        bool,
        typer.Option(
            "--detach",
            help="后台运行；系统能判定记录后才返回 0。Return 0 once a posted record would be judged.",
        ),
    ] = False,
    no_demo: Annotated[
        bool, typer.Option("--no-demo", help="不播放汶川8·20演练。Skip the opening replay.")
    ] = False,
    background: Annotated[bool, typer.Option("--background", hidden=True)] = False,
) -> None:
    """启动整个系统：Kafka、PostgreSQL、态势、推送、接口。Start the whole system: Kafka, PostgreSQL, worker, gateway, web.

    例 Examples: `fenghuo up` · `fenghuo up --detach --no-demo` ·
    `FENGHUO_HTTP=127.0.0.1:9080 FENGHUO_FEED=127.0.0.1:9081 fenghuo up --data second`
    """
    if detach:
        from fenghuo.cli.detached import start_detached

        start_detached(data, no_demo=no_demo)
        return
    _serve(data, no_demo=no_demo, background=background)


def _serve(data: Path | None, *, no_demo: bool, background: bool) -> None:
    """Be the supervisor until stopped. Raises EmbeddedError when the start or the system fails."""
    import asyncio

    from rich.console import Console

    from fenghuo.cli.messages import Steps, where
    from fenghuo.embedded import launch
    from fenghuo.embedded.folder import DataFolder

    settings = load_settings(data)
    folder = DataFolder.at(settings.data)
    console = Console()

    with Steps(console) as steps, launch.owned(folder):
        plan = launch.prepare(settings, folder, steps.report)

        async def when_ready(plan: Plan) -> None:
            line = where(plan.addresses, str(folder.root), data is None)
            if not background:  # The command that started it says this line.
                steps.say(line)
            if not no_demo and not folder.demo_marker.exists():
                await _play_demo(plan, folder, steps, background=background)
                steps.say(line)

        was_ready = asyncio.run(launch.run(plan, steps.follow, when_ready))
    steps.say("已停止，没有遗留进程。Stopped; no process is left.")
    if not was_ready:
        raise typer.Exit(130)


async def _play_demo(plan: Plan, folder: DataFolder, steps: Steps, *, background: bool) -> None:
    """Run `fenghuo demo` beside the supervisor; a terminal is its to draw on meanwhile."""
    import asyncio
    import signal
    import sys

    from fenghuo.embedded.deathsig import die_with_parent

    output = folder.log("demo").open("ab") if background else None
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "fenghuo.cli", "demo"),
        env={**plan.environment()},
        stdin=asyncio.subprocess.DEVNULL if background else None,
        stdout=output,
        stderr=output,
        preexec_fn=die_with_parent(signal.SIGTERM),
    )
    try:
        code = await process.wait()
    finally:
        if output is not None:
            output.close()
        if process.returncode is None:
            process.terminate()
    if code == 0:
        folder.demo_marker.touch()
    else:
        steps.say(
            f"[yellow]![/] 演练回放未完成（退出码 {code}），系统继续运行。"
            f"The opening replay did not finish (exit code {code}); the system goes on."
        )


def demo() -> None:
    """Replay the opening scenario against the running system of `FENGHUO_*`."""
    from rich.console import Console

    from fenghuo.cli.demo import run_demo

    run_demo(load_settings(), Console())
