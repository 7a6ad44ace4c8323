"""Records that wait for a base (R4, R6, R18), fired right after it in the order in which they began to wait."""

from __future__ import annotations

from streams.picture.judged import Judged


class Waiting:
    """Who waits for which record_id or supply document number. A record waits for one thing at a time."""

    def __init__(self) -> None:
        self._by_record: dict[str, list[tuple[int, Judged]]] = {}
        self._by_document: dict[str, list[tuple[int, Judged]]] = {}
        self._began = 0

    def for_record(self, judged: Judged, record_id: str) -> None:
        """Wait until this record has had its turn."""
        self._add(self._by_record, judged, record_id)

    def for_document(self, judged: Judged, doc_no: str) -> None:
        """Wait until a supply document of this number has been judged."""
        self._add(self._by_document, judged, doc_no)

    def awaited_records(self) -> set[str]:
        """The record_ids that somebody waits for."""
        return set(self._by_record)

    def take(self, record_id: str | None, doc_no: str | None = None) -> list[Judged]:
        """Those that waited for this record, or for the document that it brought; longest waiting first."""
        woken = self._by_record.pop(record_id, []) if record_id else []
        woken = woken + (self._by_document.pop(doc_no, []) if doc_no else [])
        return [judged for _, judged in sorted(woken, key=lambda pair: pair[0])]

    def _add(self, waiters: dict[str, list[tuple[int, Judged]]], judged: Judged, key: str) -> None:
        self._began += 1
        judged.waiting = True
        waiters.setdefault(key, []).append((self._began, judged))
