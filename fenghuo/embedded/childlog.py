"""Logs of children: bounded files, rotated by size, and their last lines."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

MAX_BYTES = 10 << 20
KEPT_FILES = 2
_TAIL_BYTES = 64 << 10


class RotatingLog:
    """Appends to `path`; beyond `max_bytes` it becomes `path.1` (and that `path.2`, the oldest goes)."""

    def __init__(self, path: Path, max_bytes: int = MAX_BYTES, kept: int = KEPT_FILES) -> None:
        self._path = path
        self._max_bytes = max_bytes
        self._kept = kept
        self._file: BinaryIO | None = None

    def write(self, data: bytes) -> None:
        """Append. Raises OSError when the disk refuses; the next call tries again."""
        file = self._file or self._open()
        if file.tell() + len(data) > self._max_bytes and file.tell():
            file = self._rotate()
        file.write(data)

    def _open(self) -> BinaryIO:
        self._file = self._path.open("ab", buffering=0)
        self._file.seek(0, os.SEEK_END)
        return self._file

    def _rotate(self) -> BinaryIO:
        self.close()
        for number in range(self._kept, 0, -1):
            source = self._numbered(number - 1)
            if source.exists():
                source.replace(self._numbered(number))
        return self._open()

    def _numbered(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}") if number else self._path

    def close(self) -> None:
        """Close the file; a later write opens it again."""
        if self._file is not None:
            self._file.close()
            self._file = None


def tail(path: Path, lines: int = 20) -> list[str]:
    """The last lines of a log; empty when there is none."""
    if not path.exists():
        return []
    with path.open("rb") as file:
        file.seek(0, os.SEEK_END)
        file.seek(max(0, file.tell() - _TAIL_BYTES))
        return file.read().decode("utf-8", errors="replace").splitlines()[-lines:]
