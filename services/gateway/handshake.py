"""Who may open a connection: decided from the request alone."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

from fenghuo.platform.settings import is_loopback
from schemas.feed import SUBPROTOCOL
from services.gateway.config import PATH


@dataclass(frozen=True)
class Refusal:
    """An HTTP answer instead of a socket: says what is wrong and what to do, Chinese first."""

    status: HTTPStatus
    text: str


def judge(path: str, origin: str | None, subprotocols: str, *, any_origin: bool) -> Refusal | None:
    """None when the handshake may go on. `subprotocols` is the request's Sec-WebSocket-Protocol."""
    if urlsplit(path).path != PATH:
        return Refusal(HTTPStatus.NOT_FOUND, f"只有 {PATH}。There is only {PATH} here.")
    if not any_origin and origin is not None and not is_loopback(urlsplit(origin).hostname or ""):
        # There is no login yet: a page from elsewhere must not read the feed through its visitor's browser.
        return Refusal(
            HTTPStatus.FORBIDDEN,
            f"来源 {origin} 不允许。Origin not allowed: open the page from this machine (localhost).",
        )
    if SUBPROTOCOL not in (offered.strip() for offered in subprotocols.split(",")):
        return Refusal(
            HTTPStatus.BAD_REQUEST,
            f"需要子协议 {SUBPROTOCOL}。Offer the subprotocol {SUBPROTOCOL} (Sec-WebSocket-Protocol).",
        )
    return None
