"""RFC 9457 problem details, the one form of every HTTP error."""

from __future__ import annotations

from typing import Any

import msgspec

MEDIA_TYPE = "application/problem+json"


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`type` is a stable code `urn:fenghuo:problem:<code>`; `title` Chinese first; `detail` says what to do.

    `record_id`, `field`, `rule`, `value` name what is wrong with a record; `results` stands where every record of a
    batch was refused.
    """

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    instance: str | None = None
    record_id: str | None = None
    field: str | None = None
    rule: str | None = None
    value: Any = None
    results: list[Any] | None = None


def problem_type(code: str) -> str:
    """The stable identifier of a kind of problem."""
    return f"urn:fenghuo:problem:{code}"
