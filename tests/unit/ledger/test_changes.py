"""A change is never split, a position never stands behind rows that were not taken."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from schemas.outputs import encoder
from services.ledger.changes import Assembly, Batch
from services.ledger.entries import LogMessage
from tests.integration.ledger_samples import COUNTY, MORNING, NATION, update

TOPIC = "situation.updates"


def row(partition: int, offset: int, unit: str, *, last: bool = False) -> LogMessage:
    value = encoder.encode(update(unit, offset + 1, {}, last=last))
    return LogMessage(TOPIC, partition, offset, value, MORNING + timedelta(seconds=offset))


def test_an_open_change_waits_and_holds_its_position() -> None:
    assembly = Assembly({(TOPIC, 0): 0, (TOPIC, 1): 0})
    first = assembly.take([row(0, 0, NATION, last=True), row(0, 1, COUNTY), row(1, 0, NATION, last=True)])
    assert [(entry.message.partition, entry.message.offset) for entry in first.updates] == [(0, 0), (1, 0)]
    assert assembly.applied == {(TOPIC, 0): 1, (TOPIC, 1): 1}
    second = assembly.take([row(0, 2, COUNTY)])
    assert not second
    third = assembly.take([row(0, 3, NATION, last=True)])
    assert [entry.message.offset for entry in third.updates] == [1, 2, 3]
    assert (third.advances[(TOPIC, 0)].before, third.advances[(TOPIC, 0)].after) == (1, 4)


def test_poison_inside_a_change_does_not_move_the_position() -> None:
    assembly = Assembly({(TOPIC, 0): 0})
    batch = assembly.take([row(0, 0, COUNTY), LogMessage(TOPIC, 0, 1, b"poison", MORNING)])
    assert len(batch.dead_letters) == 1
    assert not batch.advances


@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=40))
def test_any_cut_into_batches_gives_the_same_rows(rows: list[tuple[bool, bool]]) -> None:
    """`rows`: does a change end here, does a batch end here. A crash after any batch loses and doubles nothing."""
    messages = [row(0, offset, COUNTY, last=last) for offset, (last, _) in enumerate(rows)]
    whole = Assembly({(TOPIC, 0): 0}).take(messages).updates
    taken: list[int] = []
    assembly, pending = Assembly({(TOPIC, 0): 0}), []
    for message, (_, ends) in zip(messages, rows, strict=True):
        pending.append(message)
        if not ends:
            continue
        batch: Batch = assembly.take(pending)
        taken += [entry.message.offset for entry in batch.updates]
        # Killed here: the next session reads again from the position.
        position = assembly.applied[(TOPIC, 0)]
        assembly = Assembly({(TOPIC, 0): position})
        pending = messages[position : message.offset + 1]
    taken += [entry.message.offset for entry in assembly.take(pending).updates]
    assert taken == [entry.message.offset for entry in whole]
