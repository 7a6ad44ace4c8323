"""The newest outcomes, for those who subscribe later. Pure."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from schemas.outputs import Outcome


class NewestOutcomes:
    """At most `keep` outcomes in the order in which they last changed; the highest version of `remember` more.

    A repeated outcome (a rebuild publishes it again with a higher version) is no news: what it says is compared.
    """

    def __init__(self, keep: int, remember: int) -> None:
        self._keep, self._remember = keep, remember
        self._kept: dict[str, tuple[int, Outcome]] = {}
        self._forgotten: dict[str, tuple[int, int]] = {}
        self._let_go_at = 0

    def __len__(self) -> int:
        return len(self._kept)

    def apply(self, outcome: Outcome, number: int) -> bool:
        """Keep `outcome` as change `number`; False when it is not newer or says nothing new."""
        record_id = outcome.record_id
        if record_id in self._kept:
            kept_number, known = self._kept[record_id]
            if outcome.version <= known.version:
                return False
            if _saying(outcome) == _saying(known):
                self._kept[record_id] = (kept_number, outcome)
                return False
            del self._kept[record_id]
        elif record_id in self._forgotten:
            version, saying = self._forgotten[record_id]
            if outcome.version <= version:
                return False
            if hash(_saying(outcome)) == saying:
                self._forgotten[record_id] = (outcome.version, saying)
                return False
            del self._forgotten[record_id]
        self._kept[record_id] = (number, outcome)
        if len(self._kept) > self._keep:
            self._let_go()
        return True

    def _let_go(self) -> None:
        record_id = next(iter(self._kept))
        self._let_go_at, outcome = self._kept.pop(record_id)
        self._forgotten[record_id] = (outcome.version, hash(_saying(outcome)))
        if len(self._forgotten) > self._remember:
            del self._forgotten[next(iter(self._forgotten))]

    def changed(self, since: int) -> Iterator[tuple[int, Outcome]]:
        """Outcomes kept that changed after `since`, with their numbers, the newest first."""
        for number, outcome in reversed(self._kept.values()):
            if number <= since:
                return
            yield number, outcome

    def lost(self, since: int) -> bool:
        """Whether an outcome that changed after `since` is no longer kept."""
        return self._let_go_at > since


def _saying(outcome: Outcome) -> Outcome:
    return msgspec.structs.replace(outcome, version=0)
