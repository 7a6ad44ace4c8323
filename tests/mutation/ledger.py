"""The mutants that survived, by function and mutated code, and those that survivors.toml explains."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from mutmut.__main__ import (
    get_diff_for_mutant,
    orig_function_and_class_names_from_key,
    status_by_exit_code,
    walk_mutatable_files,
)
from mutmut.mutation.data import SourceFileMutationData

SURVIVORS = Path(__file__).with_name("survivors.toml")
KILLED = ("killed", "timeout", "segfault", "caught by type check")
SEPARATOR = "  =>  "


@dataclass
class Judged:
    """What a run found: statuses counted, and the code of those that nothing noticed."""

    counts: dict[str, int] = field(default_factory=dict)
    survivors: set[str] = field(default_factory=set)
    killed: set[str] = field(default_factory=set)


def judged(names: list[str]) -> Judged:
    """The results of the last run; of a partial run only those it was about."""
    found = Judged()
    for path in walk_mutatable_files():
        data = SourceFileMutationData(path=path)
        data.load()
        for name, exit_code in data.exit_code_by_key.items():
            status = status_by_exit_code[exit_code]
            if status == "not checked" and names:
                continue
            found.counts[status] = found.counts.get(status, 0) + 1
            into = found.killed if status in KILLED else found.survivors
            into.add(code_of(name, path))
    return found


def code_of(name: str, path: Path) -> str:
    """`module.Class.function: old code  =>  new code`: what a mutant is, wherever its lines have moved to."""
    function, class_name = orig_function_and_class_names_from_key(name)
    lines = get_diff_for_mutant(name, path=path).split("\n")[3:]
    old = " ".join(line[1:].strip() for line in lines if line.startswith("-"))
    new = " ".join(line[1:].strip() for line in lines if line.startswith("+"))
    qualified = f"{class_name}.{function}" if class_name else function
    return f"{path.stem}.{qualified}: {old}{SEPARATOR}{new}"


def explained() -> dict[str, str]:
    """Code of a survivor → why nothing can notice it."""
    if not SURVIVORS.exists():
        return {}
    groups = tomllib.loads(SURVIVORS.read_text("utf-8"))["survivors"]
    return {
        line.strip(): group["why"]
        for group in groups
        for line in group["mutants"].splitlines()
        if line.strip()
    }
