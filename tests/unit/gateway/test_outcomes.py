"""Of outcomes the newest are kept, and nothing old comes back as news."""

from __future__ import annotations

from schemas.outputs import Outcome
from services.gateway.outcomes import NewestOutcomes, OutcomesAtStart


def outcome(record: str, version: int, standing: str = "effective") -> Outcome:
    return Outcome(
        record_id=record,
        status="Actual",
        incident_id="A",
        type="clue",
        disposition="accepted",
        flags=(),
        standing=standing,  # type: ignore[arg-type]
        version=version,
    )


def newest(store: NewestOutcomes, since: int = 0) -> list[str]:
    return [item.record_id for _, item in store.changed(since)]


def test_newest_first_and_once_each() -> None:
    store = NewestOutcomes(keep=10, remember=10)
    assert store.apply(outcome("a", 1), 1)
    assert store.apply(outcome("b", 2), 2)
    assert store.apply(outcome("a", 3, "superseded"), 3)
    assert newest(store) == ["a", "b"]
    assert newest(store, since=2) == ["a"]


def test_lower_versions_and_repeats_are_no_news() -> None:
    store = NewestOutcomes(keep=10, remember=10)
    store.apply(outcome("a", 5), 1)
    assert not store.apply(outcome("a", 4, "held"), 2)
    assert not store.apply(outcome("a", 5, "held"), 2)
    assert not store.apply(outcome("a", 9), 2), "a rebuild published it again"
    assert not store.apply(outcome("a", 8, "held"), 2), "the repeat's version counts all the same"


def test_memory_is_bounded_and_the_loss_is_told() -> None:
    store = NewestOutcomes(keep=3, remember=4)
    for number in range(1, 21):
        store.apply(outcome(f"r{number}", number), number)
    assert newest(store) == ["r20", "r19", "r18"]
    assert store.lost(since=16)
    assert not store.lost(since=17)
    assert len(store._forgotten) == 4


def test_what_was_let_go_comes_back_only_when_it_changed() -> None:
    store = NewestOutcomes(keep=1, remember=4)
    store.apply(outcome("a", 1), 1)
    store.apply(outcome("b", 2), 2)
    assert not store.apply(outcome("a", 3), 3)
    assert not store.apply(outcome("a", 2, "held"), 3)
    assert store.apply(outcome("a", 4, "superseded"), 3)
    assert newest(store) == ["a"]


def test_at_start_the_newest_of_all_partitions_are_kept_in_the_order_of_time() -> None:
    store = NewestOutcomes(keep=3, remember=10)
    read = OutcomesAtStart(store, keep=3)
    for partition, appended in ((0, (10, 40, 60)), (1, (20, 30, 50, 55, 70))):
        for at in appended:
            read.add(partition, at, outcome(f"r{at}", at))
    for number, found in enumerate(read.in_order(), start=1):
        store.apply(found, number)

    assert newest(store) == ["r70", "r60", "r55"]
    assert store.lost(0)
    assert not store.apply(outcome("r20", 20), 99), "its version is remembered though it is not kept"
    assert store.apply(outcome("r20", 21, "returned"), 100)


def test_at_start_an_outcome_that_changed_late_is_kept_as_it_is_last() -> None:
    store = NewestOutcomes(keep=2, remember=10)
    read = OutcomesAtStart(store, keep=2)
    for version, (record, standing) in enumerate(
        [("a", "effective"), ("b", "effective"), ("c", "effective"), ("a", "superseded")], start=1
    ):
        read.add(0, version, outcome(record, version, standing))
    for number, found in enumerate(read.in_order(), start=1):
        store.apply(found, number)

    assert [(each.record_id, each.standing) for _, each in store.changed(0)] == [
        ("a", "superseded"),
        ("c", "effective"),
    ]
