"""The picture as known at a moment, and the explanation of its figures: what to read, what is folded already.

One picture is folded at a time, in a process of its own. Pictures are kept while they fit: the same question again, or
another one about the same moment, costs no fold. Few may wait; the rest is told to come back.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from services.ledger.errors import TooBusyError, TooManyRecordsError, UnknownIncidentError
from services.ledger.known_at_questions import Ask, AskCanonical, AskExplanation, AskSituation, Fold
from services.ledger.known_at_records import Known, RecordsKnown
from services.ledger.known_at_worker import FoldLostError, FoldProcess

MOST_WAITING = 8
MOST_PICTURES = 8
MOST_RECORDS = 100_000
"""In all pictures that are kept, and so in one."""
END_OF_TIME = datetime.max.replace(tzinfo=UTC)


class _Kept(NamedTuple):
    """A picture that the process holds: under which number, of how many records, and what it was made of."""

    number: int
    generation: int
    records: int
    named: tuple[str, ...]
    named_state: tuple[int, int]


class PastPictures:
    """Answers about the past. Methods raise DatabaseAwayError, UnknownIncidentError, TooBusyError, TooManyRecordsError."""

    def __init__(self, records: RecordsKnown, process: FoldProcess) -> None:
        self._records, self._process = records, process
        self._kept: OrderedDict[tuple[Any, ...], _Kept] = OrderedDict()
        self._numbered = 0
        self._waiting = 0
        self._turn = asyncio.Lock()
        self.folds = 0
        """How many pictures have been folded so far."""

    async def situation(
        self, incident_id: str, status: str, unit: str, depth: int, known_at: datetime
    ) -> bytes:
        """The JSON of the unit's figures as known then."""
        known = await self._known(incident_id, status, known_at)

        def ask(number: int) -> AskSituation:
            return AskSituation(
                number=number,
                incident_id=incident_id,
                unit=unit,
                depth=depth,
                known_at=known_at,
                newest_recorded_at=known.newest_recorded_at,
                watermark=_complete_until(known, known_at),
            )

        return await self._answer(known, ask)

    async def explanation(
        self,
        incident_id: str,
        status: str,
        *,
        unit: str,
        key: str,
        depth: int,
        limit: int,
        known_at: datetime | None,
    ) -> bytes:
        """The JSON of the tree of a figure as known then; None: now."""
        known = await self._known(incident_id, status, known_at or END_OF_TIME)

        def ask(number: int) -> AskExplanation:
            return AskExplanation(
                number=number,
                incident_id=incident_id,
                unit=unit,
                key=key,
                depth=depth,
                limit=limit,
                known_at=known_at,
                newest_recorded_at=known.newest_recorded_at,
                watermark=_complete_until(known, known_at),
            )

        return await self._answer(known, ask)

    async def canonical(self, incident_id: str, status: str, known_at: datetime) -> str:
        """The incident under which it counted then."""
        known = await self._known(incident_id, status, known_at)
        found = await self._answer(known, lambda number: AskCanonical(number, incident_id))
        return str(msgspec.json.decode(found))

    async def _known(self, incident_id: str, status: str, known_at: datetime) -> Known:
        known = await self._records.known(incident_id, status, known_at)
        if known is None:
            raise UnknownIncidentError(incident_id, status)
        if known.deliveries > MOST_RECORDS:
            raise TooManyRecordsError(known.deliveries, MOST_RECORDS)
        return known

    async def _answer(self, known: Known, ask: Callable[[int], Ask]) -> bytes:
        if self._waiting >= MOST_WAITING:
            raise TooBusyError
        self._waiting += 1
        try:
            async with self._turn:
                return await self._asked(known, ask)
        except FoldLostError as error:
            raise TooBusyError from error
        finally:
            self._waiting -= 1

    async def _asked(self, known: Known, ask: Callable[[int], Ask]) -> bytes:
        await self._process.start()
        try:
            return await self._process.ask(ask(await self._number(known)))
        except FoldLostError:
            # It may have ended just now, because nobody had asked for so long.
            await self._process.start()
            return await self._process.ask(ask(await self._number(known)))

    async def _number(self, known: Known) -> int:
        """The number of a picture of these records, folded now if there is none."""
        key = known.identity
        kept = self._kept.get(key)
        if (
            kept is not None
            and kept.generation == self._process.generation
            and kept.named_state == await self._records.named_state(kept.named, known.known_at)
        ):
            self._kept.move_to_end(key)
            return kept.number
        loaded = await self._records.load(known)
        forget = self._make_room(key, len(loaded.contents))
        self._numbered += 1
        await self._process.ask(Fold(self._numbered, known.status, loaded.contents, forget))
        self.folds += 1
        self._kept[key] = _Kept(
            self._numbered, self._process.generation, len(loaded.contents), loaded.named, loaded.named_state
        )
        return self._numbered

    def _make_room(self, key: tuple[Any, ...], records: int) -> list[int]:
        """The numbers of the pictures that must go: the one that this one replaces, then the longest unasked."""
        gone = [self._kept.pop(key)] if key in self._kept else []
        while self._kept and (
            len(self._kept) >= MOST_PICTURES
            or records + sum(kept.records for kept in self._kept.values()) > MOST_RECORDS
        ):
            gone.append(self._kept.popitem(last=False)[1])
        return [kept.number for kept in gone]


def _complete_until(known: Known, known_at: datetime | None) -> datetime | None:
    """Append time up to which the answer has everything."""
    if known.watermark is None or known_at is None:
        return known.watermark
    return min(known.watermark, known_at)
