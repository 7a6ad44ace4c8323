"""Dispatches, supply movements, evacuation counts (R6, R16)."""

from datetime import datetime, timedelta

from tests.property.generators import vocabulary as words
from tests.property.generators.maker import Maker
from tests.property.generators.vocabulary import Json, written


def _counting(maker: Maker, record_type: str, after: Json | None = None) -> Json:
    record = maker.envelope(record_type, after)
    record["source"]["class"] = maker.rng.choice(
        words.COUNT_CLASSES if maker.chance(0.93) else ("media", "public")
    )
    return record


def _place(maker: Maker) -> str:
    return maker.rng.choice(maker.townships if maker.chance(0.93) else words.VILLAGES + words.COUNTIES)


def dispatch(maker: Maker) -> Json:
    rng = maker.rng
    record = _counting(maker, "dispatch") | {
        "doc_no": rng.choice(maker.documents),
        "mode": rng.choice(("air", "air", "land", "water")),
        "resource": "helicopter",
        "sorties": rng.choice((0, 1, 2)),
        "persons_lifted": rng.choice((3, 3.0, 4)),
    }
    return record | ({"unit": _place(maker)} if maker.chance(0.7) else {})


def supply(maker: Maker) -> Json:
    rng = maker.rng
    kind = rng.choice(
        ("release",) * 4 + ("cancel",) * 5 + ("receive", "return", "request", "approve", "order")
    )
    releases = [r for r in maker.records if r["type"] == "supply_movement" and r["kind"] == "release"]
    release = rng.choice(releases) if kind == "cancel" and releases and maker.chance(0.8) else None
    record = _counting(maker, "supply_movement", release)
    record |= {"doc_no": rng.choice((*maker.documents, f"S-{len(maker.records)}")), "kind": kind}
    items = list(release["lines"]) if release and maker.chance(0.9) else list(words.ITEMS)
    amounts = (1, 1.5, 3, 4, 5, 9) if kind == "cancel" else (4, 5, 9, 10, 7.25)
    record["lines"] = {
        item: rng.choice(amounts) for item in rng.sample(items, min(len(items), rng.choice((1, 1, 2))))
    }
    if kind == "release" and maker.chance(0.1):
        ahead = maker.stamps[record["record_id"]] + timedelta(minutes=30)
        record["as_of"] = written(rng, ahead)
    if kind == "cancel":
        record["ref_doc_no"] = release["doc_no"] if release else rng.choice(maker.documents)
    elif maker.chance(0.6):
        record["unit"] = _place(maker)
    return record


def evacuation(maker: Maker) -> Json:
    rng = maker.rng
    kind = rng.choice(
        ("headcount",) * 3 + ("check_in",) * 2 + ("check_out", "transfer", "transfer", "return_home")
    )
    record = _counting(maker, "evacuation_count") | {
        "kind": kind,
        "unit": _place(maker),
        "site": rng.choice(("小学", "中学")),
        "persons": rng.choice((0, 4, 8, 40, 41)),
    }
    counted = [r for r in maker.records if r.get("kind") == "headcount"]
    if counted and maker.chance(0.25):
        # The same place, before, at or after the moment of a headcount (R16).
        settled = rng.choice(counted)
        record |= {name: settled[name] for name in ("unit", "site", "incident_id", "status")}
        moment = datetime.fromisoformat(settled["as_of"]) + timedelta(minutes=rng.choice((-30, 0, 0, 30)))
        record["as_of"] = written(rng, moment)
    if kind != "headcount":
        record["doc_no"] = rng.choice(
            (*maker.documents, f"E-{len(maker.records)}", f"E-{len(maker.records)}")
        )
    elif maker.chance(0.6):
        record["capacity"] = rng.choice((3, 8, 40, 40.0, 41, 2.5, -1, "四十", True, {"beds": 8}))
    if kind == "transfer":
        record["to_site"] = rng.choice(("小学", "体育馆"))
        if maker.chance(0.6):
            record["to_unit"] = _place(maker)
    return record
