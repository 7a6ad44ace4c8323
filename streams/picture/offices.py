"""Which organisations have entries in a cell: so that another source's word is found without a look at the history."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Collection, Iterable, Iterator
from typing import Generic, TypeVar

Root = TypeVar("Root")
Rank = tuple[int, int, int]


class Offices(Generic[Root]):
    """Organisation → (rank, root) of its entries, lowest rank first. While there is one only, no more than its name."""

    __slots__ = ("_by_org", "_only")

    def __init__(self) -> None:
        self._only: str | None = None
        self._by_org: dict[str, list[tuple[Rank, Root]]] | None = None

    def is_only(self, org: str) -> bool:
        """Whether this organisation, and no other one, has had entries."""
        return self._by_org is None and org == self._only

    def enter(self, org: str, rank: Rank, root: Root, before: Iterable[tuple[Rank, Root]]) -> None:
        """An organisation has one entry more; `before` = (rank, root) of those known so far."""
        if self._by_org is None:
            if self._only is None:
                self._only = org
            if org == self._only:
                return
            self._tell_apart(before)
        assert self._by_org is not None
        insort(self._by_org.setdefault(org, []), (rank, root), key=_rank)

    def leave(self, org: str, rank: Rank, root: Root) -> None:
        """It has one less."""
        if self._by_org is None:
            return
        ranked = self._by_org[org]
        place = bisect_left(ranked, rank, key=_rank)
        while ranked[place][1] is not root:
            place += 1
        del ranked[place]
        if not ranked:
            del self._by_org[org]

    def others(self, orgs: Collection[str]) -> Iterator[str]:
        """Organisations that are none of these; one whose entries are all gone may be among them."""
        if self._by_org is not None:
            yield from (org for org in self._by_org if org not in orgs)
        elif self._only is not None and self._only not in orgs:
            yield self._only

    def ranked(self, org: str, known: Iterable[tuple[Rank, Root]]) -> Iterator[tuple[Rank, Root]]:
        """(rank, root) of an organisation's entries, highest rank first; `known` = those of all."""
        if self._by_org is None:
            if org != self._only:
                return
            self._tell_apart(known)
        assert self._by_org is not None
        yield from reversed(self._by_org.get(org, ()))

    def _tell_apart(self, known: Iterable[tuple[Rank, Root]]) -> None:
        assert self._only is not None
        self._by_org = {self._only: sorted(known, key=_rank)}


def _rank(ranked: tuple[Rank, Root]) -> Rank:
    return ranked[0]
