"""What `doctor` looks at. A check never raises: what it meets is its finding."""

from __future__ import annotations

import platform
import re
import subprocess
from typing import Literal

import msgspec
from aiokafka.errors import KafkaError

from fenghuo.embedded import jars, kafka, ports, postgres
from fenghuo.embedded.childlog import tail
from fenghuo.embedded.errors import EmbeddedError
from fenghuo.embedded.folder import DataFolder
from fenghuo.embedded.overview import Overview
from fenghuo.embedded.platforms import require_supported
from fenghuo.embedded.postgres import PostgresServer
from fenghuo.embedded.probes import read_gauge
from fenghuo.embedded.topics import topic_differences
from fenghuo.platform.settings import Settings

Verdict = Literal["ok", "warning", "wrong"]
_RUN_SECONDS = 30
_LAG_WORTH_A_WORD = 10_000
_ERROR_LINE = re.compile(r'\b(ERROR|FATAL|PANIC|CRITICAL|Traceback)\b|"level": "(error|critical)"')


class Finding(msgspec.Struct, frozen=True):
    """One check: what was looked at, what was found, and what to do when it is not `ok`."""

    what: str
    verdict: Verdict
    found: str
    advice: str = ""


def check_machine(settings: Settings, folder: DataFolder, *, running: bool) -> list[Finding]:
    """What must hold before a start."""
    findings = [_platform(settings), _folder(folder)]
    if settings.kafka_bootstrap is None:
        findings += [_jars(folder), _java()]
    if settings.database_url is None:
        findings.append(_postgres(folder))
    if not running:
        findings += [_port(settings.http, "FENGHUO_HTTP"), _port(settings.feed, "FENGHUO_FEED")]
    return findings


async def check_system(settings: Settings, folder: DataFolder, overview: Overview) -> list[Finding]:
    """What must hold while it runs, or why it ended."""
    findings = [_left_behind(overview)]
    if overview.running:
        findings += [_child(overview, number) for number in range(len(overview.children))]
        findings += await _topics(settings, overview)
        findings += await _lag(overview)
        findings.append(_spool(overview))
    findings += _logs(folder)
    return findings


def _platform(settings: Settings) -> Finding:
    found = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    try:
        require_supported(settings)
    except EmbeddedError as error:
        return Finding("平台 platform", "wrong", found, f"{error.zh} {error.en}")
    return Finding("平台 platform", "ok", found)


def _folder(folder: DataFolder) -> Finding:
    try:
        folder.create()
    except EmbeddedError as error:
        return Finding("数据目录 data folder", "wrong", str(folder.root), f"{error.zh} {error.en}")
    return Finding("数据目录 data folder", "ok", f"{folder.root}，剩余 free {folder.free_bytes() >> 20} MiB")


def _jars(folder: DataFolder) -> Finding:
    bad = jars.damaged(folder.downloads)
    if bad:
        return Finding(
            "Kafka 文件 jars",
            "wrong",
            f"{len(bad)} 个缺失或损坏 missing or damaged, first {bad[0].filename}",
            f"删除 {jars.folder(folder.downloads)} 后运行 make setup。Remove that folder and run make setup.",
        )
    return Finding("Kafka 文件 jars", "ok", f"{len(jars.locked())} 个，SHA-256 相符 all as locked")


def _java() -> Finding:
    what, advice = "Java", "重新运行 make setup。Run make setup again."
    try:
        done = subprocess.run(  # noqa: S603
            [str(kafka.java()), "-version"], capture_output=True, text=True, timeout=_RUN_SECONDS, check=False
        )
    except (EmbeddedError, OSError, subprocess.SubprocessError) as error:
        return Finding(what, "wrong", str(error), advice)
    first = (done.stderr or done.stdout).strip().splitlines()[:1]
    return Finding(what, "wrong" if done.returncode else "ok", first[0] if first else "?", advice)


