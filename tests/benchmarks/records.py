"""Loss reports as the fold's benchmarks use them: 3 cells in 0.3 KB or 24 in 0.8 KB, in one incident or many."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import cache
from random import Random

from fenghuo.platform.kafka_batches import OutgoingMessage
from schemas.regions import regions
from schemas.topics import INCIDENT_REPORTS

START = datetime(2024, 7, 9, 8, tzinfo=timezone(timedelta(hours=8)))
SMALL, LARGE = 3, 24
TOWNSHIPS = 182
# Indicators that no hard check compares with one another (R10), so that any values may stand together.
KEYS = (
    "dead",
    "missing",
    "injured",
    "rooms_collapsed",
    "road_damaged_km",
    "hh_collapsed",
    "towns_flooded",
    "evac_precaution_cum",
    "sites_central_cum",
    "rooms_severe",
    "hh_severe",
    "rooms_minor",
    "hh_minor",
    "grass_affected_ha",
    "forest_affected_ha",
    "livestock_dead_large",
    "livestock_dead_small",
    "aquaculture_ha",
    "firms_damaged",
    "shops_damaged",
    "base_stations_damaged",
    "dike_damaged_km",
    "schools_damaged",
    "health_damaged",
)
SMALL_AMONG = 6


@dataclass(frozen=True)
class Kind:
    """What the records are like: `cells` a record, over how many incidents and townships, which share comes late."""

    cells: int = SMALL
    incidents: int = 1
    townships: int = TOWNSHIPS
    late: float = 0.0


@cache
def townships(number: int) -> list[str]:
    """Townships of the country, those of 临沂 (3713) first."""
    codes = sorted(code for code, region in regions().items() if region.level == "township")
    return sorted(codes, key=lambda code: (not code.startswith("3713"), code))[:number]


def order_of_delivery(number: int, late: float, seed: int = 2) -> list[int]:
    """The places of the records as they are delivered: a share of them anywhere later than its turn."""
    rng = Random(seed)
    ranks = [rng.uniform(place, number) if rng.random() < late else place for place in range(number)]
    return sorted(range(number), key=ranks.__getitem__)


def incident_of(place: int, kind: Kind) -> str:
    """Records go round the incidents."""
    return f"010400-371300-20240709-{place % kind.incidents:05d}"


def record(place: int, kind: Kind) -> bytes:
    """The record whose turn this is, as it lies on the log; every one has a reason and a later as_of."""
    rng = Random(place)
    towns = townships(kind.townships)
    unit = towns[rng.randrange(len(towns))]
    keys = KEYS if kind.cells == LARGE else rng.sample(KEYS[:SMALL_AMONG], kind.cells)
    values = ",".join(f'"{key}":{place // 50 + rng.randrange(9)}' for key in keys)
    at = (START + timedelta(seconds=place)).isoformat()
    return (
        f'{{"record_id":"r{place:07d}","type":"loss_report","incident_id":"{incident_of(place, kind)}",'
        f'"status":"Exercise","source":{{"org":"{unit}","class":"official_stat","level":"township"}},'
        f'"as_of":"{at}","sent_at":"{at}","received_at":"{at}","reason":"续报",'
        f'"rows":[{{"unit":"{unit}","values":{{{values}}}}}]}}'
    ).encode()


def records(number: int, kind: Kind) -> Iterator[bytes]:
    """In the order of delivery."""
    return (record(place, kind) for place in order_of_delivery(number, kind.late))


def record_messages(number: int, kind: Kind) -> Iterator[OutgoingMessage]:
    """The same as messages, keyed by their incident."""
    for place in order_of_delivery(number, kind.late):
        yield OutgoingMessage(INCIDENT_REPORTS.name, incident_of(place, kind).encode(), record(place, kind))
