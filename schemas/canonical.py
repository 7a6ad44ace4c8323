"""Canonical JSON of a record's content: what two deliveries must share to be the same record (records.md 2)."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from typing import Any

import msgspec

STAMP = "received_at"

_encoder = msgspec.json.Encoder(order="sorted", decimal_format="number")


def _one_form(number: Decimal) -> int | Decimal:
    """5.0 is 5, 1e2 is 100."""
    if number == number.to_integral_value() and number.adjusted() < 64:
        return int(number)
    return number.normalize()


_decoder = msgspec.json.Decoder(float_hook=lambda text: _one_form(Decimal(text)))


def _normal(value: Any) -> Any:
    if isinstance(value, Decimal):
        return _one_form(value)
    if isinstance(value, dict):
        return {key: _normal(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_normal(item) for item in value]
    return value


def canonical_json(value: Any) -> bytes:
    """JSON value → bytes: keys sorted, no spaces, UTF-8, numbers in one form. `value` holds Decimal, not float."""
    return _encoder.encode(_normal(value))


def decode_canonical(raw: bytes | msgspec.Raw) -> Any:
    """JSON → its value with the numbers in one form, for `encode_canonical`. Raises msgspec.DecodeError."""
    return _decoder.decode(raw)


def encode_canonical(value: Any) -> bytes:
    """The canonical JSON of what `decode_canonical` gave, or of a part of it: nothing has to be walked through."""
    return _encoder.encode(value)


def content_digest(raw: bytes | msgspec.Raw) -> bytes:
    """SHA-256 (32 bytes) of a record's content, all fields but the stamp. Raises msgspec.DecodeError."""
    content = decode_canonical(raw)
    if isinstance(content, dict):
        content.pop(STAMP, None)
    return hashlib.sha256(encode_canonical(content)).digest()
