"""An operator's file of points: what it may say, and what a mistake in it is called."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from fenghuo.embedded.errors import EmbeddedError
from fenghuo.embedded.launch import require_points
from fenghuo.platform.health import Health
from fenghuo.platform.settings import Settings, SettingsError
from services.ledger.points_file import (
    ImportedPoints,
    PointsFileError,
    parse_csv,
    parse_geojson,
    read_points,
)
from services.ledger.wiring import build

ATTRIBUTION = "汶川县地名数据，2023"
HEAD = f"# attribution: {ATTRIBUTION}\nunit,lon,lat\n"
AWAY = "127.0.0.1:1"


def feature(unit: Any = "513221105000", coordinates: Any = (103.41, 30.94), **members: Any) -> dict[str, Any]:
    return {
        "type": "Feature",
        "properties": {"unit": unit},
        "geometry": {"type": "Point", "coordinates": coordinates},
    } | members


def collection(*features: Any, **members: Any) -> str:
    return json.dumps(
        {"type": "FeatureCollection", "attribution": ATTRIBUTION, "features": features} | members
    )


def test_geojson() -> None:
    text = collection(feature(), feature("513221100000", [103.59, 31.47, 1326.0]))
    assert parse_geojson(text) == ImportedPoints(
        ATTRIBUTION, {"513221100000": (103.59, 31.47), "513221105000": (103.41, 30.94)}
    )


@pytest.mark.parametrize(
    "line", ["# attribution: {}", "#Attribution：{}", '"# attribution: {}",,', "# attribution: {},,"]
)
def test_csv_as_spreadsheets_save_it(tmp_path: Path, line: str) -> None:
    file = tmp_path / "points.csv"
    text = (
        f"{line.format(ATTRIBUTION)}\r\nname,Lat,LON,unit\r\n水磨镇,30.94,103.41,513221105000\r\n\r\n,,,\r\n"
    )
    file.write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert read_points(file) == ImportedPoints(ATTRIBUTION, {"513221105000": (103.41, 30.94)})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "is not JSON"),
        ("{}", "FeatureCollection"),
        (json.dumps({"type": "FeatureCollection", "features": []}), "attribution"),
        (collection(attribution=" "), "attribution"),
        (collection(features=None), "features"),
        (collection(feature(), 5), "feature 2: "),
        (collection(feature(geometry=None)), "feature 1: .*Point"),
        (collection(feature(geometry={"type": "Polygon", "coordinates": []})), "feature 1: .*Point"),
        (collection(feature(coordinates=[103.41])), "feature 1: .*coordinates"),
        (collection(feature(coordinates=["103.41", 30.94])), "feature 1: .*lon must be a number.*'103.41'"),
        (collection(feature(coordinates=[103.41, True])), "feature 1: .*lat must be a number"),
        (collection(feature(coordinates=[30.94, 103.41])), "feature 1: .*swapped"),
        (collection(feature(coordinates=[39.47, 75.99])), "feature 1: .*swapped"),
        (collection(feature(properties={})), "feature 1: .*unit"),
        (collection(feature(unit=513221105000)), "feature 1: .*12 digits"),
        (collection(feature(), feature(unit="51322110500")), "feature 2: .*12 digits, not '51322110500'"),
        (collection(feature(), feature()), "feature 2: 513221105000 .*twice.*feature 1"),
        ("unit,lon,lat\n", "line 1 .*attribution"),
        ("", "line 1 .*attribution"),
        (f"# attribution: {ATTRIBUTION}\n", "line 2: .*unit,lon,lat"),
        (f"# attribution: {ATTRIBUTION}\nunit,lon,lon\n", "line 2: .*unit,lon,lat"),
        (HEAD + "513221105000,103.41\n", "line 3: .*2 columns"),
        (HEAD + "513221105000,103.41,30.94\n5.13221E+11,103.41,30.94\n", "line 4: .*12 digits, not '5.13221E"),
        (HEAD + "513221105000,103°24′,30.94\n", "line 3: .*lon must be a number of degrees, not '103°24′'"),
        (HEAD + "513221105000,nan,30.94\n", "line 3: .*lon must be"),
        (HEAD + "513221105000,1e2,30.94\n", "line 3: .*lon must be"),
        (HEAD + "513221105000,30.94,103.41\n", "line 3: .*swapped"),
        (HEAD + "513221105000,103.41,30.94\n\n513221105000,103.42,30.94\n", "line 5: .*twice.*line 3"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_place_and_rule(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "points"
    file.write_text(text, "utf-8")
    with pytest.raises(PointsFileError, match=words) as caught:
        read_points(file)
    assert str(file) in str(caught.value)


def test_what_cannot_be_read_says_why(tmp_path: Path) -> None:
    with pytest.raises(PointsFileError, match="cannot be read"):
        read_points(tmp_path / "none.csv")
    file = tmp_path / "gbk.csv"
    file.write_bytes("# attribution: 汶川县\n".encode("gbk"))
    with pytest.raises(PointsFileError, match="save it as UTF-8"):
        read_points(file)


UNITS = st.from_regex(r"[0-9]{12}", fullmatch=True)
POSITIONS = st.dictionaries(UNITS, st.tuples(st.floats(73, 136), st.floats(3, 54)), max_size=20)


@given(POSITIONS)
def test_both_forms_say_the_same(positions: dict[str, tuple[float, float]]) -> None:
    rounded = {unit: (round(lon, 6), round(lat, 6)) for unit, (lon, lat) in positions.items()}
    as_json = parse_geojson(collection(*(feature(unit, list(place)) for unit, place in rounded.items())))
    as_csv = parse_csv(
        HEAD + "".join(f"{unit},{lon:.6f},{lat:.6f}\n" for unit, (lon, lat) in rounded.items())
    )
    assert as_json == as_csv == ImportedPoints(ATTRIBUTION, rounded)
    assert list(as_csv.positions) == sorted(rounded)


@given(st.text() | st.text().map(HEAD.__add__) | st.text().map("{".__add__))
def test_any_text_is_points_or_an_error_with_words(text: str) -> None:
    parse = parse_geojson if text.lstrip()[:1] == "{" else parse_csv
    try:
        found = parse(text)
    except PointsFileError:
        return
    assert found.attribution


def test_the_start_refuses_a_file_with_a_mistake(tmp_path: Path) -> None:
    file = tmp_path / "points.csv"
    file.write_text(HEAD + "513221105000,30.94,103.41\n", "utf-8")
    settings = Settings(kafka_bootstrap=AWAY, database_url=f"postgresql://{AWAY}/f", points=file)
    with pytest.raises(SettingsError, match=r"FENGHUO_POINTS: .*points\.csv: .*line 3: .*swapped"):
        build(settings, Health("test", CollectorRegistry()), None, CollectorRegistry())
    with pytest.raises(EmbeddedError, match="swapped"):
        require_points(settings)


def test_no_file_is_no_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FENGHUO_POINTS", "")
    assert Settings().points is None
    require_points(Settings())
