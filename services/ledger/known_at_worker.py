"""The process that folds past pictures, as the web process sees it: started when it is needed, one question at a time."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.ledger.known_at_questions import LENGTH_BYTES, Question, frame, read_answer

ANSWER_SECONDS = 120.0
"""Of 200,000 records on a busy machine."""
STOP_SECONDS = 5.0
COMMAND = (sys.executable, "-m", "services.ledger.known_at_process")


class FoldLostError(RuntimeError):
    """The process ended; it is started again for the next question. Worth a retry."""


class FoldTooLongError(RuntimeError):
    """There was no answer in time; the process was ended."""


class FoldProcess:
    """One process. `generation` counts its starts: what an earlier one kept is gone."""

    def __init__(self) -> None:
        self._process: Process | None = None
        self.generation = 0

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Ends the process at last; it is started by the first question."""
        try:
            yield
        finally:
            await self.stop()

    async def start(self) -> None:
        """Make sure that it runs."""
        if self._process is None or self._process.returncode is not None:
            self.generation += 1
            self._process = await asyncio.create_subprocess_exec(*COMMAND, stdin=PIPE, stdout=PIPE)

    async def ask(self, question: Question) -> bytes:
        """The answer's body. Not for concurrent use. Raises FoldLostError, FoldTooLongError."""
        assert self._process is not None, "started"
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await _exchange(self._process, question)
        except TimeoutError as error:
            await self._kill()
            raise FoldTooLongError(f"no answer within {ANSWER_SECONDS:.0f} s") from error
        except (OSError, asyncio.IncompleteReadError) as error:
            await self._kill()
            raise FoldLostError(f"the process that folds past pictures was lost: {error!r}") from error
        except asyncio.CancelledError:
            # Half an answer may lie in the pipe.
            await self._kill()
            raise

    async def stop(self) -> None:
        """End it in order, or by force after a while."""
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        assert process.stdin is not None
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), STOP_SECONDS)
        except TimeoutError:
            process.kill()
            await process.wait()

    async def _kill(self) -> None:
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            process.kill()
            await process.wait()


async def _exchange(process: Process, question: Question) -> bytes:
    assert process.stdin is not None
    assert process.stdout is not None
    # In a thread: thousands of records are some megabytes.
    process.stdin.write(await asyncio.to_thread(frame, question))
    await process.stdin.drain()
    size = int.from_bytes(await process.stdout.readexactly(LENGTH_BYTES), "big")
    return read_answer(await process.stdout.readexactly(size)).body
