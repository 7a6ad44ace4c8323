"""Where an office stands is no part of the picture: no `location`, whatever it is, changes a figure or a judgement."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.property.both_folds import Viewer
from tests.property.generators.sets import record_sets
from tests.property.generators.vocabulary import Json
from tests.property.test_law import law

LOCATIONS: list[Any] = [
    {"lon": 103.41254, "lat": 30.94136, "unit": "513221105000", "accuracy_m": 12},
    {"lon": 103.5, "lat": 31, "captured_at": "2026-08-20T09:00:00+08:00"},
    {"lon": "east", "lat": None},
    {"rows": [{"unit": "513221105000", "values": {"dead": 9}}], "reason": "核实", "supersedes": "r-1"},
    [103.4, 30.9],
    "水磨镇",
    1e15,
    None,
]


@law(60)
@given(record_sets(most=40), st.data())
def test_no_location_is_judged(records: list[Json], data: st.DataObject) -> None:
    # One content an id: which of several is the record depends on every field (records.md 2).
    plain = list({record["record_id"]: record for record in records}.values())
    located = [record | {"location": data.draw(st.sampled_from(LOCATIONS))} for record in plain]
    without, with_locations = Viewer(), Viewer()
    without.apply(plain)
    with_locations.apply(located)
    assert with_locations.seen() == without.seen()
    assert len(without.seen()["outcomes"]) == len(plain)
