"""Kafka's jars: fetched once by jgo, exactly those of `kafka.lock.toml`, each checked by its SHA-256.

The lock file holds coordinates and hashes, no addresses: repositories come from the user's jgo settings.
`python -m fenghuo.embedded.jars lock` writes it anew after a change of `ENDPOINT`.
"""

from __future__ import annotations

import errno
import hashlib
import os
import sys
import tempfile
import tomllib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from fenghuo.embedded.errors import EmbeddedError, Exit

LOCK_FILE = Path(__file__).with_name("kafka.lock.toml")
# "!" keeps log4j's bill of materials from replacing Kafka's own clients with an older version.
ENDPOINT = (
    "org.apache.kafka:kafka_2.13:4.3.1"
    "+org.apache.logging.log4j:log4j-slf4j-impl:2.25.2!"
    "+org.apache.logging.log4j:log4j-core:2.25.2!"
)
_TIMEOUT_SECONDS = 60
_PARALLEL = 4

Progress = Callable[[int, int], None]
"""Told after each jar: how many are there, of how many."""


@dataclass(frozen=True)
class Jar:
    """One locked artifact."""

    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def filename(self) -> str:
        """Its file in the class path folder."""
        return f"{self.artifact}-{self.version}.jar"

    @property
    def coordinate(self) -> str:
        """As Maven writes it."""
        return f"{self.group}:{self.artifact}:{self.version}"


def locked(lock_file: Path = LOCK_FILE) -> list[Jar]:
    """The jars of the lock file, in class path order."""
    rows = tomllib.loads(lock_file.read_text(encoding="utf-8"))["dependencies"]
    return [Jar(row["groupId"], row["artifactId"], row["version"], row["sha256"]) for row in rows]


def folder(downloads: Path, lock_file: Path = LOCK_FILE) -> Path:
    """The class path folder of this lock file: another lock gets another folder."""
    return downloads / f"kafka-{_sha256(lock_file)[:16]}"


def class_path(downloads: Path, lock_file: Path = LOCK_FILE) -> str:
    """What `java -cp` is given."""
    return os.pathsep.join(str(folder(downloads, lock_file) / jar.filename) for jar in locked(lock_file))


def missing(downloads: Path, lock_file: Path = LOCK_FILE) -> list[Jar]:
    """Locked jars that are not there, judged by name: cheap, for every start."""
    place = folder(downloads, lock_file)
    return [jar for jar in locked(lock_file) if not (place / jar.filename).is_file()]


def damaged(downloads: Path) -> list[Jar]:
    """Locked jars that are missing or whose SHA-256 differs; reads them all (about 0.1 s)."""
    place = folder(downloads)
    return [jar for jar in locked() if not _is_intact(place / jar.filename, jar)]


def fetch(
    downloads: Path, progress: Progress = lambda done, total: None, lock_file: Path = LOCK_FILE
) -> bool:
    """Have every locked jar in the class path folder; answers whether anything was downloaded.

    Raises EmbeddedError (DOWNLOAD_FAILED) naming the artifact; OSError when the folder cannot be written.
    """
    todo = missing(downloads, lock_file)
    if not todo:
        return False
    place = folder(downloads, lock_file)
    place.mkdir(parents=True, exist_ok=True)
    total = len(locked(lock_file))
    done = total - len(todo)
    progress(done, total)
    with ThreadPoolExecutor(_PARALLEL) as pool:
        for _ in pool.map(lambda jar: _fetch_one(jar, downloads / "maven", place), todo):
            done += 1
            progress(done, total)
    return True


def _resolve(jar: Jar, repository: Path) -> Path:
    """The artifact's file in jgo's repository folder, downloaded if need be. Raises RuntimeError or OSError."""
    from jgo.config import GlobalSettings
    from jgo.maven import MavenContext
    from jgo.parse import Coordinate

    context = MavenContext(
        repo_cache=repository,
        remote_repos=GlobalSettings.load().repositories or None,
        timeout=_TIMEOUT_SECONDS,
    )
    path: Path = context.create_dependency(Coordinate.parse(jar.coordinate)).artifact.resolve()
    return path


def _fetch_one(jar: Jar, repository: Path, place: Path) -> None:
    try:
        source = _resolve(jar, repository)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS):
            raise
        raise _failed(jar, str(error)) from error
    except RuntimeError as error:
        raise _failed(jar, str(error)) from error
    if not _is_intact(source, jar):
        source.unlink(missing_ok=True)
        raise _failed(jar, "its SHA-256 is not that of the lock file")
    part = place / f"{jar.filename}.{os.getpid()}.part"
    part.unlink(missing_ok=True)
    os.link(source, part)
    # Renamed only when whole: a download that was cut is never taken for a jar.
    part.replace(place / jar.filename)


def _failed(jar: Jar, reason: str) -> EmbeddedError:
    short = reason.strip().splitlines()[0] if reason.strip() else "no answer"
    return EmbeddedError(
        Exit.DOWNLOAD_FAILED,
        f"下载 {jar.coordinate} 失败：请检查到 Maven 仓库的网络（或在 jgo 设置里指定镜像），然后重新运行。",
        f"Downloading {jar.coordinate} failed: check the network to the Maven registry"
        " (or name a mirror in jgo's settings) and run this again.",
        short,
    )


def _is_intact(path: Path, jar: Jar) -> bool:
    return path.is_file() and _sha256(path) == jar.sha256


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_lock(
    scratch: Path,
    endpoint: str = ENDPOINT,
    lock_file: Path = LOCK_FILE,
    command: str = "python -m fenghuo.embedded.jars lock",
) -> None:
    """Resolve an endpoint anew and write the lock file, without the time of day so that equal input gives equal text.

    `command` is how to do that again; it stands in the file.
    """
    from jgo.env import EnvironmentBuilder
    from jgo.maven import MavenContext

    builder = EnvironmentBuilder(
        context=MavenContext(repo_cache=scratch / "maven", timeout=_TIMEOUT_SECONDS),
        cache_dir=scratch / "jgo",
    )
    environment = builder.from_endpoint(endpoint, update=True)
    keep = ("groupId", "artifactId", "version", "sha256")
    lines = [f"# Written by `{command}`; do not edit.", f'endpoint = "{endpoint}"']
    for row in tomllib.loads(environment.lock_path.read_text(encoding="utf-8"))["dependencies"]:
        lines += ["", "[[dependencies]]", *(f'{key} = "{row[key]}"' for key in keep)]
    lock_file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main(arguments: list[str]) -> int:
    """`fetch` (what `make setup` runs) or `lock`; the exit code."""
    if arguments == ["lock"]:
        with tempfile.TemporaryDirectory() as name:
            write_lock(Path(name))
        return 0
    if arguments != ["fetch"]:
        print("usage: python -m fenghuo.embedded.jars fetch|lock", file=sys.stderr)
        return int(Exit.USAGE)
    from fenghuo.embedded.folder import DataFolder, disk_or_folder_error
    from fenghuo.platform.settings import Settings

    folder = DataFolder.at(Settings().data)
    try:
        fetch(folder.downloads, _print_progress)
    except OSError as error:
        return _print_error(disk_or_folder_error(error, folder.root))
    except EmbeddedError as error:
        return _print_error(error)
    return 0


def _print_progress(done: int, total: int) -> None:
    if done in (0, total):
        print(f"· 下载 Kafka {done}/{total} downloading Kafka", flush=True)


def _print_error(error: EmbeddedError) -> int:
    print(f"✗ {error.zh}\n  {error.en}\n{error.details}".rstrip(), file=sys.stderr)
    return int(error.exit_code)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
