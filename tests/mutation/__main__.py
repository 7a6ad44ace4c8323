"""`python -m tests.mutation [pattern …]`: mutants of the fold, and whether the tests notice them (README.md).

Patterns (`streams.picture.cells.*`) ask again about those; without any, what was found before stands where neither the
function nor the tests changed. Ends with 1 if a mutant survives that survivors.toml does not explain.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

import mutmut.__main__ as mutmut_main

from tests.mutation.ledger import SEPARATOR, Judged, explained, judged
from tests.mutation.runner import ProbeRunner


def main() -> int:
    """Run mutmut with probes in place of pytest, then compare with what is explained."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation")
    parser.add_argument("names", nargs="*", help="mutants to ask about, e.g. 'streams.picture.cells.*'")
    parser.add_argument("--max-children", type=int, default=None, help="at most so many at a time")
    parser.add_argument("--fresh", action="store_true", help="forget what was found before")
    parser.add_argument("--report", action="store_true", help="only say what the last run found")
    options = parser.parse_args()
    if options.fresh:
        shutil.rmtree("mutants", ignore_errors=True)
    if options.report:
        mutmut_main.Config.ensure_loaded()
    else:
        mutmut_main.PytestRunner = ProbeRunner  # type: ignore[misc, assignment]
        mutmut_main._run(tuple(options.names), options.max_children)
    return say(judged(options.names), partial=bool(options.names))


def say(found: Judged, *, partial: bool) -> int:
    """Print what was found; 1 if something is not explained."""
    reasons = explained()
    unexplained = sorted(found.survivors - reasons.keys())
    print(", ".join(f"{count} {status}" for status, count in sorted(found.counts.items())))
    print(f"{len(found.survivors) - len(unexplained)} survivors explained, {len(unexplained)} not")
    for code in unexplained:
        print(f"  {code}")
    dead = sorted(reasons.keys() & (found.killed - found.survivors))
    print(f"{len(dead)} explained ones are noticed after all: take them out of survivors.toml")
    for code in dead:
        print(f"  {code}")
    if not partial:
        gone = sorted(reasons.keys() - found.killed - found.survivors)
        print(f"{len(gone)} explained ones are no mutants any more")
        for code in gone:
            print(f"  {code.partition(SEPARATOR)[0]} …")
    return 1 if unexplained else 0


if __name__ == "__main__":
    if not Path("pyproject.toml").exists():
        sys.exit("run it where pyproject.toml is")
    sys.exit(main())
