"""`fenghuo doctor`: every check that tells why a system does not run, and what to do about it."""

from __future__ import annotations

import asyncio

import msgspec
import typer
from rich.console import Console
from rich.markup import escape

from fenghuo.cli.options import DataOption, JsonOption, load_settings
from fenghuo.embedded.checks import Finding, check_machine, check_system
from fenghuo.embedded.errors import Exit
from fenghuo.embedded.folder import DataFolder
from fenghuo.embedded.overview import look

SIGNS = {"ok": "[green]✓[/]", "warning": "[yellow]![/]", "wrong": "[red]✗[/]"}


def doctor(data: DataOption = None, as_json: JsonOption = False) -> None:
    """诊断：哪里不对，怎么办。What is wrong and what to do: machine, folder, downloads, ports, children, topics, logs.

    例 Examples: `fenghuo doctor` · `fenghuo doctor --json` · `fenghuo doctor --data second`

    退出码 Exit codes: 0 没有问题 nothing is wrong · 1 有问题 something is
    """
    settings = load_settings(data)
    folder = DataFolder.at(settings.data)
    overview = asyncio.run(look(folder)) if folder.root.exists() else None
    findings = check_machine(settings, folder, running=overview is not None and overview.running)
    if overview is not None:
        findings += asyncio.run(check_system(settings, folder, overview))
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(findings), indent=2))
    else:
        show(findings, Console())
    raise typer.Exit(int(Exit.WRONG) if any(finding.verdict == "wrong" for finding in findings) else 0)


def show(findings: list[Finding], console: Console) -> None:
    """One line a check, and what to do under those that are not well."""
    for finding in findings:
        console.print(
            f"{SIGNS[finding.verdict]} {escape(finding.what)}：{escape(finding.found)}",
            soft_wrap=True,
            highlight=False,
        )
        if finding.advice and finding.verdict != "ok":
            console.print(f"    → {escape(finding.advice)}", soft_wrap=True, highlight=False)
    wrong = sum(finding.verdict == "wrong" for finding in findings)
    if wrong:
        console.print(f"[red]{wrong} 处有问题。{wrong} things are wrong.[/]")
    else:
        console.print("[green]没有发现问题。Nothing is wrong.[/]")
