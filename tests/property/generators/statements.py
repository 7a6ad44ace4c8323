"""Reports, clues, allocations (R7) and repeated contents (R1)."""

from datetime import timedelta
from typing import Any

from tests.property.generators import vocabulary as words
from tests.property.generators.maker import REPORTS, Maker
from tests.property.generators.vocabulary import Json, value_of


def report(maker: Maker) -> Json:
    record = maker.envelope("loss_report")
    record["rows"] = maker.rows()
    if maker.chance(0.04):
        unit = maker.rng.choice(words.VILLAGES)
        record["rows"] = [{"unit": unit, "values": maker.values()}]
    if maker.chance(0.3):
        record["stage"] = maker.rng.choice(("initial", "followup", "verified"))
    if record.get("stage") == "initial" or maker.chance(0.1):
        before = timedelta(minutes=maker.rng.choice((60, 120, 150)))
        record["occurred_at"] = (maker.stamps[record["record_id"]] - before).isoformat()
    return record


def zero_report(maker: Maker) -> Json:
    record = maker.envelope("zero_report")
    if maker.chance(0.7):
        record["rows"] = [] if maker.chance(0.5) else maker.rows()
    if maker.chance(0.15):
        record["stage"] = "initial"
        record["occurred_at"] = (maker.stamps[record["record_id"]] - timedelta(minutes=150)).isoformat()
    return record


def clue(maker: Maker) -> Json:
    return maker.envelope("clue", official=0.3) | {"rows": maker.rows()}


def allocation(maker: Maker) -> Json:
    """R7: what a county or prefecture had on its own code goes to townships below it, all in one record.

    Mostly their rises balance the fall to the last person, or miss it by one, or go beyond it.
    """
    rng = maker.rng
    wholes = [record for record in maker.records[-25:] if _is_to_be_allocated(record)]
    if not wholes or maker.chance(0.35):
        record = maker.envelope("loss_report") | {"note": "待分配"}
        county = rng.choice((*words.COUNTIES, "371300000000"))
        values = {key: rng.randint(40, 48) for key in rng.sample(maker.keys, min(2, len(maker.keys)))}
        record["rows"] = [{"unit": county, "values": values}]
        return record
    model = rng.choice(wholes)
    record = maker.envelope("loss_report", model) | {"status": model["status"], "note": "待分配"}
    record["incident_id"] = model["incident_id"]
    record["source"] |= {"class": "official_stat", "level": model["source"]["level"]}
    record["as_of"] = record["sent_at"] = maker.stamps[record["record_id"]].isoformat()
    if maker.chance(0.85):
        record.pop("reason", None)
    (row,) = [row for row in model["rows"] if row["unit"].endswith("000000")]
    key = rng.choice(list(row["values"]))
    fall = rng.randint(2, 9)
    first = rng.randint(0, fall)
    below = words.ALLOCATED.get(row["unit"][:6], words.ALLOCATED["3713"])
    rises = (first, max(0, fall - first + rng.choice((0, 0, 0, -1, 1))))
    record["rows"] = [{"unit": row["unit"], "values": row["values"] | {key: row["values"][key] - fall}}]
    record["rows"] += [
        {"unit": unit, "values": {key: rise + _stated_there(maker, unit, key)}}
        for unit, rise in zip(below, rises, strict=True)
    ]
    return record


def _is_to_be_allocated(record: Json) -> bool:
    if record["type"] != "loss_report" or record.get("note") != "待分配":
        return False
    (row,) = [row for row in record["rows"] if row["unit"].endswith("000000")]
    return all(isinstance(value, int) for value in row["values"].values())


def _stated_there(maker: Maker, unit: str, key: str) -> int:
    """What was stated there last, and so is probably in force."""
    for record in reversed(maker.records):
        for row in record.get("rows") or []:
            if row["unit"] == unit and isinstance(row["values"].get(key), int):
                stated: int = row["values"][key]
                return stated
    return 0


def confirmation(maker: Maker) -> Json:
    """R3: another office states the same of the same moment, mostly with equal rank and equal value."""
    _, model = maker.pick("loss_report", forward=0)
    if model is None:
        return report(maker)
    record = maker.envelope("loss_report", model) | {"status": model["status"]}
    record |= {name: model[name] for name in ("as_of", "stage", "occurred_at") if name in model}
    record["incident_id"] = model["incident_id"]
    record["source"]["level"] = model["source"]["level"]
    record["source"]["org"] = maker.rng.choice([o for o in words.ORGS if o != model["source"]["org"]])
    record["rows"] = model["rows"] if maker.chance(0.7) else [_other_row(maker, row) for row in model["rows"]]
    return record


def _other_row(maker: Maker, row: Json) -> Json:
    return {"unit": row["unit"], "values": _restated(maker, row["values"])}


def followup(maker: Maker) -> Json:
    """R3, R7, R9: what a report stated, stated again: higher, lower, far above, at another or equal rank."""
    rng = maker.rng
    _, model = maker.pick("loss_report", forward=0)
    if model is None:
        return report(maker)
    record = maker.envelope("loss_report", model) | {"status": model["status"]}
    if maker.chance(0.4):
        record |= {name: model[name] for name in ("as_of", "stage", "occurred_at") if name in model}
        record["source"]["level"] = model["source"]["level"]
    if maker.chance(0.3):
        record["source"]["org"] = rng.choice(words.ORGS)
    rows = rng.sample(model["rows"], min(2, len(model["rows"])))
    record["rows"] = [{"unit": row["unit"], "values": _restated(maker, row["values"])} for row in rows]
    return record


def _restated(maker: Maker, values: Json) -> Json:
    return {
        key: value_of(maker.rng, key) if key in words.RANGES and maker.chance(0.7) else stated
        for key, stated in values.items()
    }


def repeat(maker: Maker) -> Json:
    """R1, R6: the content of a record again under another id, mostly written differently."""
    _, model = maker.pick(*REPORTS, "correction", "dispatch", "supply_movement", forward=0)
    if model is None:
        return report(maker)
    fresh = maker.envelope(model["type"], model)
    kept = {
        name: value for name, value in model.items() if name not in ("record_id", "sent_at", "received_at")
    }
    record = fresh | kept
    if not maker.chance(0.5):
        record["source"] = dict(model["source"], level=maker.rng.choice(words.LEVELS))
    if "reason" in fresh and "reason" not in kept:
        del record["reason"]
    if record.get("rows") and maker.chance(0.6):
        record["rows"] = [
            {
                "values": {key: _rewritten(maker, row["values"][key]) for key in reversed(row["values"])},
                "unit": row["unit"],
            }
            for row in reversed(record["rows"])
        ]
    return record


def _rewritten(maker: Maker, stated: Any) -> Any:
    """The same JSON value as another client writes it; now and then one that only means the same."""
    if isinstance(stated, int | float) and maker.chance(0.05):
        return {"value": stated}
    return float(stated) if isinstance(stated, int) else stated
