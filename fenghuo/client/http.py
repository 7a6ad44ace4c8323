"""The HTTP API as a client sees it (records.md 5): typed answers, typed errors, patience where the server asks for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Literal, Self, TypeVar
from urllib.parse import quote

import httpx
import msgspec

from schemas.explain import Explanation
from schemas.problems import Problem

RETRIED = frozenset({429, 503})
BATCH_RECORDS = 500
BATCH_BYTES = 4 << 20
"""How much one request carries, well below what intake takes at most (2,000 records, 8 MiB)."""
LONGEST_PAUSE = 30.0


class ApiError(RuntimeError):
    """The API could not do what was asked; the text is a sentence for people."""


class UnreachableError(ApiError):
    """Nothing answers at the address."""


class ProblemError(ApiError):
    """The API answered with a problem (RFC 9457)."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.status} {problem.title}: {problem.detail}")
        self.problem = problem


class RecordResult(msgspec.Struct, frozen=True):
    """What became of one posted record."""

    record_id: str | None
    result: Literal["stored", "already_stored", "refused"]
    problem: Problem | None = None


class OutcomeView(msgspec.Struct, frozen=True):
    """How a record was judged and where it stands."""

    disposition: str
    flags: tuple[str, ...]
    standing: str
    version: int = 0


class RecordView(msgspec.Struct, frozen=True):
    """A stored record; `outcome` None while it is not judged."""

    record: dict[str, Any]
    outcome: OutcomeView | None


class FigureView(msgspec.Struct, frozen=True):
    """The two numbers of a figure that an oracle states."""

    total: Decimal | None
    own: Decimal | None = None


class SituationView(msgspec.Struct, frozen=True):
    """A unit's figures and, with a depth, those of the units below it. One as known at a moment has no version."""

    incident_id: str
    status: str
    unit: str
    figures: dict[str, FigureView]
    watermark: datetime | None = None
    version: int | None = 0
    known_at: datetime | None = None
    newest_recorded_at: datetime | None = None
    children: list[SituationView] = []


class IncidentView(msgspec.Struct, frozen=True):
    """An incident as it is listed."""

    incident_id: str
    status: str
    name: str | None = None
    aliases: tuple[str, ...] = ()


class _Results(msgspec.Struct, frozen=True):
    results: list[RecordResult]


class ApiClient:
    """Use as an async context manager. `patience` = seconds it goes on trying when the server says wait (429, 503) or,
    once it has answered, is away for a while: posting is idempotent, so trying again is safe.

    Every call raises UnreachableError or ProblemError.
    """

    def __init__(
        self,
        url: str,
        *,
        patience: float = 60.0,
        transport: httpx.AsyncBaseTransport | None = None,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.url = url.rstrip("/")
        self._patience, self._pause = patience, pause
        self._answered = False
        self._http = httpx.AsyncClient(
            base_url=self.url, transport=transport, timeout=httpx.Timeout(15.0), trust_env=False
        )

    async def __aenter__(self) -> Self:
        await self._http.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.__aexit__(kind, error, trace)

    async def post_records(self, records: Sequence[bytes]) -> list[RecordResult]:
        """Post JSON records in one request (≤ 2,000, ≤ 8 MiB); answers their results in order, refused ones included."""
        answer = await self._request(
            "POST", "/v1/records", content=b"[" + b",".join(records) + b"]", accept=(202, 409, 422)
        )
        if answer.status_code != 202:
            problem = _problem(answer)
            if problem.results is None and len(records) == 1:
                return [RecordResult(problem.record_id, "refused", problem)]
            if problem.results is None:
                raise ProblemError(problem)
            return msgspec.convert(problem.results, list[RecordResult])
        return msgspec.json.decode(answer.content, type=_Results).results

    async def record(self, record_id: str) -> RecordView | None:
        """A record with its outcome; None when the server does not know it."""
        answer = await self._request("GET", f"/v1/records/{record_id}", accept=(200, 404))
        return msgspec.json.decode(answer.content, type=RecordView) if answer.status_code == 200 else None

    async def incidents(self, status: str) -> list[IncidentView]:
        """The incidents of one world."""
        answer = await self._request("GET", "/v1/incidents", params={"status": status}, accept=(200,))
        return msgspec.json.decode(answer.content, type=list[IncidentView])

    async def situation(
        self,
        incident_id: str,
        *,
        status: str,
        unit: str = "000000000000",
        depth: int = 0,
        known_at: datetime | None = None,
    ) -> SituationView | None:
        """The figures of a unit, nested `depth` levels down (−1 all), as known at a moment, None: now. None for an
        unknown incident.
        """
        params: dict[str, str | int] = {"status": status, "unit": unit, "depth": depth}
        if known_at is not None:
            params["known_at"] = known_at.isoformat()
        answer = await self._request(
            "GET", f"/v1/incidents/{incident_id}/situation", params=params, accept=(200, 404)
        )
        return msgspec.json.decode(answer.content, type=SituationView) if answer.status_code == 200 else None

    async def explanation(
        self,
        incident_id: str,
        key: str,
        *,
        status: str,
        unit: str = "000000000000",
        depth: int = -1,
        known_at: datetime | None = None,
    ) -> Explanation:
        """Why a figure is what it is, `depth` levels down (−1 all), as known at a moment, None: now."""
        params: dict[str, str | int] = {"status": status, "unit": unit, "depth": depth}
        if known_at is not None:
            params["known_at"] = known_at.isoformat()
        path = f"/v1/incidents/{incident_id}/figures/{quote(key, safe='')}/explain"
        answer = await self._request("GET", path, params=params, accept=(200,))
        return msgspec.json.decode(answer.content, type=Explanation)

    async def _request(
        self, method: str, path: str, *, accept: tuple[int, ...], **options: Any
    ) -> httpx.Response:
        waited = 0.0
        if "content" in options:
            options["headers"] = {"Content-Type": "application/json"}
        while True:
            try:
                answer = await self._http.request(method, path, **options)
            except httpx.TransportError as error:
                if not self._answered or waited >= self._patience:
                    raise UnreachableError(
                        f"{self.url} does not answer: {error or type(error).__name__}"
                    ) from error
                pause = 0.5
            else:
                self._answered = True
                if answer.status_code in accept:
                    return answer
                pause = _retry_after(answer)
                if answer.status_code not in RETRIED or waited + pause > self._patience:
                    raise ProblemError(_problem(answer))
            await self._pause(pause)
            waited += pause


T = TypeVar("T")


def batches(items: Iterable[T], size: Callable[[T], int]) -> Iterator[list[T]]:
    """Items in order, as many at a time as one request should carry; `size` in bytes."""
    batch: list[T] = []
    total = 0
    for item in items:
        if batch and (len(batch) == BATCH_RECORDS or total + size(item) > BATCH_BYTES):
            yield batch
            batch, total = [], 0
        batch.append(item)
        total += size(item)
    if batch:
        yield batch


def _retry_after(answer: httpx.Response) -> float:
    """Seconds that the server asks to wait; one second when it does not say."""
    text = answer.headers.get("Retry-After", "1")
    try:
        seconds = (
            float(text)
            if text.isdigit()
            else (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds()
        )
    except ValueError:
        seconds = 1.0
    return min(max(seconds, 0.1), LONGEST_PAUSE)


def _problem(answer: httpx.Response) -> Problem:
    try:
        return msgspec.json.decode(answer.content, type=Problem)
    except msgspec.DecodeError:
        return Problem(
            title=f"HTTP {answer.status_code}",
            status=answer.status_code,
            detail=answer.text[:200] or "no text",
        )
