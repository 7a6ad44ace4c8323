"""`python -m schemas.export [--check | --publish]`: the JSON Schemas kept in the repository.

Without an option it writes `schemas/v1/<name>.schema.json` and `schemas/v1/index.json`; `--check` only says what is
out of date (exit 1); `--publish` also makes them the published version, after the check for breaking changes.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from schemas.compat import CURRENT, PUBLISHED, breaking_changes, read_folder
from schemas.jsonschema import documents


def files() -> dict[str, str]:
    """File name → text of every exported file."""
    schemas = documents()
    texts = {f"{name}.schema.json": _text(schema) for name, schema in schemas.items()}
    texts["index.json"] = _text(
        {
            "version": "v1",
            "schemas": {
                name: {
                    "id": schema["$id"],
                    "file": f"{name}.schema.json",
                    "direction": schema["x-direction"],
                    "description": schema.get("description", "").partition("\n")[0],
                }
                for name, schema in sorted(schemas.items())
            },
        }
    )
    return texts


def _text(document: object) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def stale(folder: Path = CURRENT) -> Iterator[str]:
    """Names in `folder` that differ from what the structs say, are missing, or belong to nothing."""
    wanted = files()
    found = {path.name for path in folder.glob("*.json")}
    yield from sorted(found - set(wanted))
    for name, text in sorted(wanted.items()):
        if name not in found or (folder / name).read_text("utf-8") != text:
            yield name


def write(folder: Path) -> None:
    """Make `folder` hold exactly the exported files."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = files()
    for path in folder.glob("*.json"):
        if path.name not in wanted:
            path.unlink()
    for name, text in wanted.items():
        (folder / name).write_text(text, "utf-8")


def main(arguments: list[str] | None = None) -> int:
    """The command. Exit 1 when `--check` or `--publish` finds something."""
    parser = argparse.ArgumentParser(prog="python -m schemas.export", description=__doc__)
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--check", action="store_true", help="change nothing; exit 1 when out of date")
    choice.add_argument("--publish", action="store_true", help="publish, unless something would break")
    options = parser.parse_args(arguments)
    if options.check:
        names = list(stale())
        for name in names:
            print(f"schemas/v1/{name} 已过期 is out of date: run python -m schemas.export", file=sys.stderr)
        return 1 if names else 0
    write(CURRENT)
    if options.publish:
        changes = breaking_changes(read_folder(PUBLISHED), read_folder(CURRENT))
        for change in changes:
            print(change, file=sys.stderr)
        if changes:
            return 1
        write(PUBLISHED)
    return 0


if __name__ == "__main__":
    sys.exit(main())
