"""Python's cycle collector in processes that hold millions of objects for good."""

from __future__ import annotations

import gc

# Every 700 new objects, as Python has it, a third of a fold's time went into looking at objects that stay.
YOUNG, OLDER, ALL = 50_000, 20, 100


def spare_what_stays() -> None:
    """Collect rarely, and never look again at what is there now; call it when everything is imported and wired."""
    gc.set_threshold(YOUNG, OLDER, ALL)
    gc.freeze()
