"""Past pictures: records in, figures and explanations out, with the very fold that the worker runs. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

import msgspec
from msgspec import UNSET, Raw

from schemas.explain import ExplainedUnit, Explanation
from schemas.outputs import UnitUpdate, encoder
from schemas.records import Status
from services.ledger import domain
from services.ledger.answers import Situation
from services.ledger.known_at_questions import (
    Answer,
    AskCanonical,
    AskExplanation,
    AskSituation,
    Extend,
    Fold,
    Question,
)
from streams.picture.explain import decisions_of, explain
from streams.picture.incident import UnjudgeableError
from streams.picture.picture import Changes, Picture
from streams.picture.stamped import stamped_from
from streams.picture.world import StatusWorld


class PastPicture:
    """The picture of an incident, and of those that merges join with it, as known at some moment."""

    def __init__(self, status: str, contents: Iterable[bytes]) -> None:
        self.status = cast(Status, status)
        self._picture = Picture()
        self._rows: dict[tuple[str, str], UnitUpdate] = {}
        self.extend(contents)

    def extend(self, contents: Iterable[bytes]) -> None:
        """More was known later: judge what that reaches. A record that no rule can judge is left out, as by the worker."""
        records = [stamped_from(content) for content in contents]
        while True:
            try:
                self._keep(self._picture.apply(records))
            except UnjudgeableError as error:
                known = (*self._picture.records(), *records)
                records = [stamped for stamped in known if stamped.record_id != error.stamped.record_id]
                self._picture, self._rows = Picture(), {}
                continue
            return

    def _keep(self, changes: Changes) -> None:
        for change in changes.incidents:
            if change.status == self.status:
                self._rows |= {(row.incident_id, row.unit): row for row in change.updates}

    @property
    def _world(self) -> StatusWorld:
        return self._picture.world(self.status)

    def canonical(self, incident_id: str) -> str:
        """The incident under which this one counted then."""
        return self._world.canonical(incident_id)

    def situation(self, asked: AskSituation) -> bytes:
        """The JSON of a `Situation`."""
        canonical = self.canonical(asked.incident_id)
        rows = {unit: row for (incident_id, unit), row in self._rows.items() if incident_id == canonical}
        shown = [unit for unit, row in rows.items() if row.figures or row.beside]
        children = domain.nest(asked.unit, shown) if asked.depth else {asked.unit: []}
        nested = _Nested(asked, canonical, self.status, rows, children)
        return encoder.encode(nested.at(asked.unit, asked.depth))

    def explanation(self, asked: AskExplanation) -> bytes:
        """The JSON of an `Explanation`."""
        canonical = self.canonical(asked.incident_id)
        fold = self._world.fold(canonical)
        tree = (
            nothing_stated(asked.unit)
            if fold is None
            else explain(fold, asked.unit, asked.key, asked.depth, asked.limit)
        )
        return encoder.encode(
            Explanation(
                incident_id=canonical,
                status=self.status,
                key=asked.key,
                known_at=asked.known_at,
                newest_recorded_at=asked.newest_recorded_at,
                watermark=asked.watermark,
                tree=tree,
                decisions=decisions_of(tree),
            )
        )


class _Nested:
    """Builds the nested answer from the rows of one incident."""

    def __init__(
        self,
        asked: AskSituation,
        canonical: str,
        status: Status,
        rows: Mapping[str, UnitUpdate],
        children: Mapping[str, list[str]],
    ) -> None:
        self._asked, self._canonical, self._status = asked, canonical, status
        self._rows, self._children = rows, children

    def at(self, unit: str, depth: int) -> Situation:
        """The unit and `depth` levels below it (−1: all)."""
        asked, row = self._asked, self._rows.get(unit)
        children = [self.at(child, depth - 1) for child in self._children[unit]] if depth else UNSET
        return Situation(
            incident_id=self._canonical,
            status=self._status,
            unit=unit,
            version=None,
            watermark=asked.watermark,
            figures=_json(row.figures if row else {}),
            known_at=asked.known_at,
            newest_recorded_at=asked.newest_recorded_at,
            beside=_json(row.beside) if row and row.beside else UNSET,
            children=children,
        )


class FoldedPictures:
    """The pictures that are kept, by number. Whoever asks says which to forget."""

    def __init__(self) -> None:
        self._pictures: dict[int, PastPicture] = {}

    def answer(self, question: Question) -> Answer:
        """Fold, or answer from a picture folded before. Raises KeyError for a number that was forgotten."""
        if isinstance(question, Fold | Extend):
            for number in question.forget:
                self._pictures.pop(number, None)
        if isinstance(question, Fold):
            self._pictures[question.number] = PastPicture(question.status, question.contents)
            return Answer(b"")
        picture = self._pictures[question.number]
        if isinstance(question, Extend):
            picture.extend(question.contents)
            return Answer(b"")
        if isinstance(question, AskSituation):
            return Answer(picture.situation(question))
        if isinstance(question, AskExplanation):
            return Answer(picture.explanation(question))
        assert isinstance(question, AskCanonical)
        return Answer(msgspec.json.encode(picture.canonical(question.incident_id)))


def nothing_stated(unit: str) -> ExplainedUnit:
    """The explanation of a figure of which nobody has said anything."""
    return ExplainedUnit(
        unit=unit,
        total=None,
        own=None,
        qualifier=None,
        status=None,
        newest_as_of=None,
        oldest_as_of=None,
        parts=0,
        units_below=0,
        cells=(),
        children=(),
    )


def _json(value: Any) -> Raw:
    return Raw(encoder.encode(value))
