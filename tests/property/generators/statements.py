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
    return record


def clue(maker: Maker) -> Json:
    return maker.envelope("clue", official=0.3) | {"rows": maker.rows()}


def allocation(maker: Maker) -> Json:
    """R7: what a county had on its own code goes to townships below it in one record."""
    record = maker.envelope("loss_report")
    county = maker.rng.choice((*words.COUNTIES, "371300000000"))
    key = maker.rng.choice(maker.keys)
    falls = maker.chance(0.6)
    values = {county: value_of(maker.rng, key, small=falls)}
    if falls:
        for unit in maker.rng.sample(maker.townships, 2):
            values[unit] = value_of(maker.rng, key)
    record["rows"] = [{"unit": unit, "values": {key: value}} for unit, value in values.items()]
    record.pop("reason", None)
    return record


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
