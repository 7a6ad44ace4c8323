"""The spool's file format: whatever a crash cuts or turns over, the whole frames before it are read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.frames import MAGIC, ForeignFileError, frame, frames

payloads = st.lists(st.binary(min_size=1, max_size=200), max_size=20)


def segment(parts: list[bytes]) -> bytes:
    return MAGIC + b"".join(map(frame, parts))


@given(payloads)
def test_what_was_framed_is_read(parts: list[bytes]) -> None:
    data = segment(parts)
    found = list(frames(data))
    assert [payload for _, payload in found] == parts
    assert all(data[offset:].startswith(frame(payload)) for offset, payload in found)


@given(payloads, st.data())
def test_a_cut_loses_only_what_it_cuts(parts: list[bytes], data: st.DataObject) -> None:
    whole = segment(parts)
    cut = data.draw(st.integers(0, len(whole)))
    read = [payload for _, payload in frames(whole[:cut])]
    assert read == parts[: len(read)]
    assert cut < len(whole) or read == parts
    if cut >= len(MAGIC) and len(read) < len(parts):
        assert cut - len(segment(read)) < len(frame(parts[len(read)]))


@given(payloads.filter(bool), st.data())
def test_a_damaged_byte_ends_the_reading_there(parts: list[bytes], data: st.DataObject) -> None:
    whole = bytearray(segment(parts))
    position = data.draw(st.integers(len(MAGIC), len(whole) - 1))
    whole[position] ^= data.draw(st.integers(1, 255))
    read = [payload for _, payload in frames(bytes(whole))]
    assert read == parts[: len(read)]
    assert len(read) < len(parts)
    assert len(segment(read)) <= position


@given(payloads, st.integers(0, 64), st.binary(max_size=64))
def test_a_hole_of_zeros_is_no_frame(parts: list[bytes], zeros: int, rest: bytes) -> None:
    read = [payload for _, payload in frames(segment(parts) + bytes(zeros + 8) + rest)]
    assert read == parts


def test_a_foreign_file_is_told_apart() -> None:
    with pytest.raises(ForeignFileError):
        list(frames(b"something else"))
    assert list(frames(b"")) == []
    assert list(frames(MAGIC[:5])) == []


def test_an_empty_payload_is_refused() -> None:
    with pytest.raises(ValueError, match="empty"):
        frame(b"")
