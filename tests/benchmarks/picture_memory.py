"""What a picture keeps in memory: bytes a thin entry, a record in full, a cell, an incident at rest; and its snapshots.

Memory is measured with tracemalloc, so exact and the same on every machine with the same Python. The records are those of
`tests.benchmarks.records`, 0.3 KB with 3 cells and 0.8 KB with 24. `python -m tests.benchmarks.picture_memory` prints the
table; `--json FILE` keeps it.
"""

from __future__ import annotations

import argparse
import gc
import json
import time
import tracemalloc
from collections.abc import Callable, Iterable
from pathlib import Path

from schemas.topics import INCIDENT_REPORTS
from streams.picture.picture import Picture
from streams.picture.snapshots import Snapshot, read
from streams.picture.stamped import Stamped, stamped_from
from tests.benchmarks.machine import described
from tests.benchmarks.records import LARGE, SMALL, START, Kind, incident_of, record
from tests.benchmarks.report import Report

BATCH = 500
RECORDS = {SMALL: 8_000, LARGE: 2_000}
FEW, MANY = 20, 2_000
"""Townships: few cells with many entries each, or many cells with few."""


def main() -> None:
    """Measure, print the table, write the JSON."""
    options = argparse.ArgumentParser(prog="python -m tests.benchmarks.picture_memory", description=__doc__)
    options.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    asked = options.parse_args()
    report = run()
    print(report.table())
    if asked.json:
        content = {"machine": described(), "benchmarks": [report.as_json()]}
        asked.json.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", "utf-8")


def run() -> Report:
    """All figures, each beside the bytes of the record on the log."""
    report = Report("picture_memory")
    for cells in (SMALL, LARGE):
        on_log = len(record(0, Kind(cells=cells)))
        beside = f"{on_log} B on the log"
        each = {
            "thin entry (another worker's record)": _bytes_thin(cells),
            "record decoded": _bytes_decoded(cells),
            "record in full, folded, shown": _bytes_full(cells),
            "record of an incident at rest": _bytes_at_rest(cells),
        }
        for what, found in each.items():
            report.add(f"{what}, {cells} cells", found, "B", beside=beside, ratio=found / on_log)
    a_cell = _bytes_a_cell()
    report.add(
        "cell with its figure and totals",
        a_cell,
        "B",
        beside="record in full",
        ratio=a_cell / _bytes_in_full(report),
    )
    for cells in (SMALL, LARGE):
        _add_snapshot(report, cells)
    report.notes.append(
        "A record: what it adds where its cells exist already. A cell: what a record with a unit of its own adds beside, "
        "by cell. At rest: a closed incident that was released."
    )
    return report


def _add_snapshot(report: Report, cells: int) -> None:
    """What an incident's snapshot takes, beside decoding and folding the same records; processor time a record."""
    kind, count = Kind(cells=cells), RECORDS[cells]
    picture = Picture()
    fold = _seconds(lambda: _fold(picture, range(count), kind)) / count
    taken: list[Snapshot] = []

    def take() -> None:
        snapshot = picture.snapshot("Exercise", incident_of(0, kind))
        assert snapshot is not None
        taken.append(snapshot)

    taking = _seconds(take) / count
    content = taken[0].content
    reading = _seconds(lambda: read(content, picture.world("Exercise"))) / count
    on_log = len(record(0, kind))
    report.add(
        f"snapshot, {cells} cells",
        len(content) / count,
        "B",
        beside=f"{on_log} B on the log",
        ratio=len(content) / count / on_log,
    )
    for what, seconds in (("taking", taking), ("loading", reading)):
        report.add(
            f"{what} a snapshot, {cells} cells",
            seconds * 1e6,
            "µs a record",
            beside=f"{fold * 1e6:.0f} µs to decode and fold it",
            ratio=seconds / fold,
        )


def _seconds(work: Callable[[], object]) -> float:
    """Processor time, without pauses of the garbage collector, as in a worker that froze what it has."""
    gc.collect()
    gc.disable()
    began = time.process_time()
    try:
        work()
        return time.process_time() - began
    finally:
        gc.enable()


def _bytes_in_full(report: Report) -> float:
    """The bytes of a small record in full."""
    return next(
        line.figure
        for line in report.measures
        if line.what.startswith(f"record in full, folded, shown, {SMALL}")
    )


def _bytes_thin(cells: int) -> float:
    picture = Picture(lambda _: False)
    return _growth(picture, cells, Kind(cells=cells, townships=FEW, incidents=20))


def _bytes_decoded(cells: int) -> float:
    kind = Kind(cells=cells, townships=FEW)
    kept: list[Stamped] = []
    return _traced(lambda: kept.extend(_deliveries(range(RECORDS[cells]), kind))) / RECORDS[cells]


def _bytes_full(cells: int) -> float:
    return _growth(Picture(), cells, Kind(cells=cells, townships=FEW))


def _bytes_at_rest(cells: int) -> float:
    kind = Kind(cells=cells, townships=FEW)
    picture = Picture()

    def close() -> None:
        _fold(picture, range(RECORDS[cells]), kind)
        picture.apply([_closing(kind)])
        for closed in list(picture.closed_incidents()):
            assert picture.release(closed.status, closed.incident_id)

    return _traced(close) / RECORDS[cells]


def _bytes_a_cell() -> float:
    """What the same records add in many units beyond what they add in few; by cell."""
    count = RECORDS[SMALL]
    few, many = Picture(), Picture()
    least = _traced(lambda: _fold(few, range(count), Kind(townships=FEW)))
    most = _traced(lambda: _fold(many, range(count), Kind(townships=MANY)))
    return (most - least) / (_cells(many) - _cells(few))


def _cells(picture: Picture) -> int:
    folds = [fold for _, fold in picture.world("Exercise").folds()]
    return sum(len(list(fold.totals.keys(unit))) for fold in folds for unit in fold.totals.units())


def _growth(picture: Picture, cells: int, kind: Kind) -> float:
    """Bytes a record, once its cells exist."""
    count = RECORDS[cells]
    _fold(picture, range(count // 4), kind)
    return _traced(lambda: _fold(picture, range(count // 4, count // 4 + count), kind)) / count


def _fold(picture: Picture, places: range, kind: Kind) -> None:
    for first in range(places.start, places.stop, BATCH):
        picture.apply(_deliveries(range(first, min(first + BATCH, places.stop)), kind))


def _deliveries(places: Iterable[int], kind: Kind) -> Iterable[Stamped]:
    return (stamped_from(record(place, kind), (INCIDENT_REPORTS.name, 0, place)) for place in places)


def _closing(kind: Kind) -> Stamped:
    at = START.isoformat()
    content = {
        "record_id": "closing",
        "type": "incident_close",
        "incident_id": incident_of(0, kind),
        "status": "Exercise",
        "source": {"org": "县应急管理局", "class": "official_stat", "level": "county"},
    }
    raw = json.dumps(content | dict.fromkeys(("as_of", "sent_at", "received_at"), at)).encode()
    return stamped_from(raw, (INCIDENT_REPORTS.name, 0, 0))


def _traced(work: Callable[[], object]) -> int:
    """Bytes that are held after some work and were not before."""
    gc.collect()
    tracemalloc.start()
    try:
        work()
        gc.collect()
        return tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()


if __name__ == "__main__":
    main()
