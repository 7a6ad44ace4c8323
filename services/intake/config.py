"""Intake's own settings, taken once from the installation's."""

from __future__ import annotations

from pathlib import Path

import msgspec

from fenghuo.platform.settings import Settings


class IntakeConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Sizes in bytes, counts in records, durations in seconds."""

    kafka_bootstrap: str
    spool_folder: Path
    spool_max_bytes: int
    # Below a broker's usual limit of 1 MiB for a batch, with room for a record of 256 KiB.
    max_batch_bytes: int = 512 << 10
    known_ids: int = 200_000
    recent_bytes: int = 32 << 20
    recall_timeout: float = 3.0
    recall_retry: float = 5.0

    @classmethod
    def of(cls, settings: Settings) -> IntakeConfig:
        """From the installation's settings. Raises SettingsError when no Kafka is named."""
        return cls(
            kafka_bootstrap=settings.require_kafka(),
            spool_folder=settings.spool_folder,
            spool_max_bytes=settings.spool_max_bytes,
        )
