"""`make setup` says in one sentence why it cannot go on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from fenghuo.embedded import bootstrap, errors, platforms
from fenghuo.embedded.bootstrap import BootstrapError
from fenghuo.embedded.errors import EmbeddedError, Exit
from fenghuo.platform.settings import Settings


def test_exit_codes_are_those_of_the_command_line() -> None:
    assert bootstrap.DOWNLOAD_FAILED == errors.Exit.DOWNLOAD_FAILED
    assert bootstrap.DISK_FULL == errors.Exit.DISK_FULL
    assert bootstrap.UNSUPPORTED_PLATFORM == errors.Exit.UNSUPPORTED_PLATFORM
    assert bootstrap.SUPPORTED == platforms.SUPPORTED


def test_an_unsupported_platform_is_named() -> None:
    with pytest.raises(BootstrapError) as caught:
        bootstrap.require_platform("Windows", "AMD64")
    assert "Windows AMD64" in caught.value.text
    with pytest.raises(EmbeddedError) as refused:
        platforms.require_supported(Settings(), "Linux", "riscv64")
    assert refused.value.exit_code == Exit.UNSUPPORTED_PLATFORM
    assert "riscv64" in refused.value.zh


def test_a_full_disk_is_named() -> None:
    with pytest.raises(BootstrapError) as caught:
        bootstrap.require_space(10 << 20)
    assert caught.value.code == Exit.DISK_FULL
    assert "10 MiB" in caught.value.text


def test_a_failed_download_shows_the_tools_last_words() -> None:
    with pytest.raises(BootstrapError) as caught:
        bootstrap.run(
            "安装依赖", "installing packages", [sys.executable, "-c", "raise SystemExit('no route')"]
        )
    assert caught.value.code == Exit.DOWNLOAD_FAILED
    assert "no route" in caught.value.text
    assert "安装依赖失败" in caught.value.text


def test_a_python_without_venv_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "VENV", tmp_path / "venv")
    python = tmp_path / "python3"
    python.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    python.chmod(0o755)
    with pytest.raises(BootstrapError) as caught:
        bootstrap.make_environment(str(python))
    assert "python3-venv" in caught.value.text


def test_the_script_needs_nothing_but_the_standard_library() -> None:
    answer = subprocess.run(
        [sys.executable, "-I", "-S", bootstrap.__file__, "--help"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == Exit.USAGE
    assert "usage" in answer.stderr


def test_lock_files_hold_hashes_and_no_addresses() -> None:
    for lock in bootstrap.REQUIREMENTS.glob("*.lock"):
        text = lock.read_text(encoding="utf-8")
        assert "--hash=sha256:" in text
        assert "://" not in text, lock.name
