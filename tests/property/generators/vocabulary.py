"""What generated records are made of: few units, keys, organisations and times, so that they meet."""

from datetime import UTC, datetime, timedelta, timezone
from random import Random
from typing import Any

Json = dict[str, Any]

BEIJING = timezone(timedelta(hours=8))
START = datetime(2024, 7, 9, 8, 0, tzinfo=BEIJING)

TOWNSHIPS = ("371323112000", "371323113000", "371324101000", "371324102000", "371371001000", "441900003000")
COUNTIES = ("371323000000", "371324000000")
ABOVE_COUNTIES = ("371300000000", "370000000000", "441900000000", "000000000000")
# Only what a county's own figure is allocated to (R7): nothing is in force there before.
ALLOCATED = {
    "371323": ("371323114000", "371323115000"),
    "371324": ("371324103000", "371324104000"),
    "3713": ("371302001000", "371302002000"),
}
VILLAGES = ("371323113201", "371323113202", "371324101203", "441900003201")
COUNTY_PREFIXES = ("371323", "371324", "371371", "441900")
UPPER_PREFIXES = ("3713", "37", "4419", "44", "51")

ORGS = ("院东头镇应急办", "泉庄镇应急办", "沂水县应急管理局")
LEVELS = ("village", "township", "county", "prefecture", "province", "nation")
SIDE_CLASSES = ("grid", "command_post", "dept", "media", "public", "model", "sensor")
COUNT_CLASSES = ("official_stat", "official_stat", "command_post", "dept", "grid")
RECORDED_TYPES = (
    *("alert", "response", "hazard_parameter", "order", "receipt"),
    *("check_in", "incident_open", "incident_close"),
)
ITEMS = ("quilt", "tent", "rice_t")

# key -> (least, most) of an ordinary value: ranges that seldom breach R10 by themselves
RANGES = {
    "pop_affected": (300, 330),
    "dead": (0, 4),
    "missing": (0, 4),
    "injured": (5, 12),
    "injured_severe": (0, 5),
    "reloc_cum": (100, 104),
    "reloc_central_cum": (60, 62),
    "reloc_dispersed_cum": (40, 42),
    "reloc_now": (50, 53),
    "reloc_central_now": (30, 32),
    "reloc_dispersed_now": (20, 21),
    "need_life_aid_cum": (20, 24),
    "need_life_aid_now": (10, 14),
    "need_transition_aid": (30, 33),
    "rooms_collapsed": (20, 23),
    "rooms_collapsed_resid": (10, 13),
    "stranded_now": (0, 9),
    "crop_affected_ha": (100, 104),
    "crop_affected_grain_ha": (80, 84),
    "crop_damaged_ha": (40, 44),
    "crop_failed_ha": (10, 14),
    "road_damaged_km": (1, 4),
    "loss_direct_wan": (120, 126),
    "loss_home_wan": (20, 21),
    "loss_agri_wan": (20, 21),
    "loss_industry_wan": (20, 21),
    "loss_infra_wan": (20, 21),
    "loss_public_wan": (20, 21),
    "loss_other_wan": (20, 21),
    "hh_moderate": (1, 4),
    "sorties": (1, 2),
}
# Sets of keys that have something to do with each other; a record set is about one or two of them.
TOPICS = (
    ("dead", "missing", "injured"),
    ("dead", "injured", "injured_severe", "pop_affected"),
    ("reloc_cum", "reloc_central_cum", "reloc_dispersed_cum", "pop_affected"),
    ("reloc_now", "reloc_central_now", "reloc_dispersed_now", "reloc_cum"),
    ("crop_affected_ha", "crop_damaged_ha", "crop_failed_ha", "crop_affected_grain_ha", "loss_home_wan"),
    ("loss_direct_wan", "loss_home_wan", "loss_agri_wan"),
    ("need_transition_aid", "stranded_now", "hh_moderate", "sorties"),
    ("need_life_aid_cum", "need_life_aid_now", "pop_affected", "rooms_collapsed", "rooms_collapsed_resid"),
    ("road_damaged_km", "hh_moderate", "dead"),
)
# Rows that breach R10, one for each of its relations.
BREACHES: tuple[Json, ...] = (
    {"pop_affected": 3, "dead": 4},
    {"pop_affected": 3, "reloc_central_cum": 4},
    {"pop_affected": 3, "need_life_aid_cum": 4},
    {"injured": 3, "injured_severe": 4},
    {"crop_affected_ha": 3, "crop_failed_ha": 3.5},
    {"crop_damaged_ha": {"value": 15, "unit": "mu"}, "crop_failed_ha": 1.0001},
    {"crop_affected_ha": 3, "crop_affected_grain_ha": 4},
    {"rooms_collapsed": 3, "rooms_collapsed_resid": 4},
    {"reloc_cum": 3, "reloc_now": 4},
    {"reloc_cum": 100, "reloc_central_cum": 60, "reloc_dispersed_cum": 41},
    {"reloc_now": 52, "reloc_central_now": 30, "reloc_dispersed_now": 21},
    {
        "loss_direct_wan": 123.0001,
        "loss_home_wan": 20,
        "loss_agri_wan": 20,
        "loss_industry_wan": 20,
        "loss_infra_wan": 20,
        "loss_public_wan": 20,
        "loss_other_wan": 20,
    },
)
AREAS = ("crop_affected_ha", "crop_affected_grain_ha", "crop_damaged_ha", "crop_failed_ha")


def written(rng: Random, moment: datetime) -> str:
    """The instant in one of the forms RFC 3339 allows."""
    if rng.random() < 0.85:
        return moment.isoformat()
    utc = moment.astimezone(UTC)
    return rng.choice(
        (utc.isoformat(), utc.isoformat().replace("+00:00", "Z"), moment.isoformat(timespec="milliseconds"))
    )


def value_of(rng: Random, key: str, *, small: bool = False) -> Any:
    """A number or `{value, unit?, …}` for a key, in range, now and then far above it (R9)."""
    least, most = RANGES[key]
    plain = least if small else rng.randint(least, most)
    if key in ("dead", "missing", "injured") and rng.random() < 0.18:
        plain = rng.choice((49, 50, 54, 60, 61, 70, 115, 300))
    elif rng.random() < 0.04:
        plain += 1000
    roll = rng.random()
    if key in AREAS and roll < 0.3:
        return {"value": rng.choice((plain * 15, plain * 15 + 1, plain * 15 + 0.75)), "unit": "mu"}
    if key.endswith("_wan") and roll < 0.3:
        return {
            "value": rng.choice((plain * 10000, plain * 10000 + 1234.5, plain * 10000 + 0.5)),
            "unit": "yuan",
        }
    if key.endswith(("_wan", "_ha", "_km")) and roll < 0.5:
        return plain + rng.choice((0.5, 0.25, 0.0001))
    if roll < 0.55:
        return {"value": plain, "qualifier": rng.choice(("exact", "about", "at_least"))}
    return float(plain) if roll < 0.6 else plain
