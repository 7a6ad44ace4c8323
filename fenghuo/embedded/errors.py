"""What can go wrong when the embedded system starts or runs: one sentence in two languages, one exit code each."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes of `fenghuo`; `fenghuo --help` lists them. 1 and 2 are those of every command line."""

    WRONG = 1
    USAGE = 2
    NOT_WELL = 3
    SETTING = 10
    ALREADY_RUNNING = 11
    PORT_BUSY = 12
    DOWNLOAD_FAILED = 13
    DISK_FULL = 14
    UNSUPPORTED_PLATFORM = 15
    FOLDER_UNUSABLE = 16
    CHILD_FAILED = 17
    NOT_READY = 18


class EmbeddedError(Exception):
    """The embedded system cannot go on. `zh` and `en` are one sentence each; `details` may follow (log lines)."""

    def __init__(self, exit_code: Exit, zh: str, en: str, details: str = "") -> None:
        super().__init__(en)
        self.exit_code = exit_code
        self.zh = zh
        self.en = en
        self.details = details
