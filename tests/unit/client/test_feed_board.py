"""What the board shows: every code has words, others' words have their difference, grey and said so when stale."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from rich.console import Console

import schemas
from fenghuo.client import words
from fenghuo.client.board import board_subscription, draw
from fenghuo.client.board_parts import Freshness
from fenghuo.client.feed_picture import FeedPicture, UnitPicture
from schemas.feed import ServerFrame
from schemas.outputs import (
    Alarm,
    AlarmKind,
    Alternative,
    Disposition,
    Figure,
    FigureStatus,
    Flag,
    IncidentHead,
    Outcome,
    Standing,
)
from schemas.records import SourceClass, Status
from schemas.topics import TOPIC_OF_TYPE

NOW = datetime(2019, 8, 22, 9, tzinfo=UTC)
COUNTY, TOWN, NATION = "513221000000", "513221105000", "000000000000"
FRESH = Freshness("live", None, 0.5, 1.0, True)


def figure(total: int, own: int | None = None, **more: Any) -> Figure:
    fields: dict[str, Any] = {
        "total": Decimal(total),
        "own": None if own is None else Decimal(own),
        "qualifier": "exact",
        "newest_as_of": NOW - timedelta(minutes=5),
        "oldest_as_of": NOW - timedelta(minutes=5),
        "status": "unverified",
        "parts": 1,
    }
    return Figure(**(fields | more))


def picture() -> FeedPicture:
    clue = Alternative(
        kind="clue",
        unit=COUNTY,
        value=Decimal(35),
        difference=Decimal(7),
        org="某报",
        class_="media",
        level="nation",
        as_of=NOW,
        record_id="r",
    )
    made = FeedPicture()
    made.units["A", COUNTY] = UnitPicture(
        version=1,
        figures={
            "missing": figure(28, 28, own_sources=("汶川县应急管理局\x1b[31m",), alternatives=(clue,)),
            "pop_affected": figure(12_000, qualifier="about", status="verified"),
            "supply_released.quilt": figure(7_330),
            "unmapped.中度损坏": figure(420),
        },
        beside={"stranded_now": (clue,)},
        head=IncidentHead(name="汶川“8·20”"),
    )
    made.units["A", TOWN] = UnitPicture(version=1, figures={"missing": figure(3, 3)})
    made.outcomes["r-1"] = Outcome(
        record_id="r-1",
        status="Exercise",
        incident_id="A",
        type="loss_report",
        disposition="held",
        flags=("decrease",),
        standing="held",
    )
    made.alarms[b"x"] = Alarm(
        status="Exercise",
        incident_id="A",
        kind="shelter_below_zero",
        subject=f"{COUNTY}/school",
        state="raised",
        unit=COUNTY,
    )
    return made


def shown(board: FeedPicture, fresh: Freshness = FRESH, width: int = 200, colour: bool = False) -> str:
    out = StringIO()
    console = Console(
        file=out, width=width, height=60, force_terminal=colour, color_system="standard" if colour else None
    )
    subscription = board_subscription("A", COUNTY, "Exercise")
    console.print(draw(board, subscription, fresh, NOW, width, 60))
    return out.getvalue()


def test_board_shows_every_mark_of_a_figure() -> None:
    text = shown(picture())
    for expected in (
        "汶川“8·20”",
        "汶川县",
        "演练 Exercise",
        "因灾失踪人口 missing",
        "媒体称 35 (+7)",
        "约12,000",
        "已核定",
        "5m",
        "已发放 棉被",
        "中度损坏（目录外）",
        "水磨镇",
        "待核 held",
        "数值减少且无理由",
        "安置点人数为负",
        "已连接 live",
    ):
        assert expected in text, text


def test_escape_sequences_of_others_do_not_act() -> None:
    assert "\x1b" not in shown(picture())


def test_narrow_terminal_keeps_the_numbers() -> None:
    text = shown(picture(), width=80)
    assert "28" in text
    assert "待核" in text
    assert "missing" not in text
    assert all(len(line) <= 80 for line in text.splitlines())


def test_stale_board_is_grey_and_says_so() -> None:
    stale = Freshness("waiting", "断线", 12.0, 15.0, False)
    text = shown(picture(), stale)
    assert "陈旧 STALE" in text
    assert "12s" in text
    assert "断线" in text
    fresh_colours, stale_colours = shown(picture(), colour=True), shown(picture(), stale, colour=True)
    red = "\x1b[1;31m"
    assert red in fresh_colours
    assert red not in stale_colours


def test_empty_picture_can_be_drawn() -> None:
    assert "烽火态势" in shown(FeedPicture())


def test_golden_transcripts_can_be_drawn() -> None:
    decoder = msgspec.json.Decoder(ServerFrame)
    for path in sorted((Path(schemas.__file__).parent / "examples" / "feed").glob("*.json")):
        board = FeedPicture()
        for step in json.loads(path.read_text("utf-8"))["steps"]:
            if "seq" in step.get("server", {}):
                board.apply(decoder.decode(json.dumps(step["server"])))
        assert shown(board)


@pytest.mark.parametrize(
    ("table", "codes"),
    [
        (words.DISPOSITIONS, get_args(Disposition)),
        (words.FLAGS, get_args(Flag)),
        (words.STANDINGS, get_args(Standing)),
        (words.FIGURE_STATUS, get_args(FigureStatus)),
        (words.STATUS, get_args(Status)),
        (words.CLASSES, get_args(SourceClass)),
        (words.TYPES, tuple(TOPIC_OF_TYPE)),
        (words.ALARMS, get_args(AlarmKind)),
    ],
)
def test_every_code_has_words(table: dict[str, words.Words], codes: tuple[str, ...]) -> None:
    assert set(table) == set(codes)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (119, "119s"), (120, "2m"), (7_199, "119m"), (7_200, "2h"), (172_800, "2d"), (-5, "0s")],
)
def test_age(seconds: int, text: str) -> None:
    assert words.age(timedelta(seconds=seconds)) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [("0", "0"), ("1234567", "1,234,567"), ("12345.6000", "12,345.6"), ("1E+3", "1,000"), ("100", "100")],
)
def test_number(value: str, text: str) -> None:
    assert words.number(Decimal(value)) == text


@pytest.mark.parametrize(
    ("kind", "subject", "detail", "about"),
    [
        ("conflict", "513221000000/missing", "missing=26, 某报=35", "因灾失踪人口 因灾失踪人口 26，某报 35"),
        ("conflict", "dispatch/D-1", "甲局, 乙局", "dispatch/D-1 甲局，乙局"),
        ("over_capacity", "513221000000/中学", "persons=860, capacity=800", "中学 在住 860，容量 800"),
        (
            "missing_report",
            "513221000000",
            "last_sent_at=2019-08-20T19:08:00+08:00, due_at=2019-08-21T19:08:00+08:00",
            "最近报送 08-20 19:08，应报 08-21 19:08",
        ),
    ],
)
def test_what_an_alarm_is_about(kind: AlarmKind, subject: str, detail: str, about: str) -> None:
    alarm = Alarm(
        status="Actual",
        incident_id="I",
        kind=kind,
        subject=subject,
        state="raised",
        unit="513221000000",
        detail=detail,
    )
    assert words.alarm_about(alarm) == about


def test_no_alarm_speaks_of_guilt() -> None:
    """domain.md 1.6: facts for people, never 谎报 or 瞒报."""
    said = "".join(part for pair in (*words.ALARMS.values(), *words.FLAGS.values()) for part in pair)
    assert not any(word in said.lower() for word in ("谎", "瞒", "漏报", "假", "false", "conceal"))
