"""Who may connect."""

from __future__ import annotations

import pytest

from services.gateway.handshake import judge

GOOD = "fenghuo.v1"


@pytest.mark.parametrize(
    ("path", "origin", "subprotocols", "status"),
    [
        ("/v1/feed", None, GOOD, None),
        ("/v1/feed?x=1", None, f"other, {GOOD}", None),
        ("/v1/feed", "http://localhost:5173", GOOD, None),
        ("/v1/feed", "http://127.0.0.1:8080", GOOD, None),
        ("/v1/feed", "http://[::1]:8080", GOOD, None),
        ("/v1/feed", "https://evil.example", GOOD, 403),
        ("/v1/feed", "http://localhost.evil.example", GOOD, 403),
        ("/v1/feed", "null", GOOD, 403),
        ("/v1/feed", None, "", 400),
        ("/v1/feed", None, "fenghuo.v2", 400),
        ("/", None, GOOD, 404),
        ("/v1/feed/x", None, GOOD, 404),
    ],
)
def test_handshake(path: str, origin: str | None, subprotocols: str, status: int | None) -> None:
    refusal = judge(path, origin, subprotocols, any_origin=False)
    assert (None if refusal is None else refusal.status) == status
    assert refusal is None or refusal.text


def test_guarded_network_takes_any_origin() -> None:
    assert judge("/v1/feed", "https://console.example", GOOD, any_origin=True) is None
