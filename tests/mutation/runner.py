"""mutmut's test runner, asking probes in the process that mutmut has forked for a mutant."""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterable
from time import perf_counter
from typing import TYPE_CHECKING

import mutmut
from mutmut.__main__ import (
    ListAllTestsResult,
    TestRunner,
    mangled_name_from_mutant_name,
    walk_mutatable_files,
)
from mutmut.mutation.data import SourceFileMutationData

if TYPE_CHECKING:
    from tests.mutation.probes import Probe

KILLED, SURVIVED = 1, 0
UNDER_TEST = "MUTANT_UNDER_TEST"


class _Environment:
    """What a mutated function reads at every call to know which mutant it is: a plain dictionary is ten times faster."""

    def __init__(self) -> None:
        self.environ: dict[str, str] = {}


environment = _Environment()


class ProbeRunner(TestRunner):
    """Probes are imported late: only once mutmut has put the mutated sources before the real ones."""

    def __init__(self) -> None:
        self._of_units: dict[str, Probe] = {}
        self._of_sets: dict[str, Probe] = {}

    def prepare_main_test_run(self) -> None:
        """Import the probes, and with them the mutated fold."""
        from mutmut.mutation import trampoline

        from tests.mutation.probes import set_probes, unit_probes

        trampoline.os = environment  # type: ignore[assignment]
        self._of_units, self._of_sets = unit_probes(), set_probes()

    def run_stats(self, *, tests: Iterable[str]) -> int:
        """How long each probe takes, and which functions each reaches."""
        wanted = set(tests)
        functions = _mutated_functions()
        for name, probe in (self._of_units | self._of_sets).items():
            if wanted and name not in wanted:
                continue
            environment.environ[UNDER_TEST] = ""
            began = perf_counter()
            probe()
            mutmut.duration_by_test[name] = perf_counter() - began
            for function in self._reached(name) if name in self._of_units else functions:
                mutmut.tests_by_mangled_function_name[function].add(name)
        return SURVIVED

    def _reached(self, name: str) -> set[str]:
        environment.environ[UNDER_TEST] = "stats"
        mutmut._stats.clear()
        self._of_units[name]()
        return set(mutmut._stats)

    def run_tests(self, *, mutant_name: str | None, tests: Iterable[str]) -> int:
        """Ask the probes one after the other; the first that fails has killed the mutant."""
        environment.environ[UNDER_TEST] = os.environ[UNDER_TEST]
        probes = self._of_units | self._of_sets
        for name in tests or probes:
            try:
                probes[name]()
            except Exception:
                if mutant_name is None:
                    traceback.print_exc()
                return KILLED
        return SURVIVED

    def run_forced_fail(self) -> int:
        """Every mutated function raises: something must notice."""
        return self.run_tests(mutant_name="fail", tests=self._of_sets)

    def list_all_tests(self) -> ListAllTestsResult:
        """All probes by name."""
        return ListAllTestsResult(ids=set(self._of_units | self._of_sets))


def _mutated_functions() -> set[str]:
    functions: set[str] = set()
    for path in walk_mutatable_files():
        data = SourceFileMutationData(path=path)
        data.load()
        functions |= {mangled_name_from_mutant_name(name) for name in data.exit_code_by_key}
    return functions
