"""One subscription: what its client was told last, and the frames that bring it up to date."""

from __future__ import annotations

import msgspec

from schemas.feed import Subscribe
from services.gateway.frames import JUST_NEVER, FrameFactory, Members
from services.gateway.scope import Scope

EMPTY = msgspec.Raw(b"[]")
_encoder = msgspec.json.Encoder()


class Subscription:
    """Of its client it keeps two numbers and the canonical incidents, whatever the scope holds."""

    def __init__(self, frame: Subscribe) -> None:
        self.id = frame.id
        self.scope = Scope.of(frame)
        self._kinds = frozenset(frame.kinds)
        self._seq = 0
        self._told: int | None = None
        self._members: Members = None

    def is_current(self, number: int) -> bool:
        """Whether the client was told everything up to change `number`."""
        return self._told == number

    def frames(self, factory: FrameFactory) -> list[bytes]:
        """The frames between what the client was told and now; it counts as told with them."""
        members = factory.members(self.scope)
        parts = self._first(factory, members) if self._told is None else self._next(factory, members)
        self._told, self._members = factory.view.number, members
        return [self._frame(factory, fields) for fields in parts]

    def _first(self, factory: FrameFactory, members: Members) -> list[dict[str, object]]:
        scope, parts = self.scope, list[dict[str, object]]()
        if "figures" in self._kinds:
            parts.append({"type": "snapshot", "units": factory.snapshot(scope, members)})
        if "outcomes" in self._kinds:
            found = factory.outcomes(scope, JUST_NEVER, members, members)
            parts.append(self._outcomes(factory, JUST_NEVER, found or EMPTY))
        if "alarms" in self._kinds:
            parts.append({"type": "alarms", "alarms": factory.raised_alarms(scope, members) or EMPTY})
        return parts

    def _next(self, factory: FrameFactory, members: Members) -> list[dict[str, object]]:
        scope, since, before = self.scope, self._told or JUST_NEVER, self._members
        parts = list[dict[str, object]]()
        if "figures" in self._kinds:
            if factory.must_restart(scope, since, before, members):
                parts.append({"type": "snapshot", "units": factory.snapshot(scope, members)})
            elif (units := factory.delta(scope, since, before, members)) is not None:
                parts.append({"type": "delta", "units": units})
        if "outcomes" in self._kinds:
            found = factory.outcomes(scope, since, before, members)
            if found is not None:
                parts.append(self._outcomes(factory, since, found))
        if "alarms" in self._kinds:
            alarms = factory.alarms(scope, since, before, members)
            if alarms is not None:
                parts.append({"type": "alarms", "alarms": alarms})
        return parts

    def _outcomes(self, factory: FrameFactory, since: int, found: msgspec.Raw) -> dict[str, object]:
        truncated = factory.view.outcomes.lost(since)
        return {"type": "outcomes", "outcomes": found, "truncated": truncated}

    def _frame(self, factory: FrameFactory, fields: dict[str, object]) -> bytes:
        self._seq += 1
        envelope = {"type": fields.pop("type"), "id": self.id, "seq": self._seq}
        return _encoder.encode(envelope | {"watermark": factory.view.watermark} | fields)
