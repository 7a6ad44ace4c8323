"""The fold alone, without I/O, beside decoding the same bytes and beside bare dictionary writes of the same cells.

`python -m tests.benchmarks.measured.fold RECORDS CELLS BATCH`; prints one line of JSON, records/s each.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from collections.abc import Callable

import msgspec

from fenghuo.platform.collector import spare_what_stays
from schemas.parsing import parse_record
from streams.picture.picture import Picture
from streams.picture.stamped import Stamped, stamped_from
from tests.benchmarks.records import Kind, records


def fold_all(stamped: list[Stamped], batch: int) -> Picture:
    """In batches as the worker gets them."""
    picture = Picture()
    for start in range(0, len(stamped), batch):
        picture.apply(stamped[start : start + batch])
    return picture


def write_cells(cells: list[list[tuple[str, str, int]]]) -> dict[tuple[str, str], int]:
    """The least that any fold does: the last value of every cell."""
    kept: dict[tuple[str, str], int] = {}
    for each in cells:
        for unit, key, value in each:
            kept[unit, key] = value
    return kept


def cells_of(raw: bytes) -> list[tuple[str, str, int]]:
    """(unit, key, value) of a record."""
    return [
        (row["unit"], key, value) for row in json.loads(raw)["rows"] for key, value in row["values"].items()
    ]


def seconds(work: Callable[[], object]) -> float:
    """Of processor time; what was made before is not collected meanwhile."""
    gc.collect()
    spare_what_stays()
    began = time.process_time()
    kept = work()
    took = time.process_time() - began
    del kept
    return took


def measure(number: int, cells: int, batch: int) -> dict[str, float]:
    """Records per second of each."""
    raw = list(records(number, Kind(cells=cells)))
    made = [stamped_from(each) for each in raw]
    plain = [cells_of(each) for each in raw]
    untyped = msgspec.json.Decoder().decode
    took = {
        "fold": seconds(lambda: fold_all(made, batch)),
        "decode": seconds(lambda: [stamped_from(each) for each in raw]),
        "parse": seconds(lambda: [parse_record(each) for each in raw]),
        "json": seconds(lambda: [untyped(each) for each in raw]),
        "dictionary": seconds(lambda: write_cells(plain)),
    }
    return {what: number / each for what, each in took.items()} | {"bytes": sum(map(len, raw)) / number}


if __name__ == "__main__":
    print(json.dumps(measure(*map(int, sys.argv[1:]))))
