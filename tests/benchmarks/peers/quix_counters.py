"""Quix Streams doing the small job: stateful apply (its RocksDB state, no changelog), a unit published at most every second.

`python quix_counters.py BOOTSTRAP INPUT OUTPUT APP FOLDER`; prints `progress <events> <seconds>`.
"""

from __future__ import annotations

import sys
import time
from typing import Any

from quixstreams import Application, State

BOOTSTRAP, INPUT, OUTPUT, APP, FOLDER = sys.argv[1:6]
COUNTERS = ("dead", "missing", "injured", "reloc", "collapsed", "damaged", "sorties")

app = Application(
    broker_address=BOOTSTRAP,
    consumer_group=APP,
    auto_offset_reset="earliest",
    state_dir=FOLDER,
    use_changelog_topics=False,
    auto_create_topics=False,
    commit_interval=5.0,
    loglevel="WARNING",
)
seen = 0


def add(event: dict[str, Any], state: State) -> dict[str, Any] | None:
    """Add seven counters; the sums when they were not published for a second."""
    global seen
    sums = state.get("sums")
    if sums is None:
        sums = dict.fromkeys(COUNTERS, 0) | {"events": 0, "told": 0.0}
    for counter in COUNTERS:
        sums[counter] += event[counter]
    sums["events"] += 1
    now = time.monotonic()
    is_due = now - sums["told"] >= 1
    if is_due:
        sums["told"] = now
    state.set("sums", sums)
    seen += 1
    if seen % 1000 == 0:
        print("progress", seen, now, flush=True)
    return sums if is_due else None


frame = app.dataframe(app.topic(INPUT, key_deserializer="str", value_deserializer="json"))
frame = frame.apply(add, stateful=True)
frame = frame[frame.apply(lambda sums: sums is not None)]
frame.to_topic(app.topic(OUTPUT, key_serializer="str", value_serializer="json"))

if __name__ == "__main__":
    app.run()
