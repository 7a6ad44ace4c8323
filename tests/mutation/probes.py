"""What every mutant is asked: the unit tests of the rules and the law on fixed sets, the quick ones first.

They are called as plain functions: starting pytest costs five times what most mutants need to be found out. The same
functions are collected by pytest, too.
"""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Iterator
from functools import partial
from types import ModuleType
from typing import Any

from tests.mutation import test_fixed_sets
from tests.unit.streams import (
    test_alarms,
    test_cost_of_a_change,
    test_explain,
    test_freezes,
    test_hard_checks,
    test_late_controls,
    test_marks,
    test_merges,
    test_one_id,
    test_scenarios,
)

Probe = Callable[[], object]

MODULES = (
    *(
        test_hard_checks,
        test_marks,
        test_one_id,
        test_merges,
        test_freezes,
        test_late_controls,
        test_alarms,
        test_explain,
    ),
    test_cost_of_a_change,
)


def unit_probes() -> dict[str, Probe]:
    """Probes by name; which functions they reach is looked at, so that they are asked about those only."""
    found: dict[str, Probe] = {}
    for module in MODULES:
        found |= dict(_tests_of(module))
    for name in test_scenarios.NAMES:
        found[f"test_scenarios {name}"] = partial(test_scenarios.test_file_order, name, 7)
    return found


def set_probes() -> dict[str, Probe]:
    """One a record set. They reach about everything, so they are asked about every function."""
    return {
        f"set of {size} from {seed}": partial(test_fixed_sets.agree, seed, size)
        for seed, size in (*test_fixed_sets.SMALL, *test_fixed_sets.LARGE)
    }


def _tests_of(module: ModuleType) -> Iterator[tuple[str, Probe]]:
    """The tests of a module and of its classes, once for each of their parameters; none that wants a fixture."""
    holders = [module, *(kind for name, kind in vars(module).items() if name.startswith("Test"))]
    for holder in holders:
        for name, function in vars(holder).items():
            if not name.startswith("test_"):
                continue
            bound = function if holder is module else getattr(holder(), name)
            wanted = inspect.signature(bound).parameters.keys()
            for number, values in enumerate(_parameters(function)):
                if wanted == values.keys():
                    yield f"{holder.__name__}.{name} {number}", partial(bound, **values)


def _parameters(function: Any) -> Iterator[dict[str, Any]]:
    marks = [mark for mark in getattr(function, "pytestmark", ()) if mark.name == "parametrize"]
    choices = []
    for mark in marks:
        names = mark.args[0] if not isinstance(mark.args[0], str) else mark.args[0].split(",")
        rows = [values if len(names) > 1 else (values,) for values in mark.args[1]]
        choices.append([dict(zip(map(str.strip, names), row, strict=True)) for row in rows])
    for picked in itertools.product(*choices):
        yield {name: value for values in picked for name, value in values.items()}
