"""From messages to changes: decode, fold, and set aside what cannot be decoded or judged (records.md 3)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from fenghuo.platform.logs import get_logger
from schemas.outputs import DeadLetter
from schemas.parsing import ShapeError
from streams.picture.incident import UnjudgeableError
from streams.picture.picture import Picture
from streams.picture.shown import Change
from streams.picture.stamped import Origin, Stamped, stamped_from
from streams.worker import metrics

log = get_logger(__name__)


class Message(Protocol):
    """A message of a record topic, as aiokafka gives it."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None


class Judging:
    """One picture, and the messages that it cannot take. Meant to run in a thread, so that heartbeats go on."""

    def __init__(self) -> None:
        self._picture = Picture()

    def __len__(self) -> int:
        """Records in the picture."""
        return len(self._picture)

    def fold(self, messages: Iterable[Message]) -> tuple[list[Change], list[DeadLetter]]:
        """Take a batch and judge it; answers what changed and what goes to the dead letters."""
        dead = self.take(messages)
        changes, unjudgeable = self.settle()
        return changes, dead + unjudgeable

    def take(self, messages: Iterable[Message]) -> list[DeadLetter]:
        """Decode a batch without judging it yet; answers what goes to the dead letters."""
        origins: dict[Origin, Message] = {}
        deliveries: list[Stamped] = []
        dead: list[DeadLetter] = []
        for message in messages:
            origin = (message.topic, message.partition, message.offset)
            origins[origin] = message
            try:
                deliveries.append(stamped_from(message.value or b"", origin))
            except ShapeError as error:
                dead.append(_letter(origin, str(error), None, message))
            except (RecursionError, ArithmeticError, TypeError, LookupError, ValueError) as error:
                # What the contract does not foresee must not stop the stream either.
                dead.append(_letter(origin, f"cannot be decoded: {error!r}", None, message))
        for loser in self._picture.admit(deliveries):
            # A delivery that loses its id only now may be long gone from here: its bytes lie on the log at its origin.
            error_text = "its record_id belongs to another content (records.md 2)"
            dead.append(_letter(loser.origin, error_text, loser.record_id, origins.get(loser.origin)))
        metrics.DEAD.inc(len(dead))
        return dead

    def settle(self) -> tuple[list[Change], list[DeadLetter]]:
        """Judge what was taken; a record that a rule stumbles over is set aside and the rest judged without it."""
        dead: list[DeadLetter] = []
        while True:
            try:
                return self._picture.settle(), dead
            except UnjudgeableError as error:
                cause = error.__cause__
                log.error("unjudgeable", record_id=error.stamped.record_id, error=repr(cause), exc_info=cause)
                metrics.DEAD.inc(len(error.stamped.origins))
                dead += [
                    _letter(origin, f"cannot be judged: {cause!r}", error.stamped.record_id, None)
                    for origin in error.stamped.origins
                ]
                good = [stamped for stamped in self._picture.records() if stamped is not error.stamped]
                self._picture = Picture()
                self._picture.admit(good)


def _letter(origin: Origin, error: str, record_id: str | None, message: Message | None) -> DeadLetter:
    topic, partition, offset = origin
    return DeadLetter(
        topic=topic,
        partition=partition,
        offset=offset,
        error=error,
        record_id=record_id,
        key=message.key if message else None,
        value=(message.value or b"") if message else b"",
    )
