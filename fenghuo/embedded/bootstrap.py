"""`make setup` and `make deps`: from a bare Python to `.venv/bin/fenghuo` and Kafka's jars. Standard library only.

Runs under whatever `python3` is (so no newer syntax here) and looks for a suitable one itself. Quick when nothing has
changed: the lock files' hashes are kept in `.venv/ready.json`. Package indexes come from the user's pip and uv settings.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
REQUIREMENTS = ROOT / "requirements"
STAMP = VENV / "ready.json"
UV_HOME = VENV / "uv"
OLDEST, NEWEST_TRIED = (3, 11), (3, 13)
SUPPORTED = {("Linux", "x86_64"), ("Linux", "aarch64"), ("Darwin", "x86_64"), ("Darwin", "arm64")}
NEEDED_BYTES = 3 << 30
# As in fenghuo.embedded.errors, which needs a newer Python than this file may assume.
USAGE, DOWNLOAD_FAILED, DISK_FULL, UNSUPPORTED_PLATFORM = 2, 13, 14, 15


class BootstrapError(Exception):
    """One sentence in Chinese and one in English; `code` is the exit code, `details` the tool's last words."""

    def __init__(self, code: int, zh: str, en: str, details: str = "") -> None:
        super().__init__(en)
        self.code = code
        self.text = "\n".join(part for part in (f"✗ {zh}", f"  {en}", details) if part)


def downloads() -> Path:
    """As `fenghuo.embedded.folder.DataFolder.downloads`."""
    shared = os.environ.get("FENGHUO_DOWNLOADS")
    return Path(shared) if shared else Path(os.environ.get("FENGHUO_DATA") or ROOT / ".fenghuo") / "downloads"


