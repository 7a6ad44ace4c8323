"""Every raised alarm, and the cleared ones long enough to know their version. Pure."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from schemas.outputs import Alarm, alarm_key


class AlarmBoard:
    """Alarms in the order in which they last changed; of the cleared ones at most `keep_cleared`."""

    def __init__(self, keep_cleared: int) -> None:
        self._keep_cleared = keep_cleared
        self._alarms: dict[bytes, tuple[int, Alarm]] = {}
        self._cleared: dict[bytes, None] = {}

    def apply(self, alarm: Alarm, number: int) -> bool:
        """Keep `alarm` as change `number`; False when it is not newer or says nothing new."""
        key = alarm_key(alarm)
        known_number, known = self._alarms.get(key, (0, None))
        if known is not None and alarm.version <= known.version:
            return False
        if known is not None and msgspec.structs.replace(alarm, version=known.version) == known:
            self._alarms[key] = (known_number, alarm)
            return False
        self._alarms.pop(key, None)
        self._alarms[key] = (number, alarm)
        self._cleared.pop(key, None)
        if alarm.state == "cleared":
            self._cleared[key] = None
            if len(self._cleared) > self._keep_cleared:
                oldest = next(iter(self._cleared))
                del self._cleared[oldest], self._alarms[oldest]
        return True

    def raised(self) -> Iterator[Alarm]:
        """Alarms that are raised now, the newest first."""
        for _, alarm in reversed(self._alarms.values()):
            if alarm.state == "raised":
                yield alarm

    def changed(self, since: int) -> Iterator[tuple[int, Alarm]]:
        """Alarms raised or cleared after `since`, with their numbers, the newest first."""
        for number, alarm in reversed(self._alarms.values()):
            if number <= since:
                return
            yield number, alarm
