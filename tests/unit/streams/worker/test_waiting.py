"""Changes that wait are put together: of each key only what it says now."""

from __future__ import annotations

from schemas.outputs import Outcome, UnitUpdate
from streams.picture.shown import Change
from streams.worker.waiting import Waiting
from tests.unit.streams.records import NATION, TOWN


def outcome(incident_id: str, flags: tuple[str, ...] = ()) -> Outcome:
    return Outcome(
        record_id="r",
        status="Exercise",
        incident_id=incident_id,
        type="loss_report",
        disposition="accepted",
        flags=flags,  # type: ignore[arg-type]
        standing="effective",
    )


def row(unit: str, merged_into: str | None = None) -> UnitUpdate:
    return UnitUpdate(status="Exercise", incident_id="a", unit=unit, figures={}, merged_into=merged_into)


def everything(waiting: Waiting) -> list[Change]:
    return waiting.take(lambda _: True, lambda _: True)[0]


def test_the_newest_word_on_a_row_is_told_in_its_place() -> None:
    waiting = Waiting()
    waiting.add([Change("Exercise", "a", "a", updates=(row(NATION), row(TOWN)))], [])
    waiting.add([Change("Exercise", "a", "b", updates=(row(NATION, "b"),))], [])
    (change,) = everything(waiting)
    assert change.canonical_id == "b"
    assert change.updates == (row(TOWN), row(NATION, "b"))
    assert everything(waiting) == []


def test_a_whole_change_makes_what_waited_before_it_void() -> None:
    waiting = Waiting()
    waiting.add([Change("Exercise", "a", "a", updates=(row(TOWN),))], [])
    waiting.add([Change("Exercise", "a", "a", updates=(row(NATION),), whole=True)], [])
    waiting.add([Change("Exercise", "a", "a", outcomes=(outcome("a"),))], [])
    (change,) = everything(waiting)
    assert (change.updates, change.outcomes, change.whole) == ((row(NATION),), (outcome("a"),), True)


def test_a_record_that_is_judged_in_another_incident_has_one_outcome() -> None:
    waiting = Waiting()
    waiting.add([Change("Exercise", "b", "b", updates=(row(NATION),))], [])
    waiting.add([Change("Exercise", "a", "a", outcomes=(outcome("a"),))], [])
    waiting.add([Change("Exercise", "b", "b", outcomes=(outcome("b"),))], [])
    assert [each for change in everything(waiting) for each in change.outcomes] == [outcome("b")]
