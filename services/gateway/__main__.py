"""`python -m services.gateway`: serve the feed on FENGHUO_FEED until told to stop."""

from __future__ import annotations

import asyncio
import signal
import sys

import uvloop
from pydantic import ValidationError

from fenghuo.platform.logs import configure_logs
from fenghuo.platform.settings import Settings, SettingsError
from services.gateway.config import Limits
from services.gateway.wiring import Gateway

SOFTWARE_FAILURE = 70  # EX_SOFTWARE: the supervisor must see that this was no orderly stop.


async def _run(settings: Settings) -> bool:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return await Gateway(settings, Limits()).run(stop)


def main() -> int:
    """Run the process; answers its exit code."""
    try:
        settings = Settings()
        configure_logs("gateway", level=settings.log_level, form=settings.log_format)
        return 0 if uvloop.run(_run(settings)) else SOFTWARE_FAILURE
    except (SettingsError, ValidationError) as error:
        print(f"设置有误 The settings cannot be used: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"地址不可用 The gateway cannot listen: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
