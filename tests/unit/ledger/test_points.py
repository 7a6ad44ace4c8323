"""What a report's `location` says of its office; what is no location is nobody's error."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.canonical import content_digest
from schemas.parsing import parse_record
from services.ledger.entries import JournalEntry, LogMessage, decode
from services.ledger.points import CapturedPoint, in_china, level_of
from tests.integration.ledger_samples import COUNTY, MORNING, NATION, TOWN, report

OFFICE = {"org": "水磨镇人民政府应急办", "class": "official_stat", "level": "township"}
PLACE = {"lon": 103.41254, "lat": 30.94136}


def located(location: Any, **fields: Any) -> dict[str, Any]:
    given: dict[str, Any] = {"source": OFFICE, "rows": [{"unit": TOWN, "values": {"dead": 1}}]} | fields
    return report(1, location=location, **given)


def entry_of(record: dict[str, Any]) -> JournalEntry:
    entry = decode(LogMessage("incident.reports", 0, 7, json.dumps(record).encode(), MORNING))
    assert isinstance(entry, JournalEntry), entry
    return entry


def point_of(record: dict[str, Any]) -> CapturedPoint | None:
    return entry_of(record).point


def test_a_report_states_where_its_office_is() -> None:
    record = located(PLACE | {"accuracy_m": 12, "captured_at": "2026-08-19T18:20:00+08:00"})
    assert point_of(record) == CapturedPoint(
        status="Exercise",
        unit=TOWN,
        record_id="r-00001",
        digest=content_digest(json.dumps(record).encode()),
        lon=103.41254,
        lat=30.94136,
        accuracy_m=12,
        captured_at=datetime.fromisoformat("2026-08-19T10:20:00+00:00"),
    )


def test_without_a_time_of_its_own_it_is_as_of_the_report() -> None:
    point = point_of(located(PLACE))
    assert point is not None
    assert (point.captured_at, point.accuracy_m) == (MORNING + timedelta(seconds=1), None)


def test_a_device_ahead_of_time_does_not_hold_the_place() -> None:
    point = point_of(located(PLACE | {"captured_at": "2031-01-01T00:00:00Z"}))
    assert point is not None
    assert point.captured_at == MORNING + timedelta(seconds=1)


@pytest.mark.parametrize(
    "location",
    [
        None, "水磨镇政府大院", [], [103.4, 30.9], {}, {"lon": 103.4}, {"lon": "103.4", "lat": 30.9},
        {"lon": True, "lat": 30.9}, {"lon": 181, "lat": 30.9}, {"lon": 30.9, "lat": 103.4}, {"lon": 0, "lat": 0},
        {"lon": 30.9, "lat": 76.1}, PLACE | {"accuracy_m": -1}, PLACE | {"accuracy_m": "12"},
        PLACE | {"captured_at": "yesterday"}, PLACE | {"captured_at": "2026-08-20T09:00:00"},
        PLACE | {"captured_at": 1787187000}, PLACE | {"unit": "513221"}, PLACE | {"unit": 513221105000},
        {"lon": 10**400, "lat": 30.9},
    ],
)  # fmt: skip
def test_what_is_no_location_is_kept_and_ignored(location: Any) -> None:
    entry = entry_of(located(location))
    assert entry.point is None
    assert json.loads(entry.content)["location"] == location


def test_a_number_beyond_all_bounds_is_kept_and_ignored_too() -> None:
    value = json.dumps(located("?")).replace('"?"', '{"lon": 1e999, "lat": -1e-999}').encode()
    entry = decode(LogMessage("incident.reports", 0, 7, value, MORNING))
    assert isinstance(entry, JournalEntry)
    assert entry.point is None


@pytest.mark.parametrize(
    ("fields", "unit"),
    [
        # The only unit that the record names, where its office reports.
        ({}, TOWN),
        ({"source": OFFICE | {"level": "county"}}, None),
        ({"source": OFFICE | {"class": "media"}}, None),
        ({"source": OFFICE | {"class": "command_post"}}, None),
        ({"rows": [{"unit": TOWN, "values": {}}, {"unit": COUNTY, "values": {}}]}, None),
        ({"rows": []}, None),
        ({"type": "clue"}, None),
        ({"source": OFFICE | {"level": "county"}, "rows": [{"unit": COUNTY, "values": {}}]}, COUNTY),
        (
            {"source": OFFICE | {"class": "grid", "level": "village"},
             "rows": [{"unit": "513221100201", "values": {}}]},
            "513221100201",
        ),
    ],
)  # fmt: skip
def test_it_is_the_place_of_the_reporting_unit_only(fields: dict[str, Any], unit: str | None) -> None:
    point = point_of(located(PLACE, **fields))
    assert (point.unit if point else None) == unit


def test_the_location_may_name_the_unit() -> None:
    rows = [{"unit": "513221101000", "values": {}}, {"unit": "513221102000", "values": {}}]
    point = point_of(located(PLACE | {"unit": TOWN}, rows=rows))
    assert point is not None
    assert point.unit == TOWN
    assert point_of(located(PLACE | {"unit": COUNTY}, rows=rows)) is None


def test_a_zero_report_states_it_too() -> None:
    assert point_of(located(PLACE | {"unit": TOWN}, type="zero_report", rows=[])) is not None


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.integers()
    | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["lon", "lat", "unit", "accuracy_m", "captured_at"]) | st.text(max_size=5), inner
        )
    ),
    max_leaves=8,
)


@given(json_values)
def test_no_location_changes_anything_but_the_point(location: Any) -> None:
    """Never a refusal, and the record says and names what it did."""
    record = located(location, rows=[{"unit": TOWN, "values": {}}])
    plain = {key: value for key, value in record.items() if key != "location"}
    parsed, without = parse_record(json.dumps(record).encode()), parse_record(json.dumps(plain).encode())
    assert [getattr(parsed, field) for field in parsed.__struct_fields__ if field != "location"] == [
        getattr(without, field) for field in without.__struct_fields__ if field != "location"
    ]
    entry = entry_of(record)
    assert (entry.units, entry.scopes) == (entry_of(plain).units, entry_of(plain).scopes)
    # Content equality takes it in as it does any field (records.md 2).
    assert entry.digest != entry_of(plain).digest
    if entry.point is not None:
        assert in_china(entry.point.lon, entry.point.lat)
        assert level_of(entry.point.unit) == "township"


@pytest.mark.parametrize(
    ("unit", "level"),
    [
        (NATION, "nation"),
        ("510000000000", "province"),
        ("513200000000", "prefecture"),
        (COUNTY, "county"),
        (TOWN, "township"),
        ("441900003000", "township"),
        ("513221100201", "village"),
    ],
)
def test_the_level_of_a_code(unit: str, level: str) -> None:
    assert level_of(unit) == level
