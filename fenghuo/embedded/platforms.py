"""What the embedded system can run on."""

from __future__ import annotations

import platform

from fenghuo.embedded import kafka, postgres
from fenghuo.embedded.errors import EmbeddedError, Exit
from fenghuo.platform.settings import Settings

SUPPORTED = {("Linux", "x86_64"), ("Linux", "aarch64"), ("Darwin", "x86_64"), ("Darwin", "arm64")}


def require_supported(settings: Settings, system: str | None = None, machine: str | None = None) -> None:
    """Raises EmbeddedError (UNSUPPORTED_PLATFORM) where Kafka's Java or PostgreSQL cannot run and none is named."""
    here = (system or platform.system(), machine or platform.machine())
    if here not in SUPPORTED:
        raise EmbeddedError(
            Exit.UNSUPPORTED_PLATFORM,
            f"不支持本机平台 {here[0]} {here[1]}：内置系统需要 Linux 或 macOS（x86_64 或 arm64）；请改用 docker-compose.yml。",
            f"{here[0]} {here[1]} is not supported: the embedded system needs Linux or macOS on x86_64 or arm64;"
            " use docker-compose.yml instead.",
        )
    if settings.kafka_bootstrap is None:
        kafka.java()
    if settings.database_url is None:
        postgres.programs()
