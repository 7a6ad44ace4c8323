"""A gateway as it is but for the coalescing window, which is none. Settings as `FENGHUO_*`."""

from __future__ import annotations

import sys

from services.gateway import __main__ as gateway
from services.gateway.config import Limits

if __name__ == "__main__":
    setattr(gateway, "Limits", lambda: Limits(window_seconds=0.0))  # noqa: B010 (not exported)
    sys.exit(gateway.main())
