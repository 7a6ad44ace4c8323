"""What a benchmark says: figures, each beside the one it is measured against, and its goal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any, Literal


@dataclass(frozen=True)
class Goal:
    """A ratio, or with `of_figure` the figure itself, that is to be at least or at most `limit`."""

    kind: Literal["at least", "at most"]
    limit: float
    of_figure: bool = False

    def is_met(self, value: float) -> bool:
        """Whether a value reaches it."""
        return value >= self.limit if self.kind == "at least" else value <= self.limit

    def __str__(self) -> str:
        return f"{'≥' if self.kind == 'at least' else '≤'} {self.limit:g}"


@dataclass(frozen=True)
class Measure:
    """One line. `ratio` is `figure` beside that of `beside`, of the same run."""

    what: str
    figure: float
    unit: str
    beside: str = ""
    ratio: float | None = None
    goal: Goal | None = None
    note: str = ""

    @property
    def verdict(self) -> str:
        """`met`, `not met`, or nothing where there is no goal."""
        if self.goal is None:
            return ""
        value = self.figure if self.goal.of_figure else self.ratio
        assert value is not None
        return "met" if self.goal.is_met(value) else "not met"

    def cells(self) -> list[str]:
        """As they stand in a row of the table."""
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        goal = "" if self.goal is None else str(self.goal)
        return [
            self.what,
            f"{number(self.figure)} {self.unit}".strip(),
            self.beside,
            ratio,
            goal,
            self.verdict,
        ]


@dataclass
class Report:
    """One benchmark's lines, and what was measured for them, round by round."""

    name: str
    measures: list[Measure] = field(default_factory=list)
    rounds: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def add(self, what: str, figure: float, unit: str, **more: Any) -> None:
        """One more line."""
        self.measures.append(Measure(what, figure, unit, **more))

    def as_json(self) -> dict[str, Any]:
        """Everything, the verdicts included."""
        lines = [asdict(each) | {"verdict": each.verdict} for each in self.measures]
        return {"name": self.name, "measures": lines, "rounds": self.rounds, "notes": self.notes}

    def table(self) -> str:
        """Markdown."""
        head = ["", "Figure", "Beside", "Ratio", "Goal", ""]
        rows = [each.cells() for each in self.measures]
        widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
        lines = [_line(head, widths), _line(["-" * width for width in widths], widths)]
        lines += [_line(row, widths) for row in rows]
        return "\n".join([*lines, *(f"\n{note}" for note in self.notes)])


def _line(cells: Iterable[str], widths: list[int]) -> str:
    return "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)) + " |"


def number(value: float) -> str:
    """Three digits or more, thousands apart."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def paired(rounds: dict[str, list[float]], what: str, beside: str) -> float:
    """The median over the rounds of the ratio within a round: what disturbs a round disturbs both."""
    return median(one / other for one, other in zip(rounds[what], rounds[beside], strict=True))
