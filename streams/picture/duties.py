"""Who owes the next report (domain.md 1.3, 1.4): an office that has reported reports again at least daily.

The duty is of the level that reports upward, county and above (domain.md 1.2: a township is a statistical unit, its
county the first reporting one; D4 to D6, D22b): what any office of a county says is its county's word. A prefecture or
province owes once its own office has reported. D7, D22b: until the situation is stable, every 24 h a follow-up or, if
nothing changed, a zero report; D8: in a drought every ten days. Timeliness is measured on `sent_at` (domain.md 1.4).
Nothing is owed any more where a verification covers the unit (R15), or in an incident that is closed.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from typing import NamedTuple, TypeVar

from schemas.outputs import IncidentHead
from schemas.records import Level, LossReport, ZeroReport, rows_of
from streams.picture.merges import clock_is_ahead, is_official
from streams.picture.stamped import Stamped
from streams.picture.units import NATION, county_of

HOUR = 60 * 60 * 1_000_000
DAILY = 24 * HOUR
"""D7, D22b; µs."""
IN_DROUGHT = 240 * HOUR
"""D8; µs."""

OWN_DIGITS: dict[Level, int] = {"prefecture": 4, "province": 2}
"""How many digits name the unit of an office above the county."""

Office = tuple[str, Level]
"""(organisation, level)."""

Key = TypeVar("Key")


class Sent(NamedTuple):
    """A report as the duty sees it; µs since 1970."""

    sent_at: int
    record_id: str


def period_of(head: IncidentHead) -> int:
    """How long an office may be silent; µs."""
    hazard = (head.hazard or "").lower()
    return IN_DROUGHT if "旱" in hazard or "drought" in hazard else DAILY


def counts(stamped: Stamped) -> bool:
    """Whether a record is a report of an office, whatever becomes of it; a clock that is ahead says nothing (R17)."""
    return (
        isinstance(stamped.record, LossReport | ZeroReport)
        and is_official(stamped)
        and not clock_is_ahead(stamped)
    )


def speaks_for(stamped: Stamped) -> set[str]:
    """The units whose duty a report meets, by its rows; empty for one without rows."""
    level = stamped.record.source.level
    return {owner for row in rows_of(stamped.record) if (owner := _owner(row.unit, level)) is not None}


def _owner(unit: str, level: Level) -> str | None:
    """The unit that owes what an office of this level reports of `unit`; None for the nation."""
    if level == "nation":
        return None
    digits = OWN_DIGITS.get(level)
    prefix = unit[:digits] if digits else (county_of(unit) or unit)
    owner = prefix.ljust(12, "0")
    return None if owner == NATION else owner


class Duties:
    """When each unit of an incident was last heard. `changed` collects the units of which that changed."""

    def __init__(self) -> None:
        self._of_unit: dict[str, list[Sent]] = {}
        self._without_rows: dict[Office, list[Sent]] = {}
        self._offices: dict[str, dict[Office, int]] = {}
        """unit → the offices that have reported of it, with how many reports."""
        self._units: dict[Office, dict[str, int]] = {}
        self._last: dict[str, Sent] = {}
        self._by_last: list[tuple[Sent, str]] = []
        self.changed: set[str] = set()

    def add(self, stamped: Stamped) -> None:
        """A report has come. One without rows speaks for every unit that its office reports of at any time."""
        self._count(stamped, 1)

    def remove(self, stamped: Stamped) -> None:
        """It is not in this incident after all."""
        self._count(stamped, -1)

    def last(self, unit: str) -> Sent | None:
        """The last report of a unit; None for one that owes nothing."""
        return self._last.get(unit)

    def units(self) -> Iterator[str]:
        """The units that have reported."""
        return iter(self._last)

    def between(self, first: int, last: int) -> Iterator[str]:
        """The units last heard at or after `first` and before `last`."""
        low = bisect_left(self._by_last, first, key=_sent_at)
        high = bisect_left(self._by_last, last, key=_sent_at)
        return (unit for _, unit in self._by_last[low:high])

    def next_after(self, moment: int | None) -> int | None:
        """The first `sent_at` of a unit's last report at or after a moment; None: ever."""
        place = 0 if moment is None else bisect_left(self._by_last, moment, key=_sent_at)
        return self._by_last[place][0].sent_at if place < len(self._by_last) else None

    def _count(self, stamped: Stamped, sign: int) -> None:
        sent = Sent(stamped.sent_at, stamped.record_id)
        source = stamped.record.source
        office = (source.org, source.level)
        units = speaks_for(stamped)
        for unit in units:
            _keep(self._of_unit.setdefault(unit, []), sent, sign)
            _tally(self._offices.setdefault(unit, {}), office, sign)
            _tally(self._units.setdefault(office, {}), unit, sign)
            self._refresh(unit)
        if not rows_of(stamped.record):
            _keep(self._without_rows.setdefault(office, []), sent, sign)
            for unit in self._units.get(office, ()):
                self._refresh(unit)

    def _refresh(self, unit: str) -> None:
        heard = self._of_unit[unit][-1:]
        if heard:
            for office in self._offices[unit]:
                heard += self._without_rows.get(office, [])[-1:]
        before, now = self._last.pop(unit, None), max(heard, default=None)
        if now is not None:
            self._last[unit] = now
        if before == now:
            return
        self.changed.add(unit)
        if before is not None:
            del self._by_last[bisect_left(self._by_last, (before, unit))]
        if now is not None:
            insort(self._by_last, (now, unit))


def _keep(reports: list[Sent], sent: Sent, sign: int) -> None:
    if sign > 0:
        insort(reports, sent)
    else:
        del reports[bisect_right(reports, sent) - 1]


def _tally(counted: dict[Key, int], key: Key, sign: int) -> None:
    counted[key] = counted.get(key, 0) + sign
    if not counted[key]:
        del counted[key]


def _sent_at(heard: tuple[Sent, str]) -> int:
    return heard[0].sent_at
