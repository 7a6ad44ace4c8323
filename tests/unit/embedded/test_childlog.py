"""Logs of children stay bounded and keep their newest lines."""

from __future__ import annotations

from pathlib import Path

from fenghuo.embedded.childlog import RotatingLog, tail


def test_it_is_bounded_and_loses_only_the_oldest(tmp_path: Path) -> None:
    path = tmp_path / "worker.log"
    log = RotatingLog(path, max_bytes=1_000, kept=2)
    for number in range(1_000):
        log.write(f"line {number}\n".encode())
    log.close()
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == ["worker.log", "worker.log.1", "worker.log.2"]
    assert sum(file.stat().st_size for file in files) <= 3_000
    text = b"".join(file.read_bytes() for file in reversed(files)).decode().splitlines()
    assert text == [f"line {number}" for number in range(1_000)][-len(text) :]


def test_it_appends_to_what_an_earlier_run_wrote(tmp_path: Path) -> None:
    path = tmp_path / "worker.log"
    for word in (b"first\n", b"second\n"):
        log = RotatingLog(path)
        log.write(word)
        log.close()
    assert tail(path) == ["first", "second"]


def test_tail_of_nothing_and_of_broken_text(tmp_path: Path) -> None:
    assert tail(tmp_path / "none.log") == []
    (tmp_path / "odd.log").write_bytes(b"\xff\xfe\nlast\n")
    assert tail(tmp_path / "odd.log", 1) == ["last"]
