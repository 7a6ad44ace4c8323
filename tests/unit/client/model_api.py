"""The HTTP API over the naive model of the law: what a server that is right would answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx
import msgspec

from schemas.parsing import ShapeError, parse_record
from tests.model.fold import Result, fold

Tamper = Callable[[Result], None]

_encode = msgspec.json.Encoder(decimal_format="number").encode
LEVELS = (0, 2, 4, 6, 9)


class ModelApi:
    """Answers as records.md 5 says. `tamper` changes what it shows, `behind` is how many looks at a situation find a
    watermark that is not yet past the postings, `away` how many first postings are answered 503.
    """

    def __init__(self, *, tamper: Tamper | None = None, behind: int = 0, away: int = 0) -> None:
        self.tamper, self.behind, self.away = tamper, behind, away
        self.posted: list[dict[str, Any]] = []
        self._folded: tuple[int, Result] | None = None

    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self._answer)

    def picture(self) -> Result:
        """The fold of all that was posted; made anew only when more was."""
        if self._folded is None or self._folded[0] != len(self.posted):
            self._folded = (len(self.posted), fold(self.posted))
            if self.tamper:
                self.tamper(self._folded[1])
        return self._folded[1]

    def _answer(self, request: httpx.Request) -> httpx.Response:
        parts = request.url.path.strip("/").split("/")
        if request.method == "POST":
            return self._post(request.content)
        if parts[1] == "records":
            return self._record(parts[2])
        return self._situation(parts[2], request.url.params["status"], request.url.params["depth"])

    def _post(self, content: bytes) -> httpx.Response:
        if self.away:
            self.away -= 1
            problem = {"title": "away", "status": 503, "detail": "Kafka is away"}
            return httpx.Response(503, json=problem, headers={"Retry-After": "2"})
        results = []
        for raw in msgspec.json.decode(content, type=list[msgspec.Raw]):
            record = json.loads(bytes(raw), parse_float=Decimal)
            try:
                parse_record(raw)
            except ShapeError as error:
                problem = {"title": "shape", "status": 422, "detail": error.detail, "field": error.field}
                results.append(
                    {"record_id": record.get("record_id"), "result": "refused", "problem": problem}
                )
                continue
            known = any(record["record_id"] == other["record_id"] for other in self.posted)
            self.posted.append(record)
            results.append(
                {"record_id": record["record_id"], "result": "already_stored" if known else "stored"}
            )
        if all(result["result"] == "refused" for result in results):
            whole = {"title": "shape", "status": 422, "detail": "every record is refused", "results": results}
            return httpx.Response(422, content=_encode(whole))
        return httpx.Response(202, content=_encode({"results": results}))

    def _record(self, record_id: str) -> httpx.Response:
        stored = [record for record in self.posted if record["record_id"] == record_id]
        if not stored:
            return httpx.Response(404, json={"title": "unknown", "status": 404, "detail": "unknown record"})
        outcome = self.picture().outcomes.get(record_id)
        return httpx.Response(200, content=_encode({"record": stored[0], "outcome": outcome}))

    def _situation(self, incident_id: str, status: str, depth: str) -> httpx.Response:
        assert depth == "-1"
        picture = self.picture()
        if not any(
            record["incident_id"] == incident_id and record["status"] == status for record in self.posted
        ):
            return httpx.Response(404, json={"title": "unknown", "status": 404, "detail": "unknown incident"})
        canonical = picture.aliases.get(status, {}).get(incident_id, incident_id)
        units = picture.figures.get(status, {}).get(canonical, {})
        watermark = datetime(2000, 1, 1, tzinfo=UTC) if self.behind else datetime(2999, 1, 1, tzinfo=UTC)
        self.behind = max(0, self.behind - 1)
        nested = {
            **_nested("000000000000", units),
            "incident_id": canonical,
            "status": status,
            "watermark": watermark,
        }
        return httpx.Response(200, content=_encode(nested))


def _nested(unit: str, units: dict[str, Any]) -> dict[str, Any]:
    """Every unit below hangs on the nearest one above it that has figures."""
    below = [code for code in units if code != unit and _is_below(code, unit)]
    direct = [code for code in below if not any(other != code and _is_below(code, other) for other in below)]
    return {
        "incident_id": "",
        "status": "",
        "unit": unit,
        "figures": {
            key: {"total": figure.total, "own": figure.own} for key, figure in units.get(unit, {}).items()
        },
        "children": [_nested(code, units) for code in direct],
    }


def _is_below(code: str, unit: str) -> bool:
    prefix = unit.rstrip("0")
    length = next(level for level in LEVELS if level >= len(prefix)) if len(prefix) <= 9 else 12
    return code != unit and code[:length] == unit[:length]
