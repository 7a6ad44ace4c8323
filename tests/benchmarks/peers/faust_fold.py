"""A stock Faust agent doing the same fold: event by event, every change sent at once through Faust topics.

It runs our own pure modules (`PYTHONPATH`), so the difference is the host. `python faust_fold.py BOOTSTRAP INPUT APP FOLDER
PARTITIONS`; prints `progress <records> <seconds>`.
"""

from __future__ import annotations

import logging
import sys
import time

import faust

from schemas.outputs import alarm_key, encoder, update_key
from schemas.topics import RECORD_OUTCOMES, SITUATION_ALARMS, SITUATION_UPDATES
from streams.picture.picture import Picture
from streams.picture.shown import Change
from streams.picture.stamped import stamped_from

BOOTSTRAP, INPUT, APP, FOLDER = sys.argv[1:5]
PARTITIONS = int(sys.argv[5])

app = faust.App(
    APP,
    broker=f"kafka://{BOOTSTRAP}",
    datadir=FOLDER,
    web_enabled=False,
    topic_partitions=PARTITIONS,
    topic_disable_leader=True,
    consumer_auto_offset_reset="earliest",
)
raw = {"key_serializer": "raw", "value_serializer": "raw"}
reports = app.topic(INPUT, **raw)
updates = app.topic(SITUATION_UPDATES.name, **raw)
outcomes = app.topic(RECORD_OUTCOMES.name, **raw)
alarms = app.topic(SITUATION_ALARMS.name, **raw)
picture = Picture()
seen = 0


@app.agent(reports)
async def fold(stream: faust.StreamT[bytes]) -> None:
    """Fold one record, publish what it changed."""
    global seen
    async for value in stream:
        for change in picture.apply([stamped_from(value)]).incidents:
            await publish(change)
        seen += 1
        if seen % 50 == 0:
            print("progress", seen, time.monotonic(), flush=True)


async def publish(change: Change) -> None:
    """Rows, outcomes, alarms."""
    for row in change.updates:
        key = update_key(row.status, row.incident_id, row.unit)
        await updates.send(key=key, value=encoder.encode(row))
    for outcome in change.outcomes:
        await outcomes.send(key=outcome.record_id.encode(), value=encoder.encode(outcome))
    for alarm in change.alarms:
        await alarms.send(key=alarm_key(alarm), value=encoder.encode(alarm))


if __name__ == "__main__":
    logging.disable(logging.INFO)
    faust.Worker(app, quiet=True, loglevel="ERROR", redirect_stdouts=False).execute_from_commandline()
