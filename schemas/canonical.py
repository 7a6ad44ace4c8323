"""Canonical JSON of a record's content: what two deliveries must share to be the same record (records.md 2)."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from typing import Any

import msgspec

STAMP = "received_at"

_decoder = msgspec.json.Decoder(float_hook=Decimal)
_encoder = msgspec.json.Encoder(order="sorted", decimal_format="number")


def _normal(value: Any) -> Any:
    """Numbers in one form: 5.0 is 5, 1e2 is 100."""
    if isinstance(value, Decimal):
        return (
            int(value) if value == value.to_integral_value() and value.adjusted() < 64 else value.normalize()
        )
    if isinstance(value, dict):
        return {key: _normal(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_normal(item) for item in value]
    return value


def canonical_json(value: Any) -> bytes:
    """JSON value → bytes: keys sorted, no spaces, UTF-8, numbers in one form. `value` holds Decimal, not float."""
    return _encoder.encode(_normal(value))


def content_digest(raw: bytes | msgspec.Raw) -> bytes:
    """SHA-256 (32 bytes) of a record's content, all fields but the stamp. Raises msgspec.DecodeError."""
    content = _decoder.decode(raw)
    if isinstance(content, dict):
        content.pop(STAMP, None)
    return hashlib.sha256(canonical_json(content)).digest()
