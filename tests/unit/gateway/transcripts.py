"""The golden transcripts of the feed: what really crosses the wire in a few typical cases.

`python -m tests.unit.gateway.transcripts` writes `schemas/examples/feed/*.json`, which every client's tests share, and
the transcripts in `docs/protocol.md`. A test compares both with what the code says now.

A file is `{about, steps, picture}`: steps are `{client: frame}`, `{server: frame}` or `{note: text}`; picture is what
a client must hold at the end: subscription → its units, each as in a snapshot.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

import schemas
from fenghuo.client.feed_picture import FeedPicture
from schemas.feed import Heartbeat, ServerFrame, UnitView
from schemas.outputs import Alarm, Alternative, Figure, IncidentHead, Outcome, UnitUpdate, encoder
from services.gateway.config import Limits
from services.gateway.frames import FrameFactory
from services.gateway.protocol import FeedProtocol, Instant
from services.gateway.view import View

EXAMPLES = Path(schemas.__file__).parent / "examples" / "feed"
PAGE = Path(schemas.__file__).parent.parent / "docs" / "protocol.md"
NATION, COUNTY = "000000000000", "513221000000"
WENCHUAN, SECOND = "020500-513221-20190820-01", "020500-513221-20190820-02"
MORNING = datetime(2019, 8, 20, 6, tzinfo=UTC)
EPOCH = 1 << 32
DECODER = msgspec.json.Decoder(ServerFrame)
LIMITS = Limits(bad_frames=5)


def figure(total: int, own: int | None = None, **more: Any) -> Figure:
    sources = {"own_sources": ("汶川县应急管理局",), "own_record_ids": ("r-1",)} if own is not None else {}
    return Figure(
        total=Decimal(total),
        own=None if own is None else Decimal(own),
        qualifier="exact",
        newest_as_of=MORNING,
        oldest_as_of=MORNING,
        status="unverified",
        parts=1,
        **(sources | more),
    )


class Script:
    """Plays a gateway and one client, and writes down what crosses the wire."""

    def __init__(self, about: str) -> None:
        self.about = about
        self.steps: list[dict[str, Any]] = []
        self._view = View(LIMITS)
        self._seconds = 0.0
        self._version = EPOCH
        self._protocol = FeedProtocol(FrameFactory(self._view), LIMITS, self._now())
        self._pictures: dict[str, FeedPicture] = {}

    def note(self, text: str) -> None:
        self.steps.append({"note": text})

    def send(self, frame: dict[str, Any] | str) -> None:
        self.steps.append({"client": frame})
        if isinstance(frame, dict) and frame["type"] == "subscribe":
            self._pictures[frame["id"]] = FeedPicture()
        self._protocol.receive(frame if isinstance(frame, str) else json.dumps(frame))
        self.poll()

    def change(self, incident: str, figures: dict[str, dict[str, Figure]], **nation: Any) -> None:
        rows = [
            UnitUpdate(
                status="Exercise", incident_id=incident, unit=unit, figures=of_unit, version=self._next()
            )
            for unit, of_unit in figures.items()
        ]
        head = IncidentHead(name="汶川“8·20”", hazard="020500") if "merged_into" not in nation else None
        self._view.apply(
            msgspec.structs.replace(row, **({"head": head} | nation)) if row.unit == NATION else row
            for row in rows
        )

    def outcome(self, record_id: str, **fields: Any) -> None:
        judged = {"disposition": "accepted", "flags": (), "standing": "effective"} | fields
        self._view.apply_outcome(
            Outcome(
                record_id=record_id,
                status="Exercise",
                incident_id=WENCHUAN,
                type="loss_report",
                version=self._next(),
                **judged,
            )
        )

    def alarm(self, state: Any) -> None:
        self._view.apply_alarm(
            Alarm(
                status="Exercise",
                incident_id=WENCHUAN,
                kind="shelter_below_zero",
                subject=f"{COUNTY}/水磨中学",
                state=state,
                record_ids=("r-7",),
                unit=COUNTY,
                version=self._next(),
            )
        )

    def poll(self, unread_bytes: int = 0, seconds: float = 0.1, watermark: bool = True) -> None:
        self._seconds += seconds
        self._view.watermark = self._now().utc if watermark else self._view.watermark
        for text in self._protocol.frames(self._now(), unread_bytes):
            self.steps.append({"server": json.loads(text)})
            frame = DECODER.decode(text)
            if not isinstance(frame, Heartbeat) and hasattr(frame, "seq"):
                self._pictures[frame.id].apply(frame)
        if self._protocol.closing is not None:
            self.note(f"close {self._protocol.closing.code}: {self._protocol.closing.reason}")

    def document(self) -> dict[str, Any]:
        pictures = {name: _units(picture) for name, picture in self._pictures.items()}
        return {"about": self.about, "steps": self.steps, "picture": pictures}

    def _now(self) -> Instant:
        return Instant(self._seconds, MORNING + timedelta(seconds=self._seconds))

    def _next(self) -> int:
        self._version += 1
        return self._version


def _units(picture: FeedPicture) -> list[Any]:
    views = [
        UnitView(
            incident_id=incident_id,
            status="Exercise",
            unit=unit,
            version=row.version,
            figures=row.figures,
            beside=row.beside or None,
            head=row.head,
        )
        for (incident_id, unit), row in sorted(picture.units.items())
    ]
    return list(json.loads(encoder.encode(views)))


def subscribe(**fields: Any) -> dict[str, Any]:
    return {"type": "subscribe", "id": "s1", "status": "Exercise"} | fields


def snapshot_and_deltas() -> Script:
    script = Script("A snapshot, then only what changed; a figure that went; a heartbeat.")
    script.change(
        WENCHUAN, {NATION: {"dead": figure(3), "missing": figure(7)}, COUNTY: {"dead": figure(3, 3)}}
    )
    script.send(subscribe(incidents=["*"], unit=NATION, depth=0, kinds=["figures"]))
    script.note("a county reports two more dead; its own row is outside this scope")
    script.change(
        WENCHUAN, {NATION: {"dead": figure(5), "missing": figure(7)}, COUNTY: {"dead": figure(5, 5)}}
    )
    script.poll()
    script.note("the only report of missing people is returned")
    script.change(WENCHUAN, {NATION: {"dead": figure(5)}})
    script.poll()
    script.note("nothing happens for a while")
    script.poll(seconds=1)
    return script


def outcomes_and_alarms() -> Script:
    script = Script("What became of records, and alarms: first what stands, then what changes.")
    script.outcome("r-1")
    script.alarm("raised")
    script.send(subscribe(incidents=[WENCHUAN], unit=COUNTY, depth=-1, kinds=["outcomes", "alarms"]))
    script.note("a newer report replaces r-1; a headcount clears the alarm")
    script.outcome("r-2", flags=("late_arrival",))
    script.outcome("r-1", standing="superseded")
    script.alarm("cleared")
    script.poll()
    return script


def merge() -> Script:
    script = Script(
        "Two incidents turn out to be one: the alias leaves, its canonical incident comes; then undone."
    )
    script.change(WENCHUAN, {NATION: {"dead": figure(5)}, COUNTY: {"dead": figure(5, 5)}})
    script.change(SECOND, {NATION: {"dead": figure(2)}, COUNTY: {"dead": figure(2, 2)}})
    script.send(subscribe(incidents=[SECOND], unit=COUNTY))
    script.note(f"{SECOND} is merged into {WENCHUAN}")
    script.change(SECOND, {NATION: {}, COUNTY: {}}, merged_into=WENCHUAN)
    script.change(WENCHUAN, {NATION: {"dead": figure(7)}, COUNTY: {"dead": figure(7, 7)}})
    script.poll()
    script.note("the merge is undone by a correction: the scope has changed, so there is a snapshot again")
    script.change(WENCHUAN, {NATION: {"dead": figure(5)}, COUNTY: {"dead": figure(5, 5)}})
    script.change(SECOND, {NATION: {"dead": figure(2)}, COUNTY: {"dead": figure(2, 2)}})
    script.poll()
    return script


def slow_client() -> Script:
    script = Script("A client that reads slowly: three changes while its buffer is full become one delta.")
    script.change(WENCHUAN, {NATION: {"dead": figure(1), "missing": figure(9)}})
    script.send(subscribe())
    full = LIMITS.high_mark_bytes + 1
    script.note("the client does not read; meanwhile dead 2, dead 3 and missing 8, dead 4")
    for dead, missing in ((2, 9), (3, 8), (4, 8)):
        script.change(WENCHUAN, {NATION: {"dead": figure(dead), "missing": figure(missing)}})
        script.poll(unread_bytes=full)
    script.note("it has read on")
    script.poll()
    return script


def alternatives() -> Script:
    script = Script("Other sources' words: beside a figure, and beside none (`beside`).")

    def clue(value: int, difference: int | None) -> Alternative:
        return Alternative(
            kind="clue",
            unit=COUNTY,
            value=Decimal(value),
            difference=None if difference is None else Decimal(difference),
            org="某报",
            class_="media",
            level="nation",
            as_of=MORNING,
            record_id="r-9",
        )

    script.send(subscribe(incidents=[WENCHUAN], unit=COUNTY))
    script.note("the incident was unknown until now")
    missing = figure(28, 28, alternatives=(clue(35, 7),))
    script.change(WENCHUAN, {COUNTY: {"missing": missing}})
    script.poll()
    script._view.apply(
        [
            UnitUpdate(
                status="Exercise",
                incident_id=WENCHUAN,
                unit=COUNTY,
                figures={"missing": missing},
                beside={"stranded_now": (clue(40, None),)},
                version=script._next(),
            )
        ]
    )
    script.poll()
    return script


def errors() -> Script:
    script = Script(
        "Frames that are refused, each with a stable code; after too many the connection is closed."
    )
    script.send('{"type": "subscribe", "id": "s1"')
    script.send({"type": "subscribe", "id": "s1", "unit": "513221"})
    script.send({"type": "listen", "id": "s1"})
    script.send({"type": "unsubscribe", "id": "s1"})
    script.send({"type": "unsubscribe", "id": "s2"})
    return script


SCRIPTS: dict[str, Callable[[], Script]] = {
    script.__name__: script
    for script in (snapshot_and_deltas, outcomes_and_alarms, merge, slow_client, alternatives, errors)
}


def json_text(name: str) -> str:
    return json.dumps(SCRIPTS[name]().document(), ensure_ascii=False, indent=2) + "\n"


def page_text(page: str) -> str:
    """The page with every `<!-- transcript NAME -->` … `<!-- end -->` filled in anew."""
    return re.sub(
        r"(<!-- transcript (\w+) -->\n).*?(<!-- end -->)",
        lambda found: found[1] + _fenced(SCRIPTS[found[2]]().steps) + found[3],
        page,
        flags=re.DOTALL,
    )


def _fenced(steps: list[dict[str, Any]]) -> str:
    lines = []
    for step in steps:
        ((who, what),) = step.items()
        if who == "note":
            lines.append(f"# {what}")
            continue
        text = what if isinstance(what, str) else _pretty(what, "  ")
        lines.append(("→ " if who == "client" else "← ") + text)
    return "```text\n" + "\n".join(lines) + "\n```\n"


def _pretty(value: Any, margin: str) -> str:
    """JSON in which what holds no further objects stays on one line."""
    flat = json.dumps(value, ensure_ascii=False)
    parts = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    if len(flat) < 100 or not any(isinstance(part, dict | list) and part for part in parts):
        return flat
    inner = margin + "  "
    if isinstance(value, dict):
        lines = [f"{json.dumps(key)}: {_pretty(part, inner)}" for key, part in value.items()]
    else:
        lines = [_pretty(part, inner) for part in value]
    left, right = "{}" if isinstance(value, dict) else "[]"
    return left + f"\n{inner}" + f",\n{inner}".join(lines) + f"\n{margin}" + right


def main() -> None:
    EXAMPLES.mkdir(parents=True, exist_ok=True)
    for name in SCRIPTS:
        (EXAMPLES / f"{name}.json").write_text(json_text(name), "utf-8")
    PAGE.write_text(page_text(PAGE.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
