"""When something happens in the order: places between which "as of" can be asked.

A record's own turn is `(order,)`. What waited for a base is tried right after it, in the order in which the waiting
began (R4, R6, R18): behind a record's turn at `(turn, 1, *began)`, inside the step that released a document at
`(*step, 0, *began)`. Moments compare as tuples; whatever is asked "as of m" knows only what lies strictly before m.
"""

from __future__ import annotations

from typing import Any

from streams.picture.stamped import Order

Moment = tuple[Any, ...]
"""(order,) or (order, 0 or 1, order, ...): flat, so that no chain of waiting records can nest too deep to compare."""

END: Moment = ((2**63, ""),)
"""After everything: as of now."""


def turn_of(order: Order) -> Moment:
    """A record's own turn."""
    return (order,)


def after_turn(order: Order, began: Moment) -> Moment:
    """When a record that waits since `began` for the one at `order` is tried."""
    return (order, 1, *began)


def after_release(release: Moment, began: Moment) -> Moment:
    """When a cancel that waits since `began` is tried if a review's step brought its document."""
    return (*release, 0, *began)


def just_after(moment: Moment) -> Moment:
    """As of here, what happened at the moment itself is known, but nothing that it woke."""
    return (*moment, -1)
