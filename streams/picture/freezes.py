"""R15: which counties are frozen, and when."""

from __future__ import annotations

from bisect import insort

from streams.picture.judged import Judged
from streams.picture.moments import END, Moment
from streams.picture.steps import Agenda, Step
from streams.picture.units import county_of


class Freezes:
    """Two lanes in one: (county, verification) freezes from a moment on, (None, verification) undoes that for good.

    `changed` collects counties whose figures may have gained or lost their mark, `owing` the prefixes whose duty to
    report may have ended or begun again. A prefecture's or province's prefix of 4 or 2 digits is kept for that only.
    """

    def __init__(self, agenda: Agenda) -> None:
        self._agenda = agenda
        self._frozen: dict[str, list[tuple[Moment, str]]] = {}
        self._undone: dict[str, list[Moment]] = {}
        self._keys: dict[str, tuple[str, str]] = {}
        self.changed: set[str] = set()
        self.owing: set[str] = set()

    def put(self, county: str | None, verification: Judged, step: Step) -> None:
        """A verification freezes this county, or (None) its freezing is undone."""
        if county is None:
            insort(self._undone.setdefault(verification.record_id, []), step.moment)
        else:
            insort(self._frozen.setdefault(county, []), (step.moment, verification.record_id))
        self._note(county, verification, step)

    def take_back(self, county: str | None, verification: Judged, step: Step) -> None:
        """It does not, after all."""
        if county is None:
            self._undone[verification.record_id].remove(step.moment)
        else:
            self._frozen[county].remove((step.moment, verification.record_id))
        self._note(county, verification, step)

    def key(self, county: str) -> tuple[str, str]:
        """Under what a step reads whether a county is frozen; one object a county, since every report reads it."""
        return self._keys.setdefault(county, ("county", county))

    def covers(self, county: str | None, at: Moment = END) -> bool:
        """Whether a county is frozen as of a moment."""
        if county is None or not self._frozen:
            return False
        return any(
            since < at and not any(undone < at for undone in self._undone.get(verification_id, ()))
            for since, verification_id in self._frozen.get(county, ())
        )

    def frozen_by(self, county: str | None, at: Moment = END) -> str | None:
        """The verification that froze a county as of a moment, the first of several; None where none did."""
        if county is None:
            return None
        for since, verification_id in self._frozen.get(county, ()):
            undone = self._undone.get(verification_id, ())
            if since < at and not any(moment < at for moment in undone):
                return verification_id
        return None

    def covers_unit(self, unit: str, at: Moment = END) -> bool:
        """Whether a unit lies in a frozen county as of a moment."""
        return self.covers(county_of(unit), at)

    def _note(self, county: str | None, verification: Judged, step: Step) -> None:
        counties = {county} if county is not None else self._counties_of(verification.record_id)
        self.changed |= counties
        self.owing |= counties
        for one in counties:
            self._agenda.stir(self.key(one), step.moment)
        self._agenda.stir(("counties",), step.moment)

    def _counties_of(self, verification_id: str) -> set[str]:
        return {
            county for county, frozen in self._frozen.items() for _, by in frozen if by == verification_id
        }
