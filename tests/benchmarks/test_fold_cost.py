"""What a record costs the fold: in order, in batches, shuffled, late (issue "cost of a change, not of the history").

Prints ratios, asserts none: machines differ. `FENGHUO_BENCH_SIZE=n` folds n records in order (default 2,000);
`python -m tests.benchmarks.test_fold_cost` prints the whole table.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from random import Random
from typing import Any

from streams.picture.picture import Picture
from streams.picture.stamped import Stamped, stamped_from

SIZE = int(os.environ.get("FENGHUO_BENCH_SIZE", "2000"))
START = datetime(2024, 7, 9, 8, tzinfo=timezone(timedelta(hours=8)))
TOWNSHIPS = [f"3713{county:02d}{town:03d}000" for county in range(1, 15) for town in range(100, 113)]
KEYS = ("pop_affected", "missing", "dead", "reloc_cum", "rooms_collapsed", "road_damaged_km")


def loss_reports(count: int, townships: list[str], *, seed: int = 7) -> list[Stamped]:
    """Small loss reports, 3 cells each, every one with a reason and a later as_of than the one before."""
    rng = Random(seed)
    made = []
    for number in range(count):
        at = (START + timedelta(seconds=number)).isoformat()
        unit = rng.choice(townships)
        values = {key: number // 50 + rng.randrange(9) for key in rng.sample(KEYS[1:], 3)}
        record: dict[str, Any] = {
            "record_id": f"r{number:07d}",
            "type": "loss_report",
            "incident_id": "010400-371300-20240709-01",
            "status": "Exercise",
            "source": {"org": f"{unit}应急办", "class": "official_stat", "level": "township"},
            "as_of": at,
            "sent_at": at,
            "received_at": at,
            "reason": "续报",
            "rows": [{"unit": unit, "values": values}],
        }
        made.append(stamped_from(json.dumps(record, ensure_ascii=False).encode()))
    return made


def fold(records: list[Stamped], batch: int) -> float:
    """Seconds of processor time to fold them in batches of this size."""
    for stamped in records:
        _ = (stamped.stated, stamped.holds)  # read once, whatever the fold
    picture = Picture()
    began = time.process_time()
    for start in range(0, len(records), batch):
        picture.apply(records[start : start + batch])
    return time.process_time() - began


def shuffled(records: list[Stamped]) -> list[Stamped]:
    """The same records in another order of delivery."""
    Random(1).shuffle(records)
    return records


def late(records: list[Stamped], share: float) -> list[Stamped]:
    """This share of the records is delivered anywhere later than its turn."""
    rng = Random(2)
    ranked = [
        (rng.uniform(place, len(records)) if rng.random() < share else place, place)
        for place in range(len(records))
    ]
    return [records[place] for _, place in sorted(ranked)]


def cases(size: int) -> Iterator[tuple[str, int, Callable[[], float]]]:
    """(what, records, run)."""
    fifth = size // 10
    one = TOWNSHIPS[:1]
    yield "in order, one batch", size, lambda: fold(loss_reports(size, TOWNSHIPS), size)
    yield "in order, batches of 100", size, lambda: fold(loss_reports(size, TOWNSHIPS), 100)
    yield "in order, one by one", size, lambda: fold(loss_reports(size, TOWNSHIPS), 1)
    yield "10 % late, one by one", size, lambda: fold(late(loss_reports(size, TOWNSHIPS), 0.1), 1)
    yield "50 % late, one by one", size, lambda: fold(late(loss_reports(size, TOWNSHIPS), 0.5), 1)
    yield "shuffled, one by one", fifth, lambda: fold(shuffled(loss_reports(fifth, TOWNSHIPS)), 1)
    yield "shuffled, one by one", size // 2, lambda: fold(shuffled(loss_reports(size // 2, TOWNSHIPS)), 1)
    yield "shuffled, one township", fifth, lambda: fold(shuffled(loss_reports(fifth, one)), 1)
    yield "shuffled, one township", size // 2, lambda: fold(shuffled(loss_reports(size // 2, one)), 1)


def table(size: int) -> None:
    """Print records/s and the cost of a record beside one of the first case."""
    unit = None
    for what, count, run in cases(size):
        each = run() / count
        unit = unit or each
        print(f"{what:28} {count:7,} records {1 / each:9,.0f} records/s {each / unit:8.1f} x", flush=True)


def test_cost_of_a_record() -> None:
    table(SIZE)


if __name__ == "__main__":
    table(10_000)
