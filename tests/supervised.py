"""A supervisor in a process of its own, with real Kafka and PostgreSQL and one small stand-in for the services.

`python -m tests.supervised DATA [--broken]`: what `fenghuo up` runs, without the services of Fenghuo.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from fenghuo.embedded import launch, ports
from fenghuo.embedded.child import ChildSpec
from fenghuo.embedded.deathsig import die_with_parent
from fenghuo.embedded.errors import EmbeddedError
from fenghuo.embedded.folder import DataFolder
from fenghuo.embedded.plan import Plan
from fenghuo.embedded.probes import ready_probe
from fenghuo.platform.settings import Settings
from tests.system import REPOSITORY, TEST_HEAP_MIB, TEST_JAVA, downloads

STAND_IN_LOG_LINE = "the stand-in says why it cannot start"
# It answers /readyz, and has a child of its own that does not notice when it dies.
STAND_IN = """
import http.server, subprocess, sys
if sys.argv[2]:
    sys.exit(sys.argv[2])
subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"], start_new_session=True)
class Ready(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
host, _, port = sys.argv[1].rpartition(":")
http.server.ThreadingHTTPServer((host, int(port)), Ready).serve_forever()
"""


@dataclass(frozen=True)
class StandInPlan(Plan):
    """Kafka and PostgreSQL as they are, one stand-in instead of worker, gateway and web."""

    broken: bool = False

    def services(self) -> list[ChildSpec]:
        """The stand-in, on the port of the web process."""
        address = self.addresses.web
        return [
            ChildSpec(
                name="standin",
                zh="替身",
                command=lambda: [
                    sys.executable,
                    "-c",
                    STAND_IN,
                    address,
                    STAND_IN_LOG_LINE if self.broken else "",
                ],
                probe=ready_probe(address),
                address=address,
                environment=self.environment(),
                folder=self.folder.root,
                needs=tuple(spec.name for spec in self.infrastructure()),
            )
        ]


def start_supervisor(folder: DataFolder, *, broken: bool = False) -> subprocess.Popen[bytes]:
    """Start one on `folder`, with free ports; it ends with the tests."""
    web, feed = ports.choose(2)
    return subprocess.Popen(
        [sys.executable, "-m", "tests.supervised", str(folder.root), *(["--broken"] if broken else [])],
        cwd=REPOSITORY,
        env={
            **os.environ,
            **TEST_JAVA,
            "FENGHUO_HTTP": f"127.0.0.1:{web}",
            "FENGHUO_FEED": f"127.0.0.1:{feed}",
            "FENGHUO_KAFKA_HEAP_MIB": str(TEST_HEAP_MIB),
            "FENGHUO_DOWNLOADS": str(downloads()),
        },
        preexec_fn=die_with_parent(signal.SIGTERM),
    )


def main(root: str, *flags: str) -> int:
    """Supervise until a signal; the exit code is the error's."""
    settings = Settings(data=Path(root))
    folder = DataFolder.at(settings.data)

    async def serve(_: Plan) -> None:
        return None

    try:
        with launch.owned(folder):
            plan = launch.prepare(settings, folder, lambda zh, en: None)
            stand_in = StandInPlan(**vars(plan), broken="--broken" in flags)
            asyncio.run(launch.run(stand_in, lambda state: None, serve))
    except EmbeddedError as error:
        print(error.en, file=sys.stderr)
        return int(error.exit_code)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
