"""R14: which merges are in force, read from the whole set before anything is judged."""

from collections.abc import Callable

from tests.model.canon import Json, instant
from tests.model.units import is_village


def village_rows_only(record: Json) -> bool:
    """R2: "a report or correction with rows of that kind only"."""
    rows = record.get("rows") or []
    return bool(rows) and all(is_village(row["unit"]) for row in rows)


def clock_is_ahead(record: Json) -> bool:
    """R17: "as_of or sent_at more than 10 min after received_at"."""
    received = instant(record["received_at"])
    return any((instant(record[name]) - received).total_seconds() > 600 for name in ("as_of", "sent_at"))


def root_of(record: Json, known: Callable[[str], Json | None]) -> tuple[Json | None, str | None]:
    """The root of a correction, by its chain of `supersedes`.

    Returns (root, None), or (None, id of the first record of the chain that is not known), or
    (None, None) for "a chain that never ends at a root" (R4).
    """
    seen = {record["record_id"]}
    while record["type"] == "correction":
        link = known(record["supersedes"])
        if link is None:
            return None, record["supersedes"]
        if link["record_id"] in seen:
            return None, None
        seen.add(link["record_id"])
        record = link
    return record, None


def undone_merges(records: list[Json]) -> set[str]:
    """R14: "A merge named by a correction that R2 and R17 let pass and whose incident_id is its
    `from` or `into` is undone"."""
    by_id = {record["record_id"]: record for record in records}
    undone = set()
    for record in records:
        if record["type"] != "correction" or record["source"]["class"] != "official_stat":
            continue
        if village_rows_only(record) or clock_is_ahead(record):
            continue
        root, _ = root_of(record, by_id.get)
        if root is None or root["type"] != "incident_merge":
            continue
        if record["incident_id"] in (root["from"], root["into"]):
            undone.add(root["record_id"])
    return undone


def read_merges(records: list[Json]) -> tuple[dict[str, str], set[str], dict[str, str]]:
    """(canonical incident of every merged one, ids of merges judged accepted, `from` -> merge in force).

    R14: "Merges are read from the whole set first, in canonical order, without those refused (R2),
    held (R17) or undone; a `from` already merged, itself, or a cycle: `rejected`. A merge [...]
    undone: not read, `accepted` even where it would have been rejected. Otherwise `accepted`."
    """
    undone = undone_merges(records)
    parent: dict[str, str] = {}
    accepted: set[str] = set()
    in_force: dict[str, str] = {}

    def end_of(incident_id: str) -> str:
        while incident_id in parent:
            incident_id = parent[incident_id]
        return incident_id

    for record in records:
        if record["type"] != "incident_merge" or record["source"]["class"] != "official_stat":
            continue
        if clock_is_ahead(record):
            continue
        if record["record_id"] in undone:
            accepted.add(record["record_id"])
        elif record["from"] not in parent and end_of(record["into"]) != record["from"]:
            parent[record["from"]] = record["into"]
            in_force[record["from"]] = record["record_id"]
            accepted.add(record["record_id"])
    return {incident_id: end_of(incident_id) for incident_id in parent}, accepted, in_force
