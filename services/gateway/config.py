"""What one connection may ask and hold, and how much of the past the gateway keeps."""

from __future__ import annotations

from dataclasses import dataclass

PATH = "/v1/feed"


@dataclass(frozen=True)
class Limits:
    """Sizes are bytes, durations seconds. Together they bound the memory of a client and of the gateway."""

    frame_bytes: int = 128 << 10
    """A client's frame; the 1,000 incident ids that one subscription may name fit (schemas/feed.py)."""

    subscriptions: int = 64
    """Subscriptions of one connection at a time."""

    bad_frames: int = 10
    """Refused frames after which the connection is closed with 1008."""

    connections: int = 10_000
    """Open connections; beyond it the handshake is answered 503."""

    high_mark_bytes: int = 256 << 10
    """A client with more than this unread is told nothing new until it has read on."""

    stall_seconds: float = 60.0
    """A client over the high mark that reads nothing for so long is closed with 1013."""

    window_seconds: float = 0.05
    """Changes within one window travel in one frame."""

    heartbeat_seconds: float = 1.0

    outcomes_kept: int = 10_000
    """Newest outcomes held for those who subscribe later."""

    versions_kept: int = 100_000
    """Record ids whose highest outcome version is remembered after the outcome itself was let go."""

    cleared_alarms_kept: int = 10_000
    """Cleared alarms remembered for their version; raised ones are all kept."""
