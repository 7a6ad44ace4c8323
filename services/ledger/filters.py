"""The WHERE of a list, built from the filters that are given. Values travel as parameters only."""

from __future__ import annotations

from typing import Any


class Where:
    """Conditions joined by AND; `?` in a condition stands for its value."""

    def __init__(self) -> None:
        self._conditions: list[str] = []
        self.values: list[Any] = []

    def add(self, condition: str, *values: Any) -> None:
        """A condition with its values, one `?` each."""
        for value in values:
            self.values.append(value)
            condition = condition.replace("?", f"${len(self.values)}", 1)
        self._conditions.append(condition)

    def optional(self, condition: str, value: Any) -> None:
        """The condition, where there is a value."""
        if value is not None:
            self.add(condition, value)

    def any_of(self, column: str, values: list[str]) -> None:
        """Equality with one of the values; with a single one plain equality, which keeps an index's order."""
        if len(values) == 1:
            self.add(f"{column} = ?", values[0])
        else:
            self.add(f"{column} = ANY(?)", values)

    def __str__(self) -> str:
        return " AND ".join(self._conditions) or "true"
