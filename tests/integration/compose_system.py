"""docker-compose.yml without containers: its commands, settings, edge and health checks on one machine.

Taken as they are written, but for what containers give: names and ports become free ports on loopback, `/data` and
`/etc/fenghuo` folders of the test. Kafka and PostgreSQL are those of `tests.system`.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from fenghuo.embedded import ports
from fenghuo.embedded.deathsig import die_with_parent
from fenghuo.platform.probe import probe
from tests.system import REPOSITORY, wait_until

COMPOSE: dict[str, Any] = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
BEHIND = ("worker", "gateway", "intake", "ledger", "console")
LISTENERS = (
    ("worker", 8082),
    ("gateway", 8081),
    ("gateway", 8083),
    ("intake", 8080),
    ("ledger", 8080),
    ("console", 8080),
    ("edge", 8080),
)
NO_KAFKA = "127.0.0.1:1"
READY_SECONDS = 90.0
STOP_SECONDS = 15.0
# In the image, the environment's folder is on PATH.
PATH = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


class ComposedSystem:
    """The services of the file, each a process; `kafka` and `dsn` stand for its kafka and postgres."""

    def __init__(self, folder: Path, kafka: str, dsn: str) -> None:
        self._folder, self._kafka, self._dsn = folder, kafka, dsn
        free = ports.choose(len(LISTENERS))
        self._ports = dict(zip(LISTENERS, free, strict=True))
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def http(self) -> str:
        """The one origin."""
        return f"http://127.0.0.1:{self._ports['edge', 8080]}"

    def address(self, name: str, port: int) -> str:
        """Where a service listens here that listens on `port` in its container."""
        return f"127.0.0.1:{self._ports[name, port]}"

    def setup(self) -> None:
        """Run the one-time steps; fails the test when they fail."""
        done = subprocess.run(
            self._command("setup"),
            env=self._environment("setup", self._kafka),
            cwd=self._home("setup"),
            capture_output=True,
            text=True,
            timeout=READY_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self, name: str, *, kafka: str | None = None) -> None:
        """Start a service; `kafka`: where it is told to find Kafka instead."""
        home = self._home(name)
        if name == "edge":
            self._write_edge(home)
        with self.log(name).open("ab") as output:
            self._processes[name] = subprocess.Popen(
                self._command(name),
                env=self._environment(name, kafka or self._kafka),
                cwd=home,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                preexec_fn=die_with_parent(signal.SIGKILL),
            )

    def stop(self, name: str) -> int:
        """Stop a service as an engine does, answer its exit code; fails the test when it does not end in time."""
        process = self._processes.pop(name)
        process.send_signal(signal.SIGTERM)
        try:
            return process.wait(STOP_SECONDS)
        finally:
            process.kill()

    def stop_all(self) -> dict[str, int]:
        """Stop what runs, in the order of an engine: who needs another goes before it. Answers the exit codes."""
        return {name: self.stop(name) for name in reversed(list(self._processes))}

    def wait_healthy(self, *names: str) -> None:
        """Wait until the services' health checks succeed; fails the test otherwise."""
        for name in names:
            # Asked from here, for a new Python every 50 ms would keep the services from their work; then as it is done.
            url = self._health_check(name)[-1]
            wait_until(
                lambda name=name, url=url: self._answers(name, url), READY_SECONDS, f"{name} is healthy"
            )
            assert self.is_healthy(name)

    def is_healthy(self, name: str) -> bool:
        """Run a service's health check once."""
        command = self._health_check(name)
        environment = self._environment(name, self._kafka)
        return subprocess.run(command, env=environment, cwd=self._folder, check=False).returncode == 0

    def _answers(self, name: str, url: str) -> bool:
        code = self._processes[name].poll()
        assert code is None, f"{name} ended with {code}: {self.log(name).read_text(errors='replace')[-2000:]}"
        return probe(url)[0]

    def _health_check(self, name: str) -> list[str]:
        how, *command = SERVICES[name]["healthcheck"]["test"]
        assert how == "CMD"
        return [self._here(name, word) for word in command]

    def log(self, name: str) -> Path:
        """What a service wrote."""
        return self._folder / f"{name}.log"

    def _home(self, name: str) -> Path:
        home = self._folder / name
        home.mkdir(exist_ok=True)
        return home

    def _command(self, name: str) -> list[str]:
        return [self._here(name, word) for word in SERVICES[name]["command"]]

    def _environment(self, name: str, kafka: str) -> dict[str, str]:
        own = {
            variable: self._dsn if variable == "FENGHUO_DATABASE_URL" else self._here(name, value, kafka)
            for variable, value in SERVICES[name].get("environment", {}).items()
        }
        inherited = {
            variable: value for variable, value in os.environ.items() if not variable.startswith("FENGHUO_")
        }
        return inherited | {"PATH": PATH} | own

    def _here(self, name: str, text: str, kafka: str | None = None) -> str:
        """What a text of the file means on this machine."""
        if text in ("/data", "/etc/fenghuo/Caddyfile"):
            return str(self._home(name) / text.removeprefix("/data").removeprefix("/etc/fenghuo/"))
        text = text.replace("kafka:9092", kafka or self._kafka)
        for (owner, inner), port in self._ports.items():
            local = f"127.0.0.1:{port}"
            text = re.sub(rf"\b{owner}:{inner}\b", local, text)
            if owner == name:
                text = re.sub(rf"\b(0\.0\.0\.0|127\.0\.0\.1):{inner}\b", local, text)
        return text

    def _write_edge(self, home: Path) -> None:
        """The edge's files, as the image has them."""
        text = (REPOSITORY / "deploy/Caddyfile").read_text("utf-8")
        changes = {
            "\tadmin off\n": "\tadmin off\n\tdefault_bind 127.0.0.1\n",
            "\n:8080 {": f"\n:{self._ports['edge', 8080]} {{",
            "/etc/fenghuo": str(home),
            "/tmp/caddy": str(home / "storage"),
        }
        for written, here in changes.items():
            assert text.count(written) == 1, written
            text = text.replace(written, here)
        (home / "Caddyfile").write_text(self._here("edge", text), "utf-8")
        shutil.copy(REPOSITORY / "docs/api/openapi.json", home)