def suitable_python() -> str:
    """The interpreter to build with: this one, or a newer one on PATH. Raises BootstrapError."""
    if OLDEST <= sys.version_info[:2] <= NEWEST_TRIED:
        return sys.executable
    for minor in range(NEWEST_TRIED[1], OLDEST[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        if found and _answers(found, "import venv"):
            return found
    if sys.version_info[:2] > NEWEST_TRIED:
        return sys.executable
    raise BootstrapError(
        UNSUPPORTED_PLATFORM,
        f"需要 Python 3.11 或更新版本，现在是 {platform.python_version()}；请安装后运行 make PYTHON=python3.11 setup。",
        f"Python 3.11 or newer is needed, this is {platform.python_version()}: install it and run make PYTHON=python3.11 setup.",
    )


def _answers(python: str, code: str) -> bool:
    try:
        return subprocess.run([python, "-c", code], capture_output=True).returncode == 0  # noqa: S603
    except OSError:
        return False


def require_platform(system: str | None = None, machine: str | None = None) -> None:
    """Raises BootstrapError where no wheels of Java and PostgreSQL exist."""
    here = (system or platform.system(), machine or platform.machine())
    if here not in SUPPORTED:
        raise BootstrapError(
            UNSUPPORTED_PLATFORM,
            "不支持本机平台 {} {}：需要 Linux 或 macOS（x86_64 或 arm64）。".format(*here),
            "{} {} is not supported: Linux or macOS on x86_64 or arm64 is needed.".format(*here),
        )


def require_space(free: int | None = None) -> None:
    """Raises BootstrapError when the disk has less room than packages and jars take."""
    free = shutil.disk_usage(str(ROOT)).free if free is None else free
    if free < NEEDED_BYTES:
        raise BootstrapError(
            DISK_FULL,
            f"磁盘空间不足：只剩 {free >> 20} MiB，安装需要 {NEEDED_BYTES >> 20} MiB；请清理磁盘。",
            f"The disk has {free >> 20} MiB free and {NEEDED_BYTES >> 20} MiB are needed: make room.",
        )


def wanted(lock: str) -> dict[str, str]:
    """What must be installed, as hashes: a stamp that says the same means there is nothing to do."""
    files = (
        f"requirements/{lock}.lock",
        "requirements/bootstrap.lock",
        "requirements/build.lock",
        "pyproject.toml",
    )
    return {name: hashlib.sha256((ROOT / name).read_bytes()).hexdigest() for name in files}


def is_ready(lock: str) -> bool:
    """Whether the environment holds that lock (development's holds the runtime's too)."""
    if not (VENV / "bin" / "fenghuo").exists() or not STAMP.exists():
        return False
    stamp = json.loads(STAMP.read_text(encoding="utf-8"))
    return any(stamp == wanted(name) for name in ((lock, "dev") if lock == "runtime" else (lock,)))


def run(what_zh: str, what_en: str, command: list[str]) -> None:
    """Run a step. Raises BootstrapError with the tool's last words."""
    print(f"· {what_zh} {what_en}", flush=True)
    done = subprocess.run(command, cwd=str(ROOT), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # noqa: S603
    if done.returncode:
        words = done.stdout.decode("utf-8", errors="replace").strip()
        if "No space left" in words:
            require_space(0)
        raise BootstrapError(
            DOWNLOAD_FAILED,
            f"{what_zh}失败：请检查到软件包仓库的网络（或 pip/uv 的镜像设置），然后重新运行。",
            f"{what_en} failed: check the network to the package registries (or the mirror in your pip and uv settings)"
            " and run this again.",
            words[-2000:],
        )


def make_environment(python: str) -> None:
    """`.venv`, kept where it is of use, and uv beside it. Raises BootstrapError."""
    inner = str(VENV / "bin" / "python")
    if not _answers(inner, "import pip, sys; sys.exit(sys.version_info < (3, 11))"):
        if not _answers(python, "import ensurepip, venv"):
            raise BootstrapError(
                UNSUPPORTED_PLATFORM,
                f"这个 Python（{python}）没有 venv/ensurepip；Debian、Ubuntu 请先 apt-get install python3-venv。",
                f"This Python ({python}) has no venv/ensurepip: on Debian or Ubuntu apt-get install python3-venv first.",
            )
        run("建立虚拟环境", "making the virtual environment", [python, "-m", "venv", "--clear", str(VENV)])
    pip = [inner, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-cache-dir"]
    lock = str(REQUIREMENTS / "bootstrap.lock")
    run("安装 uv", "installing uv", [*pip, "--require-hashes", "--target", str(UV_HOME), "-r", lock])


def install(lock: str) -> None:
    """Exactly the packages of the lock file, then the project itself, editable. Raises BootstrapError."""
    uv, python = str(UV_HOME / "bin" / "uv"), str(VENV / "bin" / "python")
    sync = [uv, "pip", "sync", "--quiet", "--python", python, "--require-hashes"]
    run("安装依赖", "installing packages", [*sync, str(REQUIREMENTS / f"{lock}.lock")])
    editable = [uv, "pip", "install", "--quiet", "--python", python, "--no-deps", "--editable", "."]
    constraints = ["--build-constraints", str(REQUIREMENTS / "build.lock")]
    run("安装本项目", "installing the project", [*editable, *constraints])
    STAMP.write_text(json.dumps(wanted(lock)), encoding="utf-8")


def fetch_jars() -> None:
    """Kafka's jars, by the new environment's own code, which says what it does and what went wrong."""
    command = [str(VENV / "bin" / "python"), "-m", "fenghuo.embedded.jars", "fetch"]
    code = subprocess.run(command, cwd=str(ROOT)).returncode  # noqa: S603
    if code:
        sys.exit(code)


def main(arguments: list[str]) -> int:
    """`bootstrap.py [--dev]`; the exit code."""
    if arguments not in ([], ["--dev"]):
        print("usage: bootstrap.py [--dev]", file=sys.stderr)
        return USAGE
    lock = "dev" if arguments else "runtime"
    try:
        require_platform()
        if not is_ready(lock):
            require_space()
            if not (UV_HOME / "bin" / "uv").exists() or not (VENV / "bin" / "python").exists():
                make_environment(suitable_python())
            install(lock)
        fetch_jars()
    except BootstrapError as error:
        print(error.text, file=sys.stderr)
        return error.code
    return 0


if __name__ == "__main__":
    os.environ.pop("VIRTUAL_ENV", None)
    # All downloads in one folder, unless the user already keeps a cache elsewhere.
    os.environ.setdefault("UV_CACHE_DIR", str(downloads() / "uv"))
    sys.exit(main(sys.argv[1:]))
