"""The picture as known at a moment, and the explanation of its figures: what to read, what is folded already.

One picture is folded at a time, in a process of its own. Pictures are kept while they fit: the same question again, or
another one about the same moment, costs no fold. Few may wait; the rest is told to come back.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from services.ledger.errors import TooBusyError, TooManyRecordsError, UnknownIncidentError
from services.ledger.known_at_questions import (
    Ask,
    AskCanonical,
    AskExplanation,
    AskSituation,
    Extend,
    Fold,
)
from services.ledger.known_at_records import Identity, Known, Loaded, RecordsKnown
from services.ledger.known_at_worker import FoldLostError, FoldProcess, FoldTooLongError

MOST_WAITING = 8
MOST_PICTURES = 8
MOST_RECORDS = 200_000
"""In one picture."""
MOST_KEPT_RECORDS = 50_000
"""In all pictures that are kept, but for one that is larger by itself. A record takes about 7 KB."""
MOST_NEWS = 0.25
"""Of what is known: so much is given to a picture that is there, for more another one is folded beside it."""
END_OF_TIME = datetime.max.replace(tzinfo=UTC)


class _Kept(NamedTuple):
    """A picture that the process holds: under which number, and of what it was made."""

    number: int
    known: Known
    named: frozenset[str]
    named_state: tuple[int, int]

    def can_become(self, known: Known) -> bool:
        """Whether it lacks little of what was known and has nothing that was not."""
        mine, newest = self.known, self.known.newest_recorded_at
        return (
            (mine.status, mine.incidents) == (known.status, known.incidents)
            and newest is not None
            and newest <= known.known_at
            and mine.seq <= known.seq
            # Of a record elsewhere it may have read what came later than any of its own.
            and (not self.named or mine.known_at <= known.known_at)
            and known.deliveries - mine.deliveries <= mine.deliveries * MOST_NEWS
        )


class PastPictures:
    """Answers about the past. Methods raise DatabaseAwayError, UnknownIncidentError, TooBusyError, TooManyRecordsError."""

    def __init__(self, records: RecordsKnown, process: FoldProcess) -> None:
        self._records, self._process = records, process
        self._kept: OrderedDict[Identity, _Kept] = OrderedDict()
        self._generation = self._numbered = 0
        self._waiting = 0
        self._turn = asyncio.Lock()

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
        except (FoldLostError, FoldTooLongError) as error:
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
        """The number of a picture of these records: kept, made from an earlier one, or folded now."""
        if self._generation != self._process.generation:
            # What an earlier process kept is gone.
            self._generation = self._process.generation
            self._kept.clear()
        same = self._kept.get(known.identity)
        if same is not None and same.named_state == await self._records.named_state(
            same.named, known.known_at
        ):
            self._kept.move_to_end(known.identity)
            return same.number
        earlier = max(
            (kept for kept in self._kept.values() if kept.can_become(known)),
            key=lambda kept: kept.known.deliveries,
            default=None,
        )
        return await self._fold(known) if earlier is None else await self._extend(earlier, known)

    async def _fold(self, known: Known) -> int:
        loaded = await self._records.load(known)
        forget = self._make_room(known)
        self._numbered += 1
        await self._process.ask(Fold(self._numbered, known.status, loaded.contents, forget))
        self._keep(self._numbered, known, loaded)
        return self._numbered

    async def _extend(self, kept: _Kept, known: Known) -> int:
        """What was known later is given to an earlier picture, which is gone then."""
        loaded = await self._records.load_news(known, kept.known, kept.named)
        del self._kept[kept.known.identity]
        forget = self._make_room(known)
        await self._process.ask(Extend(kept.number, loaded.contents, forget))
        self._keep(kept.number, known, loaded)
        return kept.number

    def _keep(self, number: int, known: Known, loaded: Loaded) -> None:
        self._kept[known.identity] = _Kept(number, known, loaded.named, loaded.named_state)

    def _make_room(self, known: Known) -> list[int]:
        """The numbers of the pictures that must go: the one that this one replaces, then those longest unasked."""
        same = self._kept.pop(known.identity, None)
        gone = [same.number] if same is not None else []
        while self._kept and (
            len(self._kept) >= MOST_PICTURES
            or known.deliveries + sum(kept.known.deliveries for kept in self._kept.values())
            > MOST_KEPT_RECORDS
        ):
            gone.append(self._kept.popitem(last=False)[1].number)
        return gone


def _complete_until(known: Known, known_at: datetime | None) -> datetime | None:
    """Append time up to which the answer has everything."""
    if known.watermark is None or known_at is None:
        return known.watermark
    return min(known.watermark, known_at)
