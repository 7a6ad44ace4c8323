"""Identity and order of records: records.md 1 and 2."""

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

Json = dict[str, Any]


def number(value: Any) -> Decimal:
    """A JSON number as a Decimal; a Python float counts as the text JSON would show for it."""
    return value if isinstance(value, Decimal) else Decimal(str(value))


def instant(text: str) -> datetime:
    """An RFC 3339 time as an instant (two offsets may name the same one)."""
    moment = datetime.fromisoformat(text.upper())
    if moment.tzinfo is None:
        raise ValueError(f"a time needs an offset: {text!r}")
    return moment


def canonical_json(value: Any) -> str:
    """Keys sorted, no spaces, 5.0 as 5, 1.50 as 1.5, no exponents: equal JSON values, equal text."""
    if isinstance(value, dict):
        pairs = (f"{canonical_json(key)}:{canonical_json(value[key])}" for key in sorted(value))
        return "{" + ",".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ",".join(canonical_json(item) for item in value) + "]"
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    plain = number(value)
    if plain == plain.to_integral_value():
        return str(int(plain))
    return format(plain, "f").rstrip("0")


def content_of(record: Json) -> str:
    """ "Content = all fields but `received_at`, compared as JSON values" (records.md 2)."""
    return canonical_json({name: value for name, value in record.items() if name != "received_at"})


def sha256_of(content: str) -> str:
    return hashlib.sha256(content.encode("utf-8")).hexdigest()


def one_record_per_id(deliveries: Iterable[Json]) -> tuple[list[Json], list[tuple[str, str]]]:
    """The records in canonical order, and (record_id, SHA-256) of the contents that lost.

    records.md 2: "Same id and content again: a repeated delivery [...] the earliest stamp counts.
    [...] Of several contents on the log the one with the earliest stamp, then the smaller SHA-256 of
    its canonical JSON, is the record; the others go to dead letters."
    """
    contents: dict[str, dict[str, Json]] = {}
    for record in deliveries:
        known = contents.setdefault(record["record_id"], {})
        content = content_of(record)
        if content not in known or stamp(record) < stamp(known[content]):
            known[content] = record
    winners, losers = [], []
    for record_id, known in contents.items():
        best = min(known, key=lambda content: (stamp(known[content]), sha256_of(content)))
        winners.append(known[best])
        losers += [(record_id, sha256_of(content)) for content in known if content != best]
    # records.md 1: "canonical order = ascending (`received_at`, `record_id`)"
    winners.sort(key=lambda record: (stamp(record), record["record_id"]))
    return winners, sorted(losers)


def stamp(record: Json) -> datetime:
    return instant(record["received_at"])
