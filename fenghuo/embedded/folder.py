"""The one folder that holds everything an embedded system keeps, and the lock that gives it one owner."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from fenghuo.embedded.errors import EmbeddedError, Exit

# A Kafka log segment index and PostgreSQL's first WAL files are preallocated; below this a start fails half-way.
MIN_FREE_BYTES = 1 << 30


@dataclass(frozen=True)
class DataFolder:
    """Paths below the data folder; `root` is absolute."""

    root: Path

    @classmethod
    def at(cls, path: Path) -> Self:
        """The data folder at `path`, made absolute: children run with other working directories."""
        return cls(path.expanduser().resolve())

    @property
    def run(self) -> Path:
        """State of the running system: `state.json`, `lock`."""
        return self.root / "run"

    @property
    def logs(self) -> Path:
        """One bounded log for each child, and the supervisor's own."""
        return self.root / "logs"

    @property
    def state_file(self) -> Path:
        """Pids, ports, addresses (`fenghuo.embedded.state`)."""
        return self.run / "state.json"

    @property
    def downloads(self) -> Path:
        """Kafka's jars; `FENGHUO_DOWNLOADS` lets several data folders share them."""
        shared = os.environ.get("FENGHUO_DOWNLOADS")
        return Path(shared).expanduser().resolve() if shared else self.root / "downloads"

    @property
    def kafka(self) -> Path:
        """Kafka's configuration and logs of records."""
        return self.root / "kafka"

    @property
    def postgres(self) -> Path:
        """PostgreSQL's cluster."""
        return self.root / "postgres"

    @property
    def demo_marker(self) -> Path:
        """Exists once the opening replay has been shown."""
        return self.root / "demo.done"

    def log(self, name: str) -> Path:
        """The log file of a child."""
        return self.logs / f"{name}.log"

    def create(self) -> None:
        """Make the folder and what must exist below it.

        Raises EmbeddedError (FOLDER_UNUSABLE, DISK_FULL) when it cannot be written or has too little room.
        """
        try:
            for path in (self.root, self.run, self.logs):
                path.mkdir(parents=True, exist_ok=True)
            probe = self.run / "probe"
            probe.write_bytes(b"fenghuo")
            probe.unlink()
        except OSError as error:
            raise disk_or_folder_error(error, self.root) from error
        self.require_space()

    def free_bytes(self) -> int:
        """Bytes free on the file system of the folder."""
        return shutil.disk_usage(self.root).free

    def require_space(self) -> None:
        """Raises EmbeddedError (DISK_FULL) when less than `MIN_FREE_BYTES` is free."""
        free = self.free_bytes()
        if free < MIN_FREE_BYTES:
            raise disk_full(self.root, free)


def disk_full(path: Path, free: int) -> EmbeddedError:
    """The error for a disk without room at `path`; `free` in bytes."""
    free_mib, needed_mib = free >> 20, MIN_FREE_BYTES >> 20
    return EmbeddedError(
        Exit.DISK_FULL,
        f"磁盘空间不足：{path} 所在磁盘只剩 {free_mib} MiB，至少需要 {needed_mib} MiB；请清理磁盘，或用 --data 换一个目录。",
        f"The disk of {path} has {free_mib} MiB free and at least {needed_mib} MiB are needed:"
        " make room, or choose another folder with --data.",
    )


def disk_or_folder_error(error: OSError, path: Path) -> EmbeddedError:
    """An OSError met while writing below `path`, as the sentence that says what to do."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return disk_full(path, shutil.disk_usage(path).free if path.exists() else 0)
    return EmbeddedError(
        Exit.FOLDER_UNUSABLE,
        f"数据目录 {path} 无法写入（{error.strerror}）；请用 --data 指定一个可写的目录。",
        f"The data folder {path} cannot be written ({error.strerror}): name a writable one with --data.",
    )


class FolderLock:
    """An exclusive lock on a data folder, held by the supervisor; the kernel drops it when the holder dies."""

    def __init__(self, folder: DataFolder) -> None:
        self._path = folder.run / "lock"
        self._fd: int | None = None

    def acquire(self) -> bool:
        """Whether this process now holds the lock. Raises OSError when the file cannot be opened."""
        fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            return False
        self._fd = fd
        return True

    def release(self) -> None:
        """Give the lock back; a no-op when it is not held."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def is_held_by_another(self) -> bool:
        """Whether a supervisor owns the folder now."""
        if not self._path.exists():
            return False
        if self.acquire():
            self.release()
            return False
        return True
