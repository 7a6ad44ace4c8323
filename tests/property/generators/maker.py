"""What the makers of the single types share: each record is made in sight of those made before it."""

from datetime import datetime, timedelta
from random import Random

from tests.property.generators import vocabulary as words
from tests.property.generators.vocabulary import Json, value_of, written

REPORTS = ("loss_report", "zero_report")


class Maker:
    """The set so far. All chance comes from `rng`; `prefix` starts every id and incident id."""

    def __init__(self, rng: Random, size: int, prefix: str = "") -> None:
        self.rng = rng
        self.prefix = prefix
        self.ids = [f"{prefix}{rng.randrange(36**2):03d}-{number}" for number in range(size)]
        self.records: list[Json] = []
        self.stamps: dict[str, datetime] = {}
        tight = self.chance(0.4)
        names = [f"{prefix}010400-371323-20240709-{number:02d}" for number in range(5)]
        self.incidents = [names[0]] * 4 + names[: rng.choice((1, 2) if tight else (2, 4, 5))]
        topics = rng.sample(words.TOPICS, 1 if tight else rng.choice((1, 1, 2)))
        self.keys = sorted({key for topic in topics for key in topic})
        self.townships = rng.sample(words.TOWNSHIPS, 2 if tight else rng.choice((2, 3, 4)))
        self.documents = [f"D-{number}" for number in range(2 + size // 12)]
        self.hours = rng.choice((1, 1, 2, 2, 4, 4, 8, 8, 40))
        self.levels = rng.choice((("township",), ("township", "county"), words.LEVELS[1:]))

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def envelope(self, record_type: str, after: Json | None = None, *, official: float = 0.93) -> Json:
        """The fields of every record; stamped mostly after `after`, mostly in its incident and status."""
        rng = self.rng
        received = self._stamp(after)
        as_of = words.START + timedelta(minutes=30 * rng.randrange(2 * self.hours))
        while as_of > received and as_of > words.START:
            as_of -= timedelta(minutes=30)
        sent = received - timedelta(minutes=rng.choice((0, 0, 5, 20, 30, 31, 90)))
        if self.chance(0.05):
            as_of = received + timedelta(minutes=rng.choice((10, 11, 240)))
        elif self.chance(0.02):
            sent = received + timedelta(minutes=rng.choice((10, 11)))
        of_one = after is not None and self.chance(0.85)
        record_id = self.ids[len(self.records)]
        self.stamps[record_id] = received
        record: Json = {
            "record_id": record_id,
            "type": record_type,
            "incident_id": after["incident_id"] if of_one and after else rng.choice(self.incidents),
            "status": after["status"] if of_one and after else "Test" if self.chance(0.12) else "Exercise",
            "source": {
                "org": after["source"]["org"] if of_one and after else rng.choice(words.ORGS),
                "class": "official_stat" if self.chance(official) else rng.choice(words.SIDE_CLASSES),
                "level": rng.choice(self.levels if self.chance(0.9) else words.LEVELS),
            },
            "as_of": written(rng, as_of),
            "sent_at": written(rng, sent),
            "received_at": written(rng, received),
        }
        if self.chance(0.3):
            record["reason"] = rng.choice(("核减", "重复统计"))
        return record

    def _stamp(self, after: Json | None) -> datetime:
        rng = self.rng
        if after is not None and self.chance(0.7):
            return self.stamps[after["record_id"]] + timedelta(minutes=rng.choice((0, 5, 15, 60)))
        progress = len(self.records) / len(self.ids) if self.chance(0.5) else rng.random()
        return words.START + timedelta(minutes=10 + 5 * int(progress * 12 * self.hours))

    def pick(self, *types: str, forward: float = 0.04) -> tuple[str, Json | None]:
        """The id of a record to name, and the record if it is one made before; newer ones more often."""
        rng = self.rng
        known = [record for record in self.records if not types or record["type"] in types]
        if not known or self.chance(forward):
            return rng.choice(self.ids), None
        record = known[-1 - min(int(rng.expovariate(0.25)), len(known) - 1)]
        return record["record_id"], record

    def rows(self, *, least: int = 1) -> list[Json]:
        rng = self.rng
        units = list(self.townships)
        if self.chance(0.25):
            units.append(rng.choice(words.COUNTIES))
        if self.chance(0.06):
            units.append(rng.choice(words.ABOVE_COUNTIES))
        if self.chance(0.06):
            units.append(rng.choice(words.VILLAGES))
        if across := self._across_a_frozen_county():
            return [{"unit": unit, "values": self.values()} for unit in across]
        chosen = rng.sample(units, min(len(units), max(least, rng.choice((1, 1, 1, 2, 2, 3)))))
        rows: list[Json] = [{"unit": unit, "values": self.values()} for unit in chosen]
        if self.chance(0.04):
            rows[0]["values"] = dict(rng.choice(words.BREACHES))
        elif self.chance(0.03):
            rows[0]["values"]["road_damaged_km"] = {"value": 3, "unit": "li"}
        return rows

    def _across_a_frozen_county(self) -> list[str]:
        """R15: now and then a township of a county that somebody has verified, and one of another county."""
        frozen = [
            prefix
            for record in self.records
            for prefix in record.get("counties") or []
            if record["type"] == "verification" and len(prefix) == 6
        ]
        if not frozen or not self.chance(0.2):
            return []
        county = self.rng.choice(frozen)
        inside = [unit for unit in words.TOWNSHIPS if unit.startswith(county)]
        outside = [unit for unit in words.TOWNSHIPS if not unit.startswith(county)]
        return [self.rng.choice(inside), self.rng.choice(outside)]

    def values(self) -> Json:
        count = min(len(self.keys), self.rng.choice((1, 1, 2, 3)))
        return {key: value_of(self.rng, key) for key in self.rng.sample(self.keys, count)}
