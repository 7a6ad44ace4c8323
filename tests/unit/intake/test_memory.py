"""What intake remembers."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from services.intake.memory import KnownIds, RecentRecords
from tests.unit.intake.fakes import MORNING, stamped


def test_the_least_recently_seen_id_is_forgotten() -> None:
    known = KnownIds(3)
    for number in (1, 2, 3):
        known.remember(stamped(number))
    assert known.find("r1") is not None
    known.remember(stamped(4))
    assert known.find("r2") is None
    assert [record_id for record_id in ("r1", "r3", "r4") if known.find(record_id)] == ["r1", "r3", "r4"]


def test_the_earliest_stamp_of_one_content_counts() -> None:
    known = KnownIds(3)
    later = stamped(1)
    earlier = msgspec.structs.replace(later, stamp=later.stamp - timedelta(hours=1))
    for record in (later, earlier, later):
        known.remember(record)
    found = known.find("r1")
    assert found is not None
    assert found.stamp == earlier.stamp


def test_recalled_ids_are_older_than_all_known_ones() -> None:
    known = KnownIds(3)
    known.remember(stamped(1))
    known.recall([("r1", b"other", MORNING), ("n", b"", MORNING), ("o", b"", MORNING), ("p", b"", MORNING)])
    assert len(known) == 3
    mine = known.find("r1")
    assert mine is not None
    assert mine.digest == stamped(1).digest, "what this process acknowledged stands"
    known.remember(stamped(2))
    assert known.find("o") is None, "the oldest of the recalled goes first"
    assert known.find("n") is not None


def test_the_newest_records_are_found_within_their_bytes() -> None:
    recent = RecentRecords(max_bytes=350)
    for number in range(4):
        recent.add(stamped(number, size=80))
    assert recent.find("r0") is None
    assert recent.find("r3") == stamped(3, size=80).value
    again = msgspec.structs.replace(stamped(3), value=b"{}")
    recent.add(again)
    assert recent.find("r3") == b"{}"
    recent.add(stamped(5, size=80))
    assert recent.find("r2") is not None, "a replaced value gives its bytes back"
