"""What a subscription covers: status, incidents, a unit and so many levels below it."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.feed import Subscribe
from schemas.records import Status
from streams.picture.units import ancestors

ALL = "*"
ALL_LEVELS = -1


@dataclass(frozen=True)
class Scope:
    """`incidents` None means every incident of the status. Equal scopes share their encoded frames."""

    status: Status
    incidents: frozenset[str] | None
    unit: str
    depth: int

    @classmethod
    def of(cls, frame: Subscribe) -> Scope:
        """The scope a subscribe frame asks for."""
        incidents = None if ALL in frame.incidents else frozenset(frame.incidents)
        return cls(frame.status, incidents, frame.unit, frame.depth)

    def covers(self, unit: str) -> bool:
        """Whether a row of `unit` is shown: the unit itself or at most `depth` levels below it."""
        if unit == self.unit:
            return True
        if self.depth == 0:
            return False
        above = ancestors(unit)
        if self.unit not in above:
            return False
        return self.depth == ALL_LEVELS or above.index(self.unit) < self.depth

    def contains(self, unit: str) -> bool:
        """Whether `unit` is the scope's unit or anywhere below it: alarms are not cut off at `depth`."""
        return unit == self.unit or self.unit in ancestors(unit)
