"""Canonical JSON: one text for equal values, however their numbers, keys and spaces were written."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.canonical import canonical_json, content_digest, decode_canonical, encode_canonical

numbers = st.one_of(
    st.integers(-(2**70), 2**70),
    st.decimals(allow_nan=False, allow_infinity=False, places=6),
    st.floats(allow_nan=False, allow_infinity=False),
)
values = st.recursive(
    st.none() | st.booleans() | st.text(max_size=5) | numbers,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


def written(value: Any) -> bytes:
    return json.dumps(value, default=float, ensure_ascii=False).encode()


@given(values)
def test_what_is_decoded_in_one_form_needs_no_walk(value: Any) -> None:
    raw = written(value)
    walked = canonical_json(msgspec.json.Decoder(float_hook=Decimal).decode(raw))
    assert encode_canonical(decode_canonical(raw)) == walked


@pytest.mark.parametrize(("one", "other"), [("5", "5.0"), ("100", "1e2"), ("0.30", "0.3"), ("-0.0", "0")])
def test_a_number_has_one_form(one: str, other: str) -> None:
    assert encode_canonical(decode_canonical(one.encode())) == encode_canonical(
        decode_canonical(other.encode())
    )


def test_the_stamp_is_no_content() -> None:
    assert content_digest(b'{"a": 1.0, "received_at": "x"}') == content_digest(b'{"received_at":"y","a":1}')
    assert content_digest(b'{"a": 1}') != content_digest(b'{"a": 2}')
