"""The lines of a start and a stop."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from fenghuo.cli import messages


def test_a_stop_counts_its_own_seconds_not_those_the_system_was_up(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("fenghuo.cli.messages.time.monotonic", lambda: now[0])
    output = io.StringIO()
    console = Console(file=output, force_terminal=True, width=200, color_system=None)

    with messages.Steps(console) as steps:
        steps.report("启动 Kafka", "starting Kafka")
        now[0] += 5
        steps.report("启动服务", "starting services")
        now[0] += 6
        steps.report("", "")
        now[0] += 3_600
        steps.report("正在停止", "stopping")
        now[0] += 2
        steps.report("", "")

    assert re.findall(r"✓ \S+ [^\n]*?(\d+\.\d) s", output.getvalue()) == ["5.0", "11.0", "2.0"]
