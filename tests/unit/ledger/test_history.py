"""Of any sequence of versions the highest is shown and every change on the way is told once."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from services.ledger.entries import LogMessage, OutcomeEntry, UpdateEntry
from services.ledger.history import (
    Published,
    figures_of,
    joined,
    newest_of,
    of_outcomes,
    of_updates,
)
from tests.integration.ledger_samples import COUNTY, EPOCH, INCIDENT, MORNING, NATION, outcome

FIGURES = st.dictionaries(st.sampled_from(["dead", "injured"]), st.sampled_from([b"1", b"2"]))
KEY = ("Exercise", INCIDENT, NATION)


def entry(version: int, figures: dict[str, bytes], unit: str = NATION) -> UpdateEntry:
    message = LogMessage("situation.updates", 0, version, b"", MORNING)
    return UpdateEntry(message, "Exercise", INCIDENT, unit, version, figures, None, None, None, True)


@given(st.lists(st.tuples(st.integers(0, 8), FIGURES)), st.integers(0, 20))
def test_history_in_batches_is_history_at_once(sent: list[tuple[int, dict[str, bytes]]], cut: int) -> None:
    entries = [entry(version, figures) for version, figures in sent]
    newest, changes = of_updates(entries, {})
    first, early = of_updates(entries[:cut], {})
    known = {found.key: Published(found.version, found.figures) for found in first}
    second, late = of_updates(entries[cut:], known)
    assert early + late == changes
    assert (second or first) == newest
    if entries:
        assert newest[0].version == max(version for version, _ in sent)
        shown = {key: figure for *_, key, _, figure, _ in changes}
        assert {key: figure for key, figure in shown.items() if figure is not None} == newest[0].figures
        for wanted in ("dead", "injured"):
            told = [figure for *_, key, _, figure, _ in changes if key == wanted]
            assert all(before != after for before, after in pairwise(told))


def test_units_do_not_mix() -> None:
    newest, changes = of_updates([entry(2, {"dead": b"1"}), entry(1, {"dead": b"1"}, COUNTY)], {})
    assert [found.unit for found in newest] == [NATION, COUNTY]
    assert len(changes) == 2


def test_a_stored_stale_version_counts_nothing() -> None:
    assert of_updates([entry(3, {"dead": b"9"})], {KEY: Published(3, {"dead": b"1"})}) == ([], [])


def test_figures_are_split_and_joined_without_loss() -> None:
    stored = b'{"dead":{"total":1.50},"unmapped.\xe5\xa4\xb4\\u0000":{"total":12345678901234567890.1234}}'
    assert joined(figures_of(stored)) == stored
    assert joined({}) == b"{}"


def test_an_outcome_that_says_the_same_again_is_no_change() -> None:
    message = LogMessage("record.outcomes", 0, 0, b"", MORNING)
    first, same = (OutcomeEntry(message, outcome("r", number)) for number in (1, 2))
    other = OutcomeEntry(message, outcome("r", 3, standing="superseded"))
    assert of_outcomes([first, same, other, first], {}) == ([other], [first, other])
    known = {"r": (EPOCH + 2, INCIDENT, "accepted", (), "effective")}
    assert of_outcomes([same, other], known) == ([other], [other])


def test_the_first_of_equal_versions_stays() -> None:
    assert newest_of(["a1", "b2", "c2"], lambda _: "key", lambda text: int(text[1])) == ["b2"]
