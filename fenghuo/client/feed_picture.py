"""The picture a subscriber holds: snapshot + deltas, applied in order (docs/protocol.md). Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from schemas.feed import Alarms, DeltaFrame, Outcomes, Snapshot, UnitView
from schemas.outputs import Alarm, Alternative, Figure, IncidentHead, Outcome, alarm_key

FeedData = Snapshot | DeltaFrame | Outcomes | Alarms
UnitKey = tuple[str, str]
"""(incident_id, unit)."""


class SequenceGapError(Exception):
    """A frame of the subscription is missing; subscribe again for a fresh snapshot."""


@dataclass(slots=True)
class UnitPicture:
    """A unit's figures as told last. `version` is that of the row they came from."""

    version: int
    figures: dict[str, Figure] = field(default_factory=dict)
    beside: dict[str, tuple[Alternative, ...]] = field(default_factory=dict)
    head: IncidentHead | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left to show."""
        return not (self.figures or self.beside or self.head)


class FeedPicture:
    """What one subscription has told. `outcomes` holds the newest `keep_outcomes`, in order of their last change."""

    def __init__(self, keep_outcomes: int = 1_000) -> None:
        self.units: dict[UnitKey, UnitPicture] = {}
        self.outcomes: dict[str, Outcome] = {}
        self.alarms: dict[bytes, Alarm] = {}
        self.merged: dict[str, str] = {}
        self.watermark: datetime | None = None
        self.seq = 0
        self._keep_outcomes = keep_outcomes

    def apply(self, frame: FeedData) -> None:
        """Apply the next frame of the subscription. Raises SequenceGapError when one before it is missing."""
        if frame.seq != self.seq + 1:
            raise SequenceGapError(f"frame {frame.seq} after frame {self.seq} of subscription {frame.id!r}")
        self.seq = frame.seq
        self.watermark = frame.watermark or self.watermark
        match frame:
            case Snapshot():
                self.units = {}
                for view in frame.units:
                    self._apply_unit(view)
            case DeltaFrame():
                for view in frame.units:
                    self._apply_unit(view)
            case Outcomes():
                self._apply_outcomes(frame.outcomes)
            case Alarms():
                self._apply_alarms(frame.alarms)

    def _apply_unit(self, view: UnitView) -> None:
        if view.merged_into is not None:
            self.merged[view.incident_id] = view.merged_into
            self.units = {key: unit for key, unit in self.units.items() if key[0] != view.incident_id}
            return
        self.merged.pop(view.incident_id, None)
        key = view.incident_id, view.unit
        unit = self.units.setdefault(key, UnitPicture(view.version))
        unit.version = view.version
        unit.figures.update(view.figures)
        for removed in view.removed:
            unit.figures.pop(removed, None)
        if view.beside is not None:
            unit.beside = view.beside
        if view.head is not None:
            unit.head = view.head
        if unit.is_empty:
            del self.units[key]

    def _apply_outcomes(self, outcomes: list[Outcome]) -> None:
        for outcome in outcomes:
            self.outcomes.pop(outcome.record_id, None)
            self.outcomes[outcome.record_id] = outcome
        while len(self.outcomes) > self._keep_outcomes:
            del self.outcomes[next(iter(self.outcomes))]

    def _apply_alarms(self, alarms: list[Alarm]) -> None:
        for alarm in alarms:
            self.alarms.pop(alarm_key(alarm), None)
            if alarm.state == "raised":
                self.alarms[alarm_key(alarm)] = alarm