def _postgres(folder: DataFolder) -> Finding:
    server = PostgresServer(folder.postgres)
    try:
        account = server.account
        done = subprocess.run(  # noqa: S603
            [str(postgres.programs() / "postgres"), "--version"],
            capture_output=True,
            text=True,
            timeout=_RUN_SECONDS,
            check=False,
            cwd="/",
            **account.popen_options(),
        )
    except EmbeddedError as error:
        return Finding("PostgreSQL", "wrong", error.en, error.zh)
    except (OSError, subprocess.SubprocessError) as error:
        return Finding("PostgreSQL", "wrong", str(error), "重新运行 make setup。Run make setup again.")
    user = f"，用户 user {account.name}" if account.name else ""
    verdict: Verdict = "wrong" if done.returncode else "ok"
    return Finding("PostgreSQL", verdict, (done.stdout or done.stderr).strip() + user)


def _port(address: str, setting: str) -> Finding:
    try:
        ports.require_free(address, setting, setting)
    except EmbeddedError as error:
        return Finding(f"端口 port {setting}", "wrong", address, f"{error.zh} {error.en}")
    return Finding(f"端口 port {setting}", "ok", f"{address} 空闲 free")


def _left_behind(overview: Overview) -> Finding:
    if overview.left_behind:
        return Finding(
            "遗留进程 left behind",
            "warning",
            ", ".join(map(str, overview.left_behind)),
            "fenghuo down 会清理，下次 up 也会。fenghuo down clears them, and so does the next up.",
        )
    return Finding(
        "系统 system", "ok" if overview.well or not overview.running else "warning", overview.phase
    )


def _child(overview: Overview, number: int) -> Finding:
    child = overview.children[number]
    what = f"{child.zh} {child.name}"
    if child.problem is None:
        return Finding(what, "ok", f"就绪 ready，{child.address}")
    advice = (
        f"查看日志 {child.log}；重启 {child.restarts} 次。Look at its log; it was restarted {child.restarts} times."
        if child.ours
        else "检查外部服务及 FENGHUO_* 设置。Check the existing service and the FENGHUO_* setting."
    )
    return Finding(what, "wrong", child.problem, advice)


async def _topics(settings: Settings, overview: Overview) -> list[Finding]:
    if overview.addresses is None:
        return []
    what = "主题 topics"
    try:
        differences = await topic_differences(
            overview.addresses.kafka,
            settings,
            single_broker=overview.addresses.kafka_controller is not None,
        )
    except (KafkaError, OSError) as error:
        return [Finding(what, "wrong", str(error), "先让 Kafka 就绪。Have Kafka ready first.")]
    if differences:
        advice = (
            "运行 fenghuo topics --create，或按设置修正。Run fenghuo topics --create, or correct the setting."
        )
        return [Finding(what, "wrong", "; ".join(differences), advice)]
    return [Finding(what, "ok", "都在，设置相符 all there, as agreed")]


async def _lag(overview: Overview) -> list[Finding]:
    if overview.addresses is None:
        return []
    lag = await read_gauge(overview.addresses.web, "fenghuo_ledger_lag_entries")
    what = "台账滞后 ledger lag"
    if lag is None:
        return [
            Finding(what, "warning", "未知 unknown", "接口服务没有应答。The web process does not answer.")
        ]
    verdict: Verdict = "warning" if lag > _LAG_WORTH_A_WORD else "ok"
    return [Finding(what, verdict, f"{lag:.0f} 条 entries", "等待或查看 web.log。Wait, or look at web.log.")]


def _spool(overview: Overview) -> Finding:
    if overview.spool_bytes and any(child.name == "kafka" and child.problem for child in overview.children):
        advice = "Kafka 恢复后自动发送。They are sent by themselves once Kafka is back."
        return Finding("待发 spool", "warning", f"{overview.spool_bytes} B", advice)
    return Finding("待发 spool", "ok", f"{overview.spool_bytes} B")


def _logs(folder: DataFolder) -> list[Finding]:
    findings = []
    for log in sorted(folder.logs.glob("*.log")):
        errors = [line for line in tail(log, 200) if _ERROR_LINE.search(line)]
        if errors:
            advice = f"查看 {log}。Look at {log}."
            findings.append(Finding(f"日志 log {log.name}", "warning", errors[-1][:300], advice))
    return findings
