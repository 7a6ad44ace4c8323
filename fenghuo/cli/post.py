"""`fenghuo post`: records from a file or a pipe to the API."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from fenghuo.cli.api import api_url, give_up, sentences
from fenghuo.cli.options import DataOption, JsonOption
from fenghuo.client.http import ApiClient, RecordResult, batches

WORDS = {"stored": "已存 stored", "already_stored": "已有 already stored", "refused": "退回 refused"}


def post(
    file: Annotated[
        str,
        typer.Argument(
            help="JSON 文件：一条记录、数组或每行一条；- 为标准输入 one record, an array or JSON lines"
        ),
    ],
    url: Annotated[str | None, typer.Option(help="API 地址 address of the API")] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """报送记录 Post records and print what became of each.

    例 Examples:  fenghuo post report.json   ·   cat reports.jsonl | fenghuo post -

    退出码 Exit codes: 0 全部接收 all taken, 1 有退回 some refused, 2 用法或连接错误 usage or connection.
    """
    try:
        raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        records = read_records(raw)
    except OSError as error:
        give_up(f"无法读取文件。Cannot read {file}: {error.strerror}")
    except ValueError as error:
        give_up(f"{file}：{error}")
    with sentences():
        results = asyncio.run(_post_all(api_url(url, data), records))
    if as_json:
        typer.echo(msgspec.json.encode(results))
    else:
        Console().print(_table(results))
    raise typer.Exit(1 if any(result.result == "refused" for result in results) else 0)


def read_records(raw: bytes) -> list[bytes]:
    """The JSON text of each record, as written. Raises ValueError for what is neither of the three forms, or empty."""
    text = raw.strip()
    try:
        if text.startswith(b"["):
            records = [bytes(item) for item in msgspec.json.decode(text, type=list[msgspec.Raw])]
        else:
            records = [bytes(item) for item in _values(text)]
    except msgspec.DecodeError as error:
        raise ValueError(f"不是 JSON is no JSON record, array or JSON lines: {error}") from error
    if not records:
        raise ValueError("没有记录 no record in it")
    return records


def _values(text: bytes) -> list[bytes]:
    """One JSON value, on as many lines as it likes, or one on every line."""
    try:
        return [bytes(msgspec.json.decode(text, type=msgspec.Raw))]
    except msgspec.DecodeError:
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) < 2:
            raise
        return [bytes(msgspec.json.decode(line, type=msgspec.Raw)) for line in lines]


async def _post_all(url: str, records: list[bytes]) -> list[RecordResult]:
    async with ApiClient(url) as api:
        return [result for batch in batches(records, len) for result in await api.post_records(batch)]


def _table(results: list[RecordResult]) -> Table:
    table = Table("记录 record_id", "结果 result", "原因 reason", highlight=False)
    for result in results:
        style = "red" if result.result == "refused" else None
        reason = ""
        if result.problem:
            field = f"{result.problem.field}: " if result.problem.field else ""
            reason = f"{field}{result.problem.detail}"
        table.add_row(result.record_id or "–", WORDS[result.result], reason, style=style)
    return table
