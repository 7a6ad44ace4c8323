"""The feed protocol of one connection, sans I/O: client frames and the time go in, frames to send come out.

Nothing is queued for a client. A subscription remembers the number of the last change it was told; when the
transport has room again, one frame carries everything since. So a slow client gets fewer, newer frames, and its memory
here is the transport's buffer: the high mark and at most the frame that crossed it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import msgspec

from schemas.feed import ClientFrame, Error, ErrorCode, Subscribe
from services.gateway.config import Limits
from services.gateway.frames import FrameFactory, error_frame
from services.gateway.subscription import Subscription

POLICY_VIOLATION = 1008
TRY_AGAIN_LATER = 1013


@dataclass(frozen=True)
class Instant:
    """One moment on both clocks: `monotonic` seconds for durations, `utc` for what people read."""

    monotonic: float
    utc: datetime


@dataclass(frozen=True)
class Close:
    """Why the connection must end: WebSocket close code and reason (at most 123 bytes)."""

    code: int
    reason: str


class _Named(msgspec.Struct):
    id: str | None = None


_decoder = msgspec.json.Decoder(ClientFrame)
_name_decoder = msgspec.json.Decoder(_Named)


class FeedProtocol:
    """State of one connection. `closing` is set once it must end; then only the last errors are still said."""

    def __init__(self, factory: FrameFactory, limits: Limits, now: Instant) -> None:
        self.closing: Close | None = None
        self.held_back = False
        self._factory = factory
        self._limits = limits
        self._subscriptions: dict[str, Subscription] = {}
        self._errors: list[bytes] = []
        self._bad_frames = 0
        self._beat = self._beat_of(now)
        self._unread_bytes = 0
        self._read_at = now.monotonic

    @property
    def subscriptions(self) -> int:
        """How many subscriptions stand."""
        return len(self._subscriptions)

    def receive(self, message: str | bytes) -> None:
        """Take a client's message. A bad one is answered with an error frame; too many of them close."""
        if isinstance(message, bytes):
            self._refuse("not_text", "请发送文本帧（JSON）。Send text frames with JSON, not binary ones.")
            return
        try:
            frame = _decoder.decode(message)
        except msgspec.ValidationError as error:
            self._refuse("invalid_frame", f"帧不符合协议，请见 docs/protocol.md。{error}", _name_of(message))
        except (msgspec.DecodeError, RecursionError) as error:
            self._refuse("not_json", f"不是 JSON，请检查编码。Not JSON: {error}")
        else:
            if isinstance(frame, Subscribe):
                self._subscribe(frame)
            else:
                self._unsubscribe(frame.id)

    def frames(self, now: Instant, unread_bytes: int) -> list[bytes]:
        """Frames to write now, when the transport still holds `unread_bytes`; they count as told.

        Call it when the view changed, after `receive`, and every heartbeat. Empty while the client is held back.
        """
        if self.closing is None and self._is_held_back(now, unread_bytes):
            return []
        frames, self._errors = self._errors, []
        if self.closing is not None:
            return frames
        room = self._limits.high_mark_bytes - unread_bytes - sum(map(len, frames))
        for subscription in list(self._subscriptions.values()):
            if room < 0:
                break
            if subscription.is_current(self._factory.view.number):
                continue
            news = subscription.frames(self._factory)
            if news:
                # The others come first next time, should the room run out before them.
                self._subscriptions[subscription.id] = self._subscriptions.pop(subscription.id)
            frames += news
            room -= sum(map(len, news))
        if self._beat_of(now) != self._beat:
            self._beat = self._beat_of(now)
            frames.append(self._factory.heartbeat(now.utc))
        return frames

    def _beat_of(self, now: Instant) -> int:
        # All connections beat together, so that one encoded heartbeat serves them all.
        return int(now.monotonic / self._limits.heartbeat_seconds)

    def _is_held_back(self, now: Instant, unread_bytes: int) -> bool:
        if not self.held_back or unread_bytes < self._unread_bytes:
            self._read_at = now.monotonic
        self._unread_bytes = unread_bytes
        self.held_back = unread_bytes > self._limits.high_mark_bytes
        if self.held_back and now.monotonic - self._read_at > self._limits.stall_seconds:
            self.closing = Close(
                TRY_AGAIN_LATER, "读取停滞 stalled: reconnect, read on, or subscribe to less"
            )
        return self.held_back

    def _subscribe(self, frame: Subscribe) -> None:
        known = frame.id in self._subscriptions
        if not known and len(self._subscriptions) >= self._limits.subscriptions:
            self._refuse(
                "too_many_subscriptions",
                f"每个连接最多 {self._limits.subscriptions} 个订阅，请先退订。At most {self._limits.subscriptions}"
                " subscriptions a connection: unsubscribe one, or ask for more incidents or levels in one.",
                frame.id,
            )
            return
        self._subscriptions.pop(frame.id, None)
        self._subscriptions[frame.id] = Subscription(frame)

    def _unsubscribe(self, subscription_id: str) -> None:
        if self._subscriptions.pop(subscription_id, None) is None:
            self._refuse(
                "unknown_subscription",
                "没有这个订阅。There is no such subscription on this connection.",
                subscription_id,
            )

    def _refuse(self, code: ErrorCode, detail: str, subscription_id: str | None = None) -> None:
        self._bad_frames += 1
        self._errors.append(error_frame(Error(code=code, detail=detail, id=subscription_id)))
        if self._bad_frames >= self._limits.bad_frames:
            self.closing = Close(POLICY_VIOLATION, "无效帧过多 too many bad frames: see docs/protocol.md")


def _name_of(message: str) -> str | None:
    """The `id` of a frame that is refused, if it has one, so that the client can tell which it was."""
    try:
        return _name_decoder.decode(message).id
    except (msgspec.MsgspecError, RecursionError):
        return None
