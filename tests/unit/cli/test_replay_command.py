"""The replay command: its options, its table, its exit codes."""

from __future__ import annotations

from io import StringIO

import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner

from fenghuo.cli.__main__ import app
from fenghuo.cli.replay import new_run, print_report, speed_pace
from fenghuo.client.comparison import Difference
from fenghuo.client.replay import Report
from schemas.parsing import parse_record
from schemas.scenario import load_scenario


def report(differences: list[Difference], refused: list[tuple[str, str]]) -> Report:
    return Report(
        title="规则样例",
        incident_id="x1-i",
        posted=58,
        stored=56,
        already_stored=2,
        refused=refused,
        records=56,
        figures=127,
        differences=differences,
        post_seconds=0.5,
        settle_seconds=1.5,
    )


def printed(what: Report) -> str:
    out = StringIO()
    print_report(what, Console(file=out, width=160))
    return out.getvalue()


def test_a_clean_report_says_so() -> None:
    text = printed(report([], []))
    assert "一致 as the oracle states" in text
    assert "56 条记录 records, 127 项数字 figures" in text
    assert "差异" not in text


def test_differences_are_a_table() -> None:
    text = printed(
        report([Difference("figure", "Test i 371323000000", "dead total", "5", "6")] * 61, [("R02", "no")])
    )
    assert "371323000000" in text
    assert "61 项差异 differences, 1 条退回 refused" in text
    assert "另有 1 项" in text
    assert "退回 refused R02: no" in text


def test_runs_differ_and_are_ids() -> None:
    runs = {new_run() for _ in range(200)}
    assert len(runs) == 200
    raw = b'{"record_id":"%b-r1","type":"order","incident_id":"i","source":{"org":"o","class":"dept","level":"county"},"as_of":"2026-01-01T00:00:00Z","sent_at":"2026-01-01T00:00:00Z"}'
    for run in runs:
        parse_record(raw % run.encode())


@pytest.mark.parametrize("text", ["0", "-1", "fast", "1e3", "nan", ""])
def test_a_speed_is_max_or_a_number(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        speed_pace(text)


def test_speeds() -> None:
    entries = load_scenario("wenchuan-820").entries
    gap = entries[1].received_at - entries[0].received_at
    assert speed_pace("max") is None
    pace = speed_pace("36000")
    assert pace is not None
    assert pace(gap) == pytest.approx(gap.total_seconds() / 36000)
    assert pace(-gap) == 0.0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["replay", "nowhere"], "Shipped scenarios: jiuzhaigou-88, rules, wenchuan-820"),
        (["replay", "rules", "--url", "127.0.0.1:1"], "The server is not reachable"),
        (["replay", "rules", "--speed", "0"], "--speed"),
        (["replay", "rules", "--duplicate", "2"], "--duplicate"),
        (["post", "nowhere.json"], "Cannot read nowhere.json"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_exit_2(
    arguments: list[str], sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "dumb")
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2
    assert sentence in result.output.replace("\n", "")
    assert "Traceback" not in result.output
