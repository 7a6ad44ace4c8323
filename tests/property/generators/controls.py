"""Records about records: corrections, reviews, verifications, merges; and those only recorded."""

from datetime import datetime, timedelta

from tests.property.generators import vocabulary as words
from tests.property.generators.maker import REPORTS, Maker
from tests.property.generators.vocabulary import Json, value_of, written

COUNTS = ("dispatch", "supply_movement", "evacuation_count")


def correction(maker: Maker) -> Json:
    wanted = maker.rng.choice((REPORTS, REPORTS, ("correction",), ("verification", "incident_merge"), ()))
    target, base = maker.pick(*wanted, forward=0.08)
    record = maker.envelope("correction", base) | {"supersedes": target, "reason": "更正"}
    if base is not None and base["type"] == "incident_merge":
        near = [base["from"], base["into"]] * 3
        record["incident_id"] = maker.rng.choice([*near, *maker.incidents[-2:]])
    rows = base.get("rows") if base else None
    if rows and maker.chance(0.75):
        record["rows"] = [_corrected(maker, row) for row in maker.rng.sample(rows, min(2, len(rows)))]
    else:
        record["rows"] = [] if maker.chance(0.3) else maker.rows()
    return record


def _corrected(maker: Maker, row: Json) -> Json:
    keys = maker.rng.sample(list(row["values"]), min(2, len(row["values"])))
    values: Json = {
        key: None if maker.chance(0.25) else value_of(maker.rng, key if key in words.RANGES else "dead")
        for key in keys
    }
    if maker.chance(0.05):
        values["road_damaged_km"] = {"value": 2, "unit": "li"}
    return {"unit": row["unit"], "values": values | (maker.values() if maker.chance(0.15) else {})}


def review(maker: Maker) -> Json:
    decision = maker.rng.choice(("approve", "return", "return", "release", "release"))
    wanted = maker.rng.choice(((), REPORTS, REPORTS, ("correction",), COUNTS))
    target, base = maker.pick(*wanted, forward=0.06)
    if decision == "release" and maker.chance(0.5):
        target, base = _pick_future(maker, target, base)
    elif decision != "return" and maker.chance(0.5):
        returned = [r["target"] for r in maker.records if r.get("decision") == "return"]
        target = maker.rng.choice(returned or [target])
        base = next((record for record in maker.records if record["record_id"] == target), None)
    record = maker.envelope("review", base) | {"target": target, "decision": decision, "reason": "核查"}
    if decision == "approve" and maker.chance(0.5):
        del record["reason"]
    return record


def _pick_future(maker: Maker, target: str, base: Json | None) -> tuple[str, Json | None]:
    """A record whose clock ran ahead (R17), if there is one."""
    ahead = [
        record
        for record in maker.records
        if datetime.fromisoformat(record["as_of"]) > maker.stamps[record["record_id"]] + timedelta(minutes=10)
    ]
    if not ahead:
        return target, base
    record = maker.rng.choice(ahead)
    return record["record_id"], record


def verification(maker: Maker) -> Json:
    rng = maker.rng
    record = maker.envelope("verification")
    if maker.chance(0.6):
        stamp = words.START + timedelta(minutes=60 * maker.hours + 5 * rng.randrange(12))
        maker.stamps[record["record_id"]] = stamp
        record["received_at"] = record["sent_at"] = written(rng, stamp)
    record["counties"] = rng.sample(words.COUNTY_PREFIXES, rng.choice((0, 1, 1, 1, 2, 4)))
    if not record["counties"] or maker.chance(0.2):
        record["counties"].append(rng.choice(words.UPPER_PREFIXES))
    if maker.chance(0.5):
        record["rows"] = maker.rows() if maker.chance(0.9) else []
    return record


def merge(maker: Maker) -> Json:
    rng = maker.rng
    source, into = rng.choice(maker.incidents), rng.choice(maker.incidents)
    if source == into and maker.chance(0.9):
        source, into = rng.sample(sorted({*maker.incidents, f"{maker.prefix}J"}), 2)
    return maker.envelope("incident_merge") | {
        "incident_id": into,
        "from": source,
        "into": into,
        "reason": "同一过程",
    }


def recorded(maker: Maker) -> Json:
    record_type = maker.rng.choice(words.RECORDED_TYPES)
    more: dict[str, Json] = {
        "incident_open": {
            "name": "样例",
            "hazard": maker.rng.choice(("暴雨", "暴雨", "旱灾")),
            "occurred_at": words.START.isoformat(),
            "origin_unit": words.COUNTIES[0],
        },
        "check_in": {"team": "一队", "persons": 12},
    }
    return maker.envelope(record_type, official=0.5) | more.get(record_type, {})
