"""`python -m streams.worker`: the Faust worker that aggregates the live situation."""

from __future__ import annotations

import sys

import faust
from pydantic import ValidationError

from fenghuo.platform.collector import spare_what_stays
from fenghuo.platform.logs import configure_logs
from fenghuo.platform.settings import Settings, SettingsError
from streams.worker.wiring import build


def main() -> None:
    """Run until told to stop; exits non-zero when it fails, so that the supervisor starts it again."""
    try:
        settings = Settings()
        app = build(settings)
    except (ValidationError, SettingsError) as error:
        sys.exit(f"fenghuo worker: {error}")
    configure_logs("worker", level=settings.log_level, form=settings.log_format)
    spare_what_stays()
    # quiet: its spinner would set the root logger to DEBUG and cost a third of the throughput.
    worker = faust.Worker(
        app, quiet=True, loglevel=None, redirect_stdouts=False, override_logging=False, logging_config=None
    )
    worker.execute_from_commandline()


if __name__ == "__main__":
    main()
