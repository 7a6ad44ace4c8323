"""The log that never refuses for want of Kafka: records wait in the spool and are moved, in order, when it is back."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from typing import Generic

from fenghuo.platform.logs import get_logger
from services.intake.domain import StampedRecord
from services.intake.ports import LogUnavailableError, RecordSpool, RemoteLog, SegmentT

# Seconds. An answer is due within 3: what Kafka does not acknowledge in this time goes to the spool.
LOG_TIMEOUT = 1.5
# A new record waits at most this long for the last of the spool to be moved; longer, and it joins the spool.
HANDOVER_TIMEOUT = 0.5
DRAIN_TIMEOUT = 10.0
RETRY_AFTER = 0.5
CHUNK = 500

log = get_logger(__name__)


class SpoolingLog(Generic[SegmentT]):
    """A `RecordLog`: Kafka first; the spool while Kafka is away and until all that waits there has been moved."""

    def __init__(
        self, remote: RemoteLog, spool: RecordSpool[SegmentT], *, log_timeout: float = LOG_TIMEOUT
    ) -> None:
        self._remote, self._spool, self._log_timeout = remote, spool, log_timeout
        self._filled = asyncio.Event()
        self._handover: asyncio.Future[None] | None = None

    async def append(self, records: Sequence[StampedRecord]) -> None:
        """Durable in Kafka or in the spool. Raises SpoolFullError or SpoolBrokenError, never LogUnavailableError."""
        if self._handover is not None:
            await asyncio.wait([self._handover], timeout=HANDOVER_TIMEOUT)
        if not self._spool.record_count and self._remote.away() is None:
            try:
                async with asyncio.timeout(self._log_timeout):
                    await self._remote.append(records)
                return
            except (LogUnavailableError, TimeoutError) as error:
                # What was sent may still arrive: the same record with the same stamp, a repeat that the fold drops.
                log.warning("records go to the spool", count=len(records), reason=repr(error))
        await self._spool.append(records)
        self._filled.set()

    def problem(self) -> str | None:
        """Readiness: a posted record is judged only when it reaches Kafka at once."""
        waiting = self._spool.record_count
        away = self._remote.away()
        if away is None and not waiting:
            return None
        return f"spooling: {waiting} records wait; " + (
            f"Kafka is away: {away}" if away else "being moved to Kafka"
        )

    async def drain(self) -> None:
        """Move the spool to Kafka whenever there is something and Kafka answers. Runs until cancelled."""
        while True:
            if not self._spool.record_count:
                self._filled.clear()
                await self._filled.wait()
            try:
                await self._move_oldest()
            except (LogUnavailableError, TimeoutError) as error:
                self._remote.suspect(f"the spool was not acknowledged: {error!r}")
                await asyncio.sleep(RETRY_AFTER)

    async def _move_oldest(self) -> None:
        if (away := self._remote.away()) is not None:
            raise LogUnavailableError(away)
        segment = await self._spool.oldest()
        if segment is None:
            return
        records = await asyncio.to_thread(segment.read)
        if len(records) == self._spool.record_count:
            # The last: new records wait a moment rather than making a next one for ever.
            self._handover = asyncio.get_running_loop().create_future()
        try:
            for chunk in _chunks(records):
                async with asyncio.timeout(DRAIN_TIMEOUT):
                    await self._remote.append(chunk)
            await self._spool.drop(segment)
        finally:
            if self._handover is not None:
                self._handover.set_result(None)
                self._handover = None


def _chunks(records: Sequence[StampedRecord]) -> Iterator[Sequence[StampedRecord]]:
    for start in range(0, len(records), CHUNK):
        yield records[start : start + CHUNK]
