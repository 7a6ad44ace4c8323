"""Kafka's jars: exactly those of the lock file, or an error."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from fenghuo.embedded import jars
from fenghuo.embedded.errors import EmbeddedError, Exit
from fenghuo.embedded.jars import Jar


def test_the_lock_has_kafka_its_own_clients_and_no_address() -> None:
    rows = {jar.artifact: jar for jar in jars.locked()}
    assert rows["kafka_2.13"].version == rows["kafka-clients"].version == "4.3.1"
    assert "log4j-slf4j-impl" in rows
    assert all(len(jar.sha256) == 64 for jar in rows.values())
    assert "://" not in jars.LOCK_FILE.read_text(encoding="utf-8")


@pytest.fixture
def two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Jar]:
    good = hashlib.sha256(b"good").hexdigest()
    locked = [Jar("g", "one", "1", good), Jar("g", "two", "1", good)]
    monkeypatch.setattr(jars, "locked", lambda _lock_file=None: locked)
    return locked


def test_missing_and_damaged_jars_are_told_apart(two: list[Jar], tmp_path: Path) -> None:
    place = jars.folder(tmp_path)
    place.mkdir(parents=True)
    (place / two[0].filename).write_bytes(b"bad")
    assert jars.missing(tmp_path) == [two[1]]
    assert jars.damaged(tmp_path) == two


def test_what_is_there_is_not_fetched_again(two: list[Jar], tmp_path: Path) -> None:
    place = jars.folder(tmp_path)
    place.mkdir(parents=True)
    for jar in two:
        (place / jar.filename).write_bytes(b"good")
    assert not jars.fetch(tmp_path)
    assert jars.damaged(tmp_path) == []


class Source:
    """What jgo answers: a file, or an error."""

    def __init__(self, answer: Path | Exception) -> None:
        self.answer = answer

    def __call__(self, jar: Jar, repository: Path) -> Path:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.mark.parametrize(
    "error", [RuntimeError("no such artifact"), ConnectionError("network is unreachable")]
)
def test_a_failed_download_names_the_artifact(
    two: list[Jar], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(jars, "_resolve", Source(error))
    with pytest.raises(EmbeddedError) as caught:
        jars.fetch(tmp_path)
    assert caught.value.exit_code == Exit.DOWNLOAD_FAILED
    assert "g:one:1" in caught.value.zh
    assert "g:one:1" in caught.value.en
    assert not list(jars.folder(tmp_path).glob("*.jar"))


def test_a_file_with_another_hash_is_refused_and_removed(
    two: list[Jar], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "source.jar"
    source.write_bytes(b"bad")
    monkeypatch.setattr(jars, "_resolve", Source(source))
    with pytest.raises(EmbeddedError) as caught:
        jars.fetch(tmp_path)
    assert "SHA-256" in caught.value.details
    assert not source.exists()
    assert jars.missing(tmp_path) == two


def test_a_full_disk_is_not_called_a_failed_download(
    two: list[Jar], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jars, "_resolve", Source(OSError(28, "No space left on device")))
    with pytest.raises(OSError, match="No space left"):
        jars.fetch(tmp_path)
