"""A device in the field: it posts the same bytes again until the server has answered for them."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

import httpx

FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 1.0
ANSWER_SECONDS = 10.0


class FieldDevice:
    """Use as an async context manager. `acknowledged` are the deliveries answered with 202 and not refused, in order;
    `refused` what intake would not take: (record, problem); `retries` how often it had to try again; `slowest` the
    longest time in seconds that an answer took.
    """

    def __init__(self, http: str, give_up_seconds: float = 120.0) -> None:
        self.acknowledged: list[bytes] = []
        self.refused: list[tuple[bytes, dict[str, Any]]] = []
        self.retries = 0
        self.slowest = 0.0
        self._give_up_seconds = give_up_seconds
        self._http = httpx.AsyncClient(base_url=http, timeout=ANSWER_SECONDS, trust_env=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def post(self, records: Sequence[bytes]) -> None:
        """One record as an object, several as an array. Fails the test when nobody answers for too long."""
        body = records[0] if len(records) == 1 else b"[" + b",".join(records) + b"]"
        answer = await self._answered(body)
        content = answer.json()
        if answer.status_code != 202 and "results" not in content:
            assert answer.status_code in (409, 422), answer.text
            assert len(records) == 1, answer.text
            self.refused.append((records[0], content))
            return
        assert len(content["results"]) == len(records), answer.text
        for record, result in zip(records, content["results"], strict=True):
            assert result["record_id"] == json.loads(record)["record_id"], (
                "results are in the order of the records"
            )
            if result["result"] == "refused":
                self.refused.append((record, result["problem"]))
            else:
                assert result["result"] in ("stored", "already_stored"), result
                self.acknowledged.append(record)

    async def _answered(self, body: bytes) -> httpx.Response:
        deadline = time.monotonic() + self._give_up_seconds
        pause = FIRST_PAUSE_SECONDS
        while True:
            asked = time.monotonic()
            try:
                answer = await self._http.post(
                    "/v1/records", content=body, headers={"Content-Type": "application/json"}
                )
            except httpx.TransportError as error:
                trouble = repr(error)
            else:
                self.slowest = max(self.slowest, time.monotonic() - asked)
                if answer.status_code not in (429, *range(500, 600)):
                    return answer
                trouble = f"{answer.status_code} {answer.text}"
            assert time.monotonic() < deadline, f"not answered for {self._give_up_seconds} s: {trouble}"
            self.retries += 1
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)


async def post_all(
    devices: Sequence[FieldDevice], postings: Sequence[Sequence[bytes]], pause_seconds: float = 0.0
) -> None:
    """Every posting once, by whichever device is free: several travel at the same time.

    `pause_seconds`: how long a device rests after each.
    """
    waiting = iter(postings)

    async def work(device: FieldDevice) -> None:
        for posting in waiting:
            await device.post(posting)
            await asyncio.sleep(pause_seconds)

    await asyncio.gather(*map(work, devices))


def acknowledged(devices: Sequence[FieldDevice]) -> list[bytes]:
    """Every delivery that was answered with 202."""
    return [delivery for device in devices for delivery in device.acknowledged]
