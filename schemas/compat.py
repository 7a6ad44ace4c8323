"""`python -m schemas.compat [BASE_REF | --base DIR]`: refuses a breaking change of a published schema.

An input schema (what we take) breaks when something valid before is refused now: a new required field, a narrowed
enum, type, pattern or bound. An output schema (what we give) breaks when we may give what could not come before: an
enum value more, a field no longer certain. A field that goes, or a default that changes, breaks both.

The base is the published version in `schemas/published/v1`, or `schemas/v1` as it was at a git ref.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Schema = dict[str, Any]

HERE = Path(__file__).resolve().parent
CURRENT = HERE / "v1"
PUBLISHED = HERE / "published" / "v1"
"""What others rely on; `python -m schemas.export --publish` alone changes it."""

LOWER_BOUNDS = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
UPPER_BOUNDS = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
SAME_OR_ABSENT = ("pattern", "format", "multipleOf", "const", "contentEncoding", "uniqueItems")
"""Keywords that cannot be compared by size: the wider side has the same or none."""


def breaking_changes(old: dict[str, Schema], new: dict[str, Schema]) -> list[str]:
    """One sentence for each breaking change between two sets of schemas by name; additions are none."""
    changes: list[str] = []
    for name, before in sorted(old.items()):
        after = new.get(name)
        if after is None:
            changes.append(f"{name}: the schema is gone")
            continue
        direction = before.get("x-direction", "input")
        if after.get("x-direction", "input") != direction:
            changes.append(f"{name}: the direction changed from {direction}")
            continue
        changes += [
            f"{name}: {text}" for text in dict.fromkeys(_removed(before, after, before, after, "", ()))
        ]
        wide, narrow = (after, before) if direction == "input" else (before, after)
        verb = "refuses what it took" if direction == "input" else "may give what it did not"
        changes += [f"{name}: {text} ({verb})" for text in dict.fromkeys(_Cover(wide, narrow).problems())]
    return changes


def _resolved(root: Schema, schema: Schema) -> Schema:
    while "$ref" in schema:
        schema = root["$defs"][schema["$ref"].removeprefix("#/$defs/")]
    return schema


def _removed(
    old_root: Schema, new_root: Schema, old: Any, new: Any, path: str, seen: tuple[int, ...]
) -> Iterator[str]:
    """Fields that went and defaults that changed; alternatives are compared where both sides list as many."""
    old, new = _resolved(old_root, old), _resolved(new_root, new)
    if id(old) in seen:
        return
    seen = (*seen, id(old))
    if "default" in old and old["default"] != new.get("default", _MISSING):
        yield f"{path or '/'}: the default changed from {json.dumps(old['default'], ensure_ascii=False)}"
    for key, part in old.get("properties", {}).items():
        if key in new.get("properties", {}):
            yield from _removed(old_root, new_root, part, new["properties"][key], f"{path}/{key}", seen)
        else:
            yield f"{path}/{key}: the field is gone"
    for key in ("items", "additionalProperties"):
        if isinstance(old.get(key), dict) and isinstance(new.get(key), dict):
            yield from _removed(old_root, new_root, old[key], new[key], f"{path}/*", seen)
    for key in ("anyOf", "oneOf"):
        if len(old.get(key, ())) == len(new.get(key, ())):
            for before, after in zip(old.get(key, ()), new.get(key, ()), strict=True):
                yield from _removed(old_root, new_root, before, after, path, seen)


_MISSING = object()


class _Cover:
    """Does `wide` take every value that `narrow` takes? Conservative: what it cannot tell apart must be equal."""

    def __init__(self, wide: Schema, narrow: Schema) -> None:
        self.wide, self.narrow = wide, narrow
        self.open: set[tuple[int, int]] = set()

    def problems(self) -> Iterator[str]:
        yield from self._compare(self.wide, self.narrow, "")

    def _compare(self, wide: Schema, narrow: Schema, path: str) -> Iterator[str]:
        wide, narrow = _resolved(self.wide, wide), _resolved(self.narrow, narrow)
        if (id(wide), id(narrow)) in self.open:
            return
        self.open.add((id(wide), id(narrow)))
        yield from self._alternatives(wide, narrow, path)
        yield from self._values(wide, narrow, path)
        yield from self._fields(wide, narrow, path)
        yield from self._conditions(wide, narrow, path)
        self.open.discard((id(wide), id(narrow)))

    def _alternatives(self, wide: Schema, narrow: Schema, path: str) -> Iterator[str]:
        """Every alternative of the narrow side must fit one of the wide side; a plain schema is its only one."""
        branches = _branches(narrow)
        choices = _branches(wide)
        if branches == [narrow] and choices == [wide]:
            return
        for branch in branches:
            if not any(self._fits(choice, branch) for choice in choices):
                yield f"{path or '/'}: {_short(_resolved(self.narrow, branch))} is in one version only"

    def _fits(self, wide: Schema, narrow: Schema) -> bool:
        return next(self._compare(wide, narrow, ""), None) is None

    def _values(self, wide: Schema, narrow: Schema, path: str) -> Iterator[str]:
        if _branches(wide) != [wide] or _branches(narrow) != [narrow]:
            return
        where = path or "/"
        if "type" in wide and not _types(narrow) <= _types(wide):
            yield f"{where}: type {sorted(_types(narrow))} against {sorted(_types(wide))}"
        if "enum" in wide:
            extra = [value for value in narrow.get("enum", ["any value"]) if value not in wide["enum"]]
            if extra:
                yield f"{where}: enum without {', '.join(map(str, extra))}"
        for key in SAME_OR_ABSENT:
            if key in wide and wide[key] != narrow.get(key, _MISSING):
                yield f"{where}: {key} {wide[key]!r} against {narrow.get(key, 'none')!r}"
        for keys, sign in ((LOWER_BOUNDS, 1), (UPPER_BOUNDS, -1)):
            for key in keys:
                if key in wide and (key not in narrow or sign * (wide[key] - narrow[key]) > 0):
                    yield f"{where}: {key} {wide[key]} against {narrow.get(key, 'none')}"

    def _fields(self, wide: Schema, narrow: Schema, path: str) -> Iterator[str]:
        for key in sorted(set(wide.get("required", ())) - set(narrow.get("required", ()))):
            yield f"{path}/{key}: required in one version only"
        for key, part in narrow.get("properties", {}).items():
            if key in wide.get("properties", {}):
                yield from self._compare(wide["properties"][key], part, f"{path}/{key}")
        for key in ("items", "additionalProperties", "propertyNames"):
            strict, loose = wide.get(key, True), narrow.get(key, True)
            if strict is True:
                continue
            if strict is False or loose is True or loose is False:
                if strict != loose and loose is not False:
                    yield f"{path or '/'}: {key} is limited in one version only"
            else:
                yield from self._compare(strict, loose, f"{path}/*")

    def _conditions(self, wide: Schema, narrow: Schema, path: str) -> Iterator[str]:
        for rule in wide.get("allOf", ()):
            if rule not in narrow.get("allOf", ()):
                yield f"{path or '/'}: the condition {_short(rule)} is in one version only"


def _branches(schema: Schema) -> list[Schema]:
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return list(schema[key])
    return [schema]


def _types(schema: Schema) -> set[str]:
    types = schema.get("type")
    if types is None:
        values = schema.get("enum", ())
        return {"string"} if values and all(isinstance(value, str) for value in values) else {"any"}
    names = {types} if isinstance(types, str) else set(types)
    return names | ({"integer"} if "number" in names else set())


def _short(schema: Schema) -> str:
    text = json.dumps(schema, ensure_ascii=False)
    return schema.get("title") or (text if len(text) <= 100 else text[:97] + "…")


def read_folder(folder: Path) -> dict[str, Schema]:
    """The schemas of a folder by name; empty when there is none."""
    return {
        path.name.removesuffix(".schema.json"): json.loads(path.read_text("utf-8"))
        for path in sorted(folder.glob("*.schema.json"))
    }


def read_ref(ref: str, repository: Path = CURRENT.parent.parent) -> dict[str, Schema]:
    """The schemas of `schemas/v1` at a git ref. Raises subprocess.CalledProcessError for an unknown ref."""

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(repository), *arguments]  # `ref` is one argument: no shell reads it
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603

    names = git("ls-tree", "--name-only", ref, "schemas/v1/").split()
    return {
        Path(name).name.removesuffix(".schema.json"): json.loads(git("show", f"{ref}:{name}"))
        for name in names
        if name.endswith(".schema.json")
    }


def main(arguments: list[str] | None = None) -> int:
    """The command. Exit 1 on a breaking change, 2 when there is no base to compare with."""
    parser = argparse.ArgumentParser(prog="python -m schemas.compat", description=__doc__)
    parser.add_argument("ref", nargs="?", metavar="BASE_REF", help="a git ref, e.g. the last release's tag")
    parser.add_argument("--base", type=Path, default=PUBLISHED, help="a folder of schemas")
    options = parser.parse_args(arguments)
    try:
        old = read_ref(options.ref) if options.ref else read_folder(options.base)
    except subprocess.CalledProcessError as error:
        print(f"无法读取 cannot read {options.ref}: {error.stderr.strip()}", file=sys.stderr)
        return 2
    if not old:
        print(f"没有可比较的版本 no schemas at {options.ref or options.base}", file=sys.stderr)
        return 2
    changes = breaking_changes(old, read_folder(CURRENT))
    for change in changes:
        print(change, file=sys.stderr)
    if changes:
        print("已发布版本不得作不兼容修改 a published version may not break: publish v2", file=sys.stderr)
    return 1 if changes else 0


if __name__ == "__main__":
    sys.exit(main())
