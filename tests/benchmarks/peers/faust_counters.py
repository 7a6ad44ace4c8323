"""Stock Faust doing the small job: an agent on a Record, a Table of Records, changed units published every second.

`python faust_counters.py BOOTSTRAP INPUT OUTPUT APP FOLDER`; prints `progress <events> <seconds>`.
"""

from __future__ import annotations

import logging
import sys
import time

import faust

BOOTSTRAP, INPUT, OUTPUT, APP, FOLDER = sys.argv[1:6]
PARTITIONS = int(sys.argv[6])

app = faust.App(
    APP,
    broker=f"kafka://{BOOTSTRAP}",
    datadir=FOLDER,
    web_enabled=False,
    topic_partitions=PARTITIONS,
    topic_disable_leader=True,
    consumer_auto_offset_reset="earliest",
)


class Event(faust.Record, serializer="json"):
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


class Sums(faust.Record, serializer="json"):
    """What a unit's reports add up to."""

    events: int = 0
    dead: int = 0
    missing: int = 0
    injured: int = 0
    reloc: int = 0
    collapsed: int = 0
    damaged: int = 0
    sorties: int = 0


events = app.topic(INPUT, key_type=str, value_type=Event)
published = app.topic(OUTPUT, key_type=str, value_type=Sums)
table = app.Table("sums", default=Sums, partitions=PARTITIONS)
changed: set[str] = set()
seen = 0


@app.agent(events)
async def add(stream: faust.StreamT[Event]) -> None:
    """Add seven counters."""
    global seen
    async for event in stream:
        sums = table[event.unit]
        sums.events += 1
        sums.dead += event.dead
        sums.missing += event.missing
        sums.injured += event.injured
        sums.reloc += event.reloc
        sums.collapsed += event.collapsed
        sums.damaged += event.damaged
        sums.sorties += event.sorties
        table[event.unit] = sums
        changed.add(event.unit)
        seen += 1
        if seen % 100 == 0:
            print("progress", seen, time.monotonic(), flush=True)


@app.timer(1.0)
async def publish() -> None:
    """Publish what changed."""
    units = list(changed)
    changed.clear()
    for unit in units:
        await published.send(key=unit, value=table[unit])


if __name__ == "__main__":
    # Faust's spinner sets the root logger to DEBUG, which costs a third: in its favour nothing is logged.
    logging.disable(logging.INFO)
    faust.Worker(app, quiet=True, loglevel="ERROR", redirect_stdouts=False).execute_from_commandline()
