"""R6: papers of one document number that say something else than the one that took it."""

from __future__ import annotations

from streams.picture.judged import Judged
from streams.picture.steps import Step

DocumentKey = tuple[str, str]
"""(type, doc_no)."""


class Disputes:
    """A lane: document key → the deltas held because the number was taken by another payload. None is ever counted.

    `changed` collects the numbers of which something may be alarmed otherwise.
    """

    def __init__(self) -> None:
        self._held: dict[DocumentKey, list[Judged]] = {}
        self.changed: set[DocumentKey] = set()

    def put(self, key: DocumentKey, judged: Judged, _: Step) -> None:
        """A delta is held for its number."""
        self._held.setdefault(key, []).append(judged)
        self.changed.add(key)

    def take_back(self, key: DocumentKey, judged: Judged, _: Step) -> None:
        """It is not, after all."""
        self._held[key].remove(judged)
        if not self._held[key]:
            del self._held[key]
        self.changed.add(key)

    def note(self, key: DocumentKey) -> None:
        """Who took the number, or whether one of its papers is returned, may have changed."""
        if key in self._held:
            self.changed.add(key)

    def held(self, key: DocumentKey) -> list[Judged]:
        """The papers held for a number and not returned, in the order of their turns."""
        return sorted(
            (judged for judged in self._held.get(key, ()) if not judged.is_returned()),
            key=lambda judged: judged.order,
        )
