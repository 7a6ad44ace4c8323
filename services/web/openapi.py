"""`python -m services.web.openapi [--check]`: the OpenAPI 3.1 document of all services, kept at docs/api/openapi.json."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from prometheus_client import CollectorRegistry

from fenghuo.platform.settings import Settings
from services.web.wiring import build

PATH = Path(__file__).resolve().parents[2] / "docs" / "api" / "openapi.json"
NOWHERE = "127.0.0.1:1"
"""The application is built, never started: nothing is asked there."""


def text() -> str:
    """The document as it is kept in the repository."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            kafka_bootstrap=NOWHERE, database_url=f"postgresql://{NOWHERE}/fenghuo", data=Path(folder)
        )
        document = build(settings, CollectorRegistry()).openapi()
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def main(arguments: list[str]) -> int:
    """The command. Exit 1 when `--check` finds the kept document out of date."""
    if arguments == ["--check"]:
        fresh = PATH.exists() and PATH.read_text("utf-8") == text()
        if not fresh:
            print(
                "docs/api/openapi.json 已过期 is out of date: run python -m services.web.openapi",
                file=sys.stderr,
            )
        return 0 if fresh else 1
    PATH.parent.mkdir(parents=True, exist_ok=True)
    PATH.write_text(text(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
