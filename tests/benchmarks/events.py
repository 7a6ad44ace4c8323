"""The small job of the runtime benchmark: half a kilobyte of JSON, seven counters a unit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random

import msgspec

from fenghuo.platform.kafka_batches import OutgoingMessage
from schemas.topics import INCIDENT_REPORTS

COUNTERS = ("dead", "missing", "injured", "reloc", "collapsed", "damaged", "sorties")
UNITS = 1_000
OUTPUT = "counters.published"


class Event(msgspec.Struct):
    """One report of seven counts."""

    record_id: str
    incident_id: str
    unit: str
    org: str
    as_of: str
    sent_at: str
    note: str
    dead: int
    missing: int
    injured: int
    reloc: int
    collapsed: int
    damaged: int
    sorties: int


def event_messages(number: int, seed: int = 3) -> Iterator[OutgoingMessage]:
    """So many messages of about 500 bytes, on the topic of the reports; the key is the unit."""
    rng = Random(seed)
    units = [f"3713{county:02d}{town:03d}000" for county in range(1, 21) for town in range(100, 150)]
    assert len(units) == UNITS
    for sequence in range(number):
        unit = rng.choice(units)
        event = {
            "record_id": f"01JZ8V4Q2N7Y3M{sequence:012d}",
            "incident_id": "010400-371300-20240709-01",
            "unit": unit,
            "org": f"{unit}镇人民政府应急管理办公室",
            "as_of": "2024-07-09T08:00:00+08:00",
            "sent_at": "2024-07-09T08:03:12+08:00",
            "note": "续报：降雨持续，河道水位上涨，低洼处群众正在转移，暂无新增伤亡。",
            **{counter: rng.randrange(9) for counter in COUNTERS},
        }
        yield OutgoingMessage(
            INCIDENT_REPORTS.name, unit.encode(), json.dumps(event, ensure_ascii=False).encode()
        )
