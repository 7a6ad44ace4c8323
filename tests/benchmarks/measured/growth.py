"""What a record costs and holds as the picture grows: folded in live batches, looked at whenever it has grown tenfold.

`python -m tests.benchmarks.measured.growth RECORDS INCIDENTS TOWNSHIPS LATE`; prints JSON lines {records, us, bytes}.
"""

from __future__ import annotations

import gc
import json
import sys
import time

import psutil

from fenghuo.platform.collector import spare_what_stays
from streams.picture.picture import Picture
from streams.picture.stamped import stamped_from
from tests.benchmarks.records import Kind, order_of_delivery, record

BATCH = 100
FIRST = 1_000
WINDOW = 0.5
"""Cost is taken over the last half before a mark: of what was there then, not of the start."""


def marks(number: int) -> list[int]:
    """1,000, 10,000 … and the end."""
    found, mark = [], FIRST
    while mark < number:
        found.append(mark)
        mark *= 10
    return [*found, number]


def grow(number: int, kind: Kind) -> None:
    """Fold them all."""
    order = order_of_delivery(number, kind.late)
    picture = Picture()
    process = psutil.Process()
    gc.collect()
    spare_what_stays()
    empty, spent, counted, done = process.memory_info().rss, 0.0, 0, 0
    for mark in marks(number):
        begins = mark - int((mark - done) * WINDOW)
        while done < mark:
            size = min(BATCH, mark - done)
            raw = [record(place, kind) for place in order[done : done + size]]
            began = time.process_time()
            picture.apply([stamped_from(each) for each in raw])
            took = time.process_time() - began
            done += size
            if done > begins:
                spent += took
                counted += size
            if done % (BATCH * 100) == 0:
                # As a worker does that has settled: what stays is not looked at again and again.
                spare_what_stays()
        held = process.memory_info().rss - empty
        print(json.dumps({"records": mark, "us": spent / counted * 1e6, "bytes": held / mark}), flush=True)
        spent, counted = 0.0, 0


if __name__ == "__main__":
    records, incidents, townships = map(int, sys.argv[1:4])
    grow(records, Kind(incidents=incidents, townships=townships, late=float(sys.argv[4])))
