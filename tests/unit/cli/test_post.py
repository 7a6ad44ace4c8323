"""What `fenghuo post` takes for a file of records."""

from __future__ import annotations

import pytest

from fenghuo.cli.post import read_records


@pytest.mark.parametrize(
    ("text", "records"),
    [
        (b'{"a": 1.50}', [b'{"a": 1.50}']),
        (b'\n{\n "a": 1\n}\n', [b'{\n "a": 1\n}']),
        (b'[{"a": 1}, {"b":2}]', [b'{"a": 1}', b'{"b":2}']),
        (b'{"a": 1}\n\n{"b":2}\r\n', [b'{"a": 1}', b'{"b":2}']),
    ],
)
def test_three_forms_are_taken_as_written(text: bytes, records: list[bytes]) -> None:
    assert read_records(text) == records


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (b"", "no JSON record"),
        (b"[]", "no record in it"),
        (b'{"a": 1}\n{"b"', "no JSON record"),
        (b"[1", "no JSON"),
    ],
)
def test_anything_else_is_refused(text: bytes, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        read_records(text)
