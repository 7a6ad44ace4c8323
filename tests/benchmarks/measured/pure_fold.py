"""Decode and fold records that are there, judged once at the end as a takeover does. Prints the seconds by the clock and of processor time.

`python -m tests.benchmarks.measured.pure_fold RECORDS INCIDENTS`
"""

from __future__ import annotations

import sys
import time

from fenghuo.platform.collector import spare_what_stays
from streams.picture.picture import Picture
from streams.picture.stamped import stamped_from
from tests.benchmarks.records import Kind, records


def main(number: int, incidents: int) -> None:
    """Fold."""
    raw = list(records(number, Kind(incidents=incidents)))
    spare_what_stays()
    began, spent = time.monotonic(), time.process_time()
    picture = Picture()
    picture.admit(stamped_from(each) for each in raw)
    picture.settle()
    print(time.monotonic() - began, time.process_time() - spent)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
