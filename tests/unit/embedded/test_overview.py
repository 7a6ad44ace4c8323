"""What is shown of a system."""

from __future__ import annotations

from pathlib import Path

from fenghuo.embedded.overview import folder_bytes, without_password


def test_passwords_are_not_shown() -> None:
    shown = without_password("postgresql://duty:secret@db:5432/fenghuo?sslmode=require")
    assert shown == "postgresql://duty:***@db:5432/fenghuo?sslmode=require"
    assert (
        without_password("postgresql://fenghuo@/fenghuo?host=/x") == "postgresql://fenghuo@/fenghuo?host=/x"
    )
    assert without_password("127.0.0.1:9092") == "127.0.0.1:9092"


def test_size_of_a_folder(tmp_path: Path) -> None:
    assert folder_bytes(tmp_path / "none") == 0
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x").write_bytes(b"123")
    (tmp_path / "y").write_bytes(b"4567")
    assert folder_bytes(tmp_path) == 7
