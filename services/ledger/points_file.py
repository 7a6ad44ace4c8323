"""An operator's file of points: GeoJSON (a FeatureCollection of Points with a property `unit`) or CSV (unit,lon,lat).

WGS84 degrees. Where the coordinates come from must stand in the file, since the map shows it: the member `attribution`
of the GeoJSON, a first line `# attribution: …` of the CSV. Pure but for `read_points`.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

import msgspec

from services.ledger.points import EAST, NORTH, SOUTH, WEST, in_china

_UNIT = re.compile(r"[0-9]{12}", re.ASCII)
_NUMBER = re.compile(r"[-+]?[0-9]{1,3}(\.[0-9]{1,15})?", re.ASCII)
_ATTRIBUTION = re.compile(r"#\s*attribution\s*[:：]\s*(.+)", re.IGNORECASE)
_COLUMNS = ["unit", "lon", "lat"]

Position = tuple[float, float]
"""Degrees east and north."""


class PointsFileError(ValueError):
    """The file cannot be used; the text names the line or feature and the rule that it breaks."""


class ImportedPoints(msgspec.Struct, frozen=True):
    """What the file says: unit → position, and whose coordinates they are."""

    attribution: str | None = None
    positions: Mapping[str, Position] = {}


def read_points(file: Path) -> ImportedPoints:
    """Read and check the file. Raises PointsFileError."""
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise PointsFileError(f"{file}: 读不到 cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise PointsFileError(
            f"{file}: 第 {error.start} 字节不是 UTF-8，请另存为 UTF-8。Byte {error.start} is not UTF-8; save it as UTF-8."
        ) from error
    try:
        return parse_geojson(text) if text.lstrip()[:1] == "{" else parse_csv(text)
    except PointsFileError as error:
        raise PointsFileError(f"{file}: {error}") from error


def parse_geojson(text: str) -> ImportedPoints:
    """Points of a GeoJSON FeatureCollection. Raises PointsFileError."""
    try:
        content = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise PointsFileError(f"不是 JSON is not JSON: {error}") from error
    if not isinstance(content, dict) or content.get("type") != "FeatureCollection":
        raise PointsFileError('不是要素集合 is no GeoJSON object of type "FeatureCollection"')
    features = content.get("features")
    if not isinstance(features, list):
        raise PointsFileError("缺少 features 数组 has no array `features`")
    attribution = content.get("attribution")
    if not isinstance(attribution, str) or not attribution.strip():
        raise PointsFileError(
            "没有写明来源，请加 attribution 字段 says nothing of its source: add a text `attribution` beside `features`"
        )
    return ImportedPoints(attribution.strip(), _distinct(_features(features)))


def parse_csv(text: str) -> ImportedPoints:
    """Points of a CSV with the columns unit,lon,lat (others are left alone). Raises PointsFileError."""
    lines = text.splitlines()
    stated = next((match for line in lines[:1] if (match := _ATTRIBUTION.match(line.strip('", ')))), None)
    if stated is None:
        raise PointsFileError(
            "第 1 行没有写明来源 line 1 says nothing of the source: it must read `# attribution: …`"
        )
    return ImportedPoints(stated[1].strip(), _distinct(_csv_rows(lines)))


_Stated = tuple[str, object, object, object]
"""Where it stands in the file, unit, lon, lat."""


def _features(features: list[Any]) -> Iterator[_Stated]:
    for number, feature in enumerate(features, 1):
        place = f"第 {number} 个要素 feature {number}"
        if not isinstance(feature, dict) or feature.get("type") != "Feature":
            _refuse(place, '不是要素 is no object of type "Feature"')
        geometry, properties = feature.get("geometry"), feature.get("properties")
        if not isinstance(geometry, dict) or geometry.get("type") != "Point":
            _refuse(place, "geometry 不是点 its geometry must be a Point")
        coordinates = geometry.get("coordinates")
        if not isinstance(coordinates, list) or len(coordinates) not in (2, 3):
            _refuse(place, "coordinates 应为 [经度, 纬度] its coordinates must be [lon, lat]")
        if not isinstance(properties, dict) or "unit" not in properties:
            _refuse(place, "缺少属性 unit it has no property `unit`")
        yield place, properties["unit"], coordinates[0], coordinates[1]


def _csv_rows(lines: list[str]) -> Iterator[_Stated]:
    rows = csv.reader(lines[1:])
    heading = [name.strip().lower() for name in next(rows, [])]
    if any(heading.count(column) != 1 for column in _COLUMNS):
        _refuse("第 2 行 line 2", "表头应有 unit,lon,lat the heading must have the columns unit,lon,lat")
    columns = [heading.index(column) for column in _COLUMNS]
    for row in rows:
        if not any(cell.strip() for cell in row):
            continue
        place = f"第 {rows.line_num + 1} 行 line {rows.line_num + 1}"
        if len(row) <= max(columns):
            _refuse(place, f"只有 {len(row)} 列 it has only {len(row)} columns")
        unit, lon, lat = (row[column].strip() for column in columns)
        yield place, unit, _degrees(lon), _degrees(lat)


def _degrees(text: str) -> object:
    return float(text) if _NUMBER.fullmatch(text) else text


def _distinct(stated: Iterator[_Stated]) -> dict[str, Position]:
    """Unit → position. Raises PointsFileError for what breaks a rule, also a unit that stands twice."""
    found: dict[str, Position] = {}
    places: dict[str, str] = {}
    for place, unit, lon, lat in stated:
        if not isinstance(unit, str) or not _UNIT.fullmatch(unit):
            _refuse(place, f"unit 应为 12 位数字代码 unit must be a text of 12 digits, not {unit!r}")
        for name, degrees in (("lon", lon), ("lat", lat)):
            if isinstance(degrees, bool) or not isinstance(degrees, int | float):
                _refuse(place, f"{name} 应为十进制度数 {name} must be a number of degrees, not {degrees!r}")
        position = float(lon), float(lat)  # type: ignore[arg-type]
        if not in_china(*position):
            _refuse(
                place,
                f"lon {lon}, lat {lat} 不在中国范围（经度 {WEST:g}-{EAST:g}，纬度 {SOUTH:g}-{NORTH:g}），经纬度是否颠倒？"
                f"must lie within lon {WEST:g}..{EAST:g} and lat {SOUTH:g}..{NORTH:g}; are they swapped?",
            )
        if unit in found:
            _refuse(place, f"{unit} 重复，已见于 stands twice, first at: {places[unit]}")
        found[unit], places[unit] = position, place
    return dict(sorted(found.items()))


def _refuse(place: str, rule: str) -> NoReturn:
    raise PointsFileError(f"{place}: {rule}")
