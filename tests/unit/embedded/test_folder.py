"""The data folder: one owner, room enough, a clear sentence otherwise."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import pytest

from fenghuo.embedded.errors import EmbeddedError, Exit
from fenghuo.embedded.folder import DataFolder, FolderLock, disk_or_folder_error

Usage = namedtuple("Usage", "total used free")


def test_a_full_disk_says_what_is_free_and_what_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(100 << 30, 100 << 30, 5 << 20))
    with pytest.raises(EmbeddedError) as caught:
        DataFolder.at(tmp_path).create()
    assert caught.value.exit_code == Exit.DISK_FULL
    assert "5 MiB" in caught.value.zh
    assert "1024 MiB" in caught.value.en


def test_no_space_while_writing_is_a_full_disk(tmp_path: Path) -> None:
    assert disk_or_folder_error(OSError(28, "No space left on device"), tmp_path).exit_code == Exit.DISK_FULL


def test_a_file_in_its_place_is_an_unusable_folder(tmp_path: Path) -> None:
    place = tmp_path / "data"
    place.write_text("not a folder", encoding="utf-8")
    with pytest.raises(EmbeddedError) as caught:
        DataFolder.at(place).create()
    assert caught.value.exit_code == Exit.FOLDER_UNUSABLE
    assert str(place) in caught.value.zh


def test_one_owner_and_the_lock_dies_with_it(tmp_path: Path) -> None:
    folder = DataFolder.at(tmp_path)
    folder.create()
    code = (
        "import sys, pathlib; from fenghuo.embedded.folder import DataFolder, FolderLock;"
        "print(FolderLock(DataFolder.at(pathlib.Path(sys.argv[1]))).acquire(), flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == "True\n"
        mine = FolderLock(folder)
        assert not mine.acquire()
        assert mine.is_held_by_another()
        owner.kill()
        owner.wait(10)
        assert not mine.is_held_by_another()
        assert mine.acquire()
        mine.release()


def test_downloads_can_be_shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FENGHUO_DOWNLOADS", raising=False)
    assert DataFolder.at(tmp_path).downloads == tmp_path / "downloads"
    monkeypatch.setenv("FENGHUO_DOWNLOADS", str(tmp_path / "shared"))
    assert DataFolder.at(tmp_path / "two").downloads == tmp_path / "shared"
