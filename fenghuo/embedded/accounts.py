"""Whom PostgreSQL runs as. It refuses to run as root, so a supervisor that is root finds somebody else.

The owner of an existing cluster, else `nobody`; and where `nobody` cannot reach the folder or the programs (a project
below a closed home, a 0700 temporary folder), on Linux the same root seen from inside a user namespace as another
user: its files stay root's, it has no capability, and no permission of any folder is changed.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fenghuo.embedded.errors import EmbeddedError, Exit

_CLONE_NEWUSER = 0x10000000
_INNER_ID = 1000
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


@dataclass(frozen=True)
class Account:
    """`uid` and `gid` own the cluster's files. `enter`: run between fork and exec instead of a change of user."""

    uid: int
    gid: int
    name: str
    enter: Callable[[], None] | None = None

    def popen_options(self) -> dict[str, Any]:
        """Arguments of `subprocess.Popen` that run a program as this account."""
        if self.enter is not None:
            return {"preexec_fn": self.enter}
        if self.uid == os.geteuid():
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def can(self, mode: str, path: Path) -> bool:
        """Whether this account may read (r), write (w) or execute (x) `path`: the kernel is asked, as that user."""
        command = ["/bin/sh", "-c", f'test -{mode} "$1"', "sh", str(path)]
        done = subprocess.run(command, cwd="/", check=False, **self.popen_options())  # noqa: S603
        return done.returncode == 0


def choose(cluster: Path, programs: Path) -> Account:
    """Whom to run the server of `cluster` as; the cluster need not exist yet.

    Raises EmbeddedError (FOLDER_UNUSABLE) where nobody suitable can reach the folder and the programs.
    """
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), "")
    nobody = _other_user(cluster)
    if nobody is not None and _reaches(nobody, cluster, programs):
        return nobody
    inner = Account(0, 0, "root", _enter_user_namespace)
    if (not cluster.exists() or cluster.stat().st_uid == 0) and _has_user_namespaces(inner):
        return inner
    name = nobody.name if nobody is not None else "nobody"
    raise EmbeddedError(
        Exit.FOLDER_UNUSABLE,
        f"以 root 运行时 PostgreSQL 使用用户 {name}，但该用户无法进入 {cluster.parent} 或 {programs}；"
        "请把项目和数据目录放在所有用户可进入的位置，或用普通用户运行。",
        f"Run by root, PostgreSQL runs as user {name}, who cannot reach {cluster.parent} or {programs}: keep the"
        " project and the data folder where every user may enter, or run as an ordinary user.",
    )


def _other_user(cluster: Path) -> Account | None:
    """The owner of the cluster, or `nobody` for a new one; None: the cluster is root's."""
    try:
        if not cluster.exists():
            entry = pwd.getpwnam("nobody")
        elif owner := cluster.stat().st_uid:
            entry = pwd.getpwuid(owner)
        else:
            return None
    except KeyError:
        return None
    return Account(entry.pw_uid, entry.pw_gid, entry.pw_name)


def _reaches(account: Account, cluster: Path, programs: Path) -> bool:
    """Everything down to the nearest existing folder; what is made below it will be the account's own."""
    place = cluster
    while not place.exists():
        place = place.parent
    return account.can("x", place) and account.can("x", programs / "postgres")


def _has_user_namespaces(inner: Account) -> bool:
    if _libc is None:
        return False
    try:
        return inner.can("x", Path("/"))
    except subprocess.SubprocessError:
        return False


def _enter_user_namespace() -> None:
    """Between fork and exec: the same kernel identity, seen from inside as `_INNER_ID`."""
    if _libc is None or _libc.unshare(_CLONE_NEWUSER):
        raise OSError("user namespaces are not permitted")
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{_INNER_ID} 0 1"),
        ("gid_map", f"{_INNER_ID} 0 1"),
    ):
        fd = os.open(f"/proc/self/{name}", os.O_WRONLY)
        os.write(fd, text.encode())
        os.close(fd)
