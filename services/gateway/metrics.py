"""Every metric of the gateway, with its unit."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

CLIENTS = Gauge("fenghuo_gateway_clients", "Open connections.")
SUBSCRIPTIONS = Gauge("fenghuo_gateway_subscriptions", "Subscriptions of all connections.")
HELD_BACK = Gauge("fenghuo_gateway_held_back_clients", "Clients with too much unread to be told more now.")
LARGEST_BUFFER = Gauge(
    "fenghuo_gateway_largest_write_buffer", "Most bytes that wait for one client.", unit="bytes"
)
PEAK_BUFFER = Gauge(
    "fenghuo_gateway_peak_write_buffer", "Most bytes that ever waited for one client.", unit="bytes"
)
FRAMES = Counter("fenghuo_gateway_frames", "Frames written to clients.")
FRAME_BYTES = Counter("fenghuo_gateway_frame", "Bytes of frames written to clients.", unit="bytes")
REFUSED = Counter("fenghuo_gateway_refused_handshakes", "Handshakes refused.", ["status"])
CLOSED = Counter("fenghuo_gateway_closed", "Connections that the gateway closed, by close code.", ["code"])
MESSAGES = Counter("fenghuo_gateway_messages", "Output messages read.", ["topic"])
SKIPPED = Counter("fenghuo_gateway_skipped_messages", "Output messages passed over.", ["topic", "reason"])
INCIDENTS = Gauge("fenghuo_gateway_incidents", "Incidents in the view.")
UNITS = Gauge("fenghuo_gateway_units", "Unit rows in the view.")
WATERMARK = Gauge(
    "fenghuo_gateway_watermark_timestamp", "Append time up to which all input is in the view.", unit="seconds"
)
ROUND_SECONDS = Histogram(
    "fenghuo_gateway_round",
    "Time one round over all clients took.",
    unit="seconds",
    buckets=(0.001, 0.01, 0.1, 1),
)
LOAD_SECONDS = Gauge("fenghuo_gateway_load", "Time the view took to load at start.", unit="seconds")
