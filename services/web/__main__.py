"""`python -m services.web`: serve on FENGHUO_HTTP until told to stop; FENGHUO_SERVICES says which services."""

from __future__ import annotations

import logging
import signal
import sys
from typing import NoReturn

import uvicorn
from pydantic import ValidationError

from fenghuo.platform.logs import configure_logs
from fenghuo.platform.settings import Settings, SettingsError, split_address
from services.web.wiring import build, process_name

# Ten lines a second while a broker is away; intake and ledger say it once, and readyz for as long as it lasts.
REPETITIVE = ("aiokafka.client", "aiokafka.producer.sender", "aiokafka.conn")


def _end(*_: object) -> NoReturn:
    """uvicorn stops in order on SIGTERM, then raises it again: an orderly end, not a death by a signal."""
    sys.exit(0)


def main() -> int:
    """Run the process; answers its exit code."""
    try:
        settings = Settings()
        configure_logs(process_name(settings), level=settings.log_level, form=settings.log_format)
        for name in REPETITIVE:
            logging.getLogger(name).setLevel(logging.CRITICAL)
        app = build(settings)
    except (SettingsError, ValidationError) as error:
        print(f"设置有误 The settings cannot be used: {error}", file=sys.stderr)
        return 2
    host, port = split_address(settings.http)
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            loop="uvloop",
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=int(settings.drain_timeout),
        )
    )
    signal.signal(signal.SIGTERM, _end)
    server.run()
    return 0 if server.started else 1


if __name__ == "__main__":
    sys.exit(main())
