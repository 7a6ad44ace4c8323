"""Points on a real Kafka and PostgreSQL: what offices attach, what an operator imports, what the journal held before."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import jsonschema_rs
import pytest

from fenghuo.platform.postgres import Database, apply_migrations
from services.ledger import rows, statements, storable
from services.ledger.entries import JournalEntry, LogMessage, decode
from services.ledger.migrate import COMPONENT, FOLDER, migrate
from services.ledger.points_file import ImportedPoints
from services.ledger.points_reader import CAPTURED, LedgerPoints
from services.web.application import build_application
from tests.integration.intake_system import Broker
from tests.integration.ledger_fixtures import ledger, log, place, servers
from tests.integration.ledger_samples import COUNTY, MORNING, TOWN, outcome, report
from tests.integration.ledger_system import (
    Postgres,
    Publisher,
    RunningLedger,
    connected,
    running_ledger,
    until,
)
from tests.integration.test_ledger_plans import scans

__all__ = ["ledger", "log", "place", "servers"]
pytestmark = pytest.mark.integration

OFFICE = {"org": "水磨镇人民政府应急办", "class": "official_stat", "level": "township"}
PLACE = {"lon": 103.41254, "lat": 30.94136, "accuracy_m": 12}
OTHER_TOWN = "513221105000"
FIRST_MIGRATION = "0001_ledger.sql"


def located(number: int, location: Any, unit: str = TOWN, **fields: Any) -> dict[str, Any]:
    given: dict[str, Any] = {"source": OFFICE, "rows": [{"unit": unit, "values": {"dead": number}}]} | fields
    return report(number, location=location, **given)


async def points(ledger: RunningLedger, within: str = "513221", **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = await ledger.pages(
        "/v1/points", within=within, **({"status": "Exercise"} | params)
    )
    return found


async def test_an_office_is_where_its_newest_counted_report_says(
    log: Publisher, ledger: RunningLedger
) -> None:
    await log.record(located(1, PLACE))
    await log.record(located(2, PLACE | {"lon": 103.5}))
    await log.record(located(3, PLACE | {"lon": 103.6}))
    await log.record(located(4, PLACE | {"lon": 103.7}))

    async def stored() -> bool:
        return (await ledger.client.get("/v1/records/r-00004")).status_code == 200

    await until(stored, "the records are in the journal")
    assert await points(ledger) == []  # nothing is judged yet
    await log.outcome(outcome("r-00001", 1))

    async def moved(record_id: str) -> bool:
        return [point["record_id"] for point in await points(ledger)] == [record_id]

    await until(lambda: moved("r-00001"), "a judged record counts")
    assert await points(ledger) == [
        {
            "unit": TOWN,
            "lon": 103.41254,
            "lat": 30.94136,
            "source": "captured",
            "record_id": "r-00001",
            "as_of": (MORNING + timedelta(seconds=1)).isoformat().replace("+00:00", "Z"),
            "accuracy_m": 12.0,
        }
    ]
    await log.outcome(outcome("r-00004", 2, disposition="rejected", standing="none"))
    await log.outcome(outcome("r-00003", 3))
    await until(lambda: moved("r-00003"), "the newest that is not rejected counts")
    await log.outcome(outcome("r-00003", 4, standing="returned"))
    await log.outcome(outcome("r-00002", 5, disposition="held", standing="held"))
    await until(lambda: moved("r-00002"), "a returned one counts no more, a held one does")
    assert await points(ledger, status="Actual") == []  # worlds never mix


async def test_of_two_contents_of_one_id_only_the_records_counts(
    log: Publisher, ledger: RunningLedger
) -> None:
    await log.record(located(5, PLACE))
    await log.record(located(5, PLACE | {"lon": 104}, received_at=MORNING.isoformat()), partition=1)
    await log.record(located(6, None, record_id="r-00005", received_at=MORNING.isoformat()), partition=2)
    await log.outcome(outcome("r-00005", 1))
    dead: list[Any] = []

    async def all_stored() -> bool:
        dead[:] = await ledger.pages("/v1/journal", unit=TOWN)
        return len(dead) == 3 and all(item["outcome"] for item in dead)

    await until(all_stored, "the three deliveries are in the journal")
    stored = await ledger.get("/v1/records/r-00005")
    location = stored["record"]["location"]
    assert [point["lon"] for point in await points(ledger)] == ([location["lon"]] if location else [])


async def test_within_and_pages(ledger: RunningLedger, log: Publisher) -> None:
    units = [f"513221{number:03}000" for number in range(100, 140)]
    await log.records(located(number, PLACE, unit) for number, unit in enumerate(units))
    await log.record(located(900, PLACE, "520000100000"))
    for number in [*range(40), 900]:
        await log.outcome(outcome(f"r-{number:05}", number))

    async def all_there() -> bool:
        return len(await points(ledger, "000000000000")) == 41

    await until(all_there, "all are judged")
    assert [point["unit"] for point in await points(ledger, "51", limit=7)] == units
    for within in ("5132", "513221", COUNTY, "510000000000"):
        assert [point["unit"] for point in await points(ledger, within)] == units
    assert [point["unit"] for point in await points(ledger, "513221105")] == [OTHER_TOWN]
    assert [point["unit"] for point in await points(ledger, OTHER_TOWN)] == [OTHER_TOWN]
    assert await points(ledger, "513222") == []
    assert await points(ledger, "00") == []
    first = await ledger.get("/v1/points", within="51", status="Exercise", limit=40)
    assert (len(first["items"]), first["next"]) == (40, None)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "within"),
        ("within=5", "within"),
        ("within=513", "within"),
        ("within=51322１", "within"),
        ("within=51%0A", "within"),
        ("within=51&status=Drill", "status"),
        ("within=51&limit=0", "limit"),
        ("within=51&after=nonsense", "after"),
    ],
)
async def test_a_bad_question_is_a_problem(ledger: RunningLedger, query: str, field: str) -> None:
    answer = await ledger.client.get(f"/v1/points?{query}")
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert field in json.dumps(answer.json())


async def test_an_imported_point_comes_first(tmp_path: Path, place: tuple[str, str], log: Publisher) -> None:
    file = tmp_path / "points.csv"
    file.write_text(
        f"# attribution: 汶川县地名数据\nunit,lon,lat\n{TOWN},103.59,31.47\n371371000000,118.2,35.0\n",
        "utf-8",
    )
    async with running_ledger(*place, points=file) as ledger:
        await log.record(located(1, PLACE))
        await log.record(located(2, PLACE, OTHER_TOWN))
        await log.outcome(outcome("r-00001", 1))
        await log.outcome(outcome("r-00002", 2))

        async def both() -> bool:
            return len(await points(ledger)) == 2

        await until(both, "the captured one is there too")
        page = await ledger.get("/v1/points", within="51", status="Exercise")
        assert page["attribution"] == "汶川县地名数据"
        assert page["items"][0] == {
            "unit": TOWN,
            "lon": 103.59,
            "lat": 31.47,
            "source": "imported",
            "record_id": None,
            "as_of": None,
            "accuracy_m": None,
        }
        assert (page["items"][1]["unit"], page["items"][1]["source"]) == (OTHER_TOWN, "captured")
        every = await points(ledger, "000000000000", limit=1)
        assert [each["unit"] for each in every] == ["371371000000", TOWN, OTHER_TOWN]
        app = build_application([ledger.service], ledger.health)
        document = app.openapi()
        schema = {"$ref": "#/components/schemas/Points", "components": document["components"]}
        jsonschema_rs.Draft202012Validator(schema, validate_formats=True).validate(page)


@pytest.fixture
async def empty_database(servers: tuple[Broker, Postgres]) -> str:
    return await servers[1].new_database()


# Each is read by the program and by the migration; both must say the same.
LOCATIONS: list[Any] = [
    PLACE, {"lon": 103.4, "lat": 30.9}, {"lon": 103, "lat": 30}, PLACE | {"unit": None, "accuracy_m": None, "captured_at": None},
    PLACE | {"captured_at": "2026-08-19T18:20:00+08:00"}, PLACE | {"captured_at": "2026-08-19T10:20:00.123456Z"},
    PLACE | {"captured_at": "2031-01-01T00:00:00Z"}, PLACE | {"captured_at": "2026-08-19T18:20:00"},
    PLACE | {"captured_at": "2026-08-19"}, PLACE | {"captured_at": "yesterday"}, PLACE | {"captured_at": "infinity"},
    PLACE | {"captured_at": "2026-02-30T18:20:00Z"}, PLACE | {"captured_at": "2026-08-19t18:20:00z"},
    PLACE | {"captured_at": "2026-08-19T24:00:00Z"}, PLACE | {"captured_at": "2026-08-19T23:59:60Z"},
    PLACE | {"captured_at": "2026-08-19 18:20:00Z"}, PLACE | {"captured_at": "2026-08-19T18:20:00+0800"},
    PLACE | {"captured_at": "2026-08-19T18:20:00+25:00"}, PLACE | {"captured_at": "0000-08-19T18:20:00Z"}, PLACE | {"captured_at": 1787187000}, PLACE | {"captured_at": ""},
    PLACE | {"unit": TOWN}, PLACE | {"unit": OTHER_TOWN}, PLACE | {"unit": COUNTY}, PLACE | {"unit": "51"},
    PLACE | {"unit": f"{TOWN}\n"}, PLACE | {"unit": 513221105000}, PLACE | {"unit": ""},
    PLACE | {"accuracy_m": 0}, PLACE | {"accuracy_m": -0.1}, PLACE | {"accuracy_m": "12"}, PLACE | {"accuracy_m": True},
    PLACE | {"note": "多余的字段"}, PLACE | {"note": "\x00"}, {"lat": 30.9}, {"lon": "103.4", "lat": 30.9},
    {"lon": False, "lat": 30.9}, {"lon": 30.9, "lat": 103.4}, {"lon": 0, "lat": 0}, {"lon": 10**400, "lat": 30.9},
    {"lon": 72.999, "lat": 30.9}, {"lon": 136, "lat": 54}, {"lon": 103.4, "lat": 2.99}, {"lon": None, "lat": 30.9},
    None, [], [PLACE], "水磨镇", 5, True, {}, {"location": PLACE},
]  # fmt: skip


def old_records() -> list[dict[str, Any]]:
    """What a journal may hold from before there were points: every location, and every kind of source and type."""
    found = [located(number, location) for number, location in enumerate(LOCATIONS)]
    found += [
        located(100, PLACE, source=OFFICE | {"level": "county"}),
        located(101, PLACE, source=OFFICE | {"class": "media"}),
        located(102, PLACE, source=OFFICE | {"class": "command_post"}),
        located(103, PLACE, source=OFFICE | {"class": "grid", "level": "village"}),
        located(104, PLACE, rows=[]),
        located(105, PLACE, rows=[{"unit": TOWN, "values": {}}, {"unit": COUNTY, "values": {}}]),
        located(106, PLACE, type="zero_report"),
        located(107, PLACE, type="clue"),
        located(108, PLACE, note="\x00 in another field", status="Test"),
        located(
            109, PLACE, rows=[{"unit": "513221100201", "values": {}}], source=OFFICE | {"level": "village"}
        ),
        located(110, PLACE, "510000000000", source=OFFICE | {"level": "province"}),
        located(111, PLACE, "513200000000", source=OFFICE | {"level": "prefecture"}),
        located(112, PLACE, "000000000000", source=OFFICE | {"level": "nation"}),
        located(113, PLACE, "510100000000", source=OFFICE | {"level": "province"}),
        report(114),
        located(115, PLACE, as_of="2031-01-01T00:00:00Z"),
    ]
    return found


def entry(record: dict[str, Any], offset: int) -> JournalEntry:
    found = decode(LogMessage("incident.reports", 0, offset, json.dumps(record).encode(), MORNING))
    assert isinstance(found, JournalEntry), found
    return found


async def test_the_migration_reads_what_the_journal_holds_as_the_program_does(
    tmp_path: Path, empty_database: str
) -> None:
    shutil.copy(FOLDER / FIRST_MIGRATION, tmp_path)
    entries = [entry(record, offset) for offset, record in enumerate(old_records())]
    # A repeated delivery with a later stamp, and a first one with an earlier stamp.
    again = entry(old_records()[0] | {"received_at": (MORNING + timedelta(days=1)).isoformat()}, 900)
    earlier = entry(located(115, PLACE, as_of="2031-01-01T00:00:00Z", received_at=MORNING.isoformat()), 901)
    entries += [again, earlier]
    expected: dict[tuple[str, bytes], tuple[Any, ...]] = {}
    for each in entries:
        if each.point is not None:
            row = rows.captured_point_row(each.point)
            held = expected.get((each.record_id, each.digest), row)
            expected[each.record_id, each.digest] = (*row[:-1], min(row[-1], held[-1]))
    async with connected(empty_database) as connection:
        await apply_migrations(connection, COMPONENT, tmp_path)
        await connection.executemany(
            statements.JOURNAL,
            [storable.parameter(rows.journal_row(each)) for each in entries],
        )
        assert (await migrate(empty_database))[0] == "0002_points.sql"
        found = await connection.fetch(
            "SELECT status, unit, record_id, digest, lon, lat, accuracy_m, captured_at FROM ledger.captured_points"
        )
    told = {
        each.record_id: json.loads(each.content)["location"]
        for each in entries
        if each.record_id != "r-00114"
    }
    by_migration = {(row["record_id"], row["digest"]): tuple(row) for row in found}
    differing = {key for key in by_migration | expected if by_migration.get(key) != expected.get(key)}
    assert not differing, [told[record_id] for record_id, _ in differing]
    assert len(expected) > 15


async def test_it_does_not_read_every_report_of_a_unit(empty_database: str) -> None:
    """50 townships, 600 reports each, of which the newest are returned ones: an index is followed, nothing is scanned,
    whatever rows the statistics are sampled from.
    """
    await migrate(empty_database)
    async with connected(empty_database) as connection:
        await _fill(connection)
        first, last = "513200000000", "513299999999"
        values = ["Exercise", first, last, 501]
        for _ in range(5):
            await connection.execute("ANALYZE")
            explained = json.loads(
                await connection.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {CAPTURED}", *values)
            )
            plan = explained[0]["Plan"]
            assert "captured_points_by_unit" in {used for _, used in scans(plan)}
            assert not [used for node, used in scans(plan) if node == "Seq Scan"], scans(plan)
            assert _rows_read(plan) < 2_000
    database = Database(empty_database)
    async with database.open():
        found = await LedgerPoints(database, ImportedPoints()).within(first, last, "Exercise", None, 500)
    assert len(found.items) == 50
    assert {item.as_of for item in found.items} == {
        datetime(2026, 8, 20, 1, tzinfo=UTC) + timedelta(seconds=n) for n in range(29_901, 29_951)
    }


def _rows_read(node: dict[str, Any]) -> float:
    own = node["Actual Rows"] * node["Actual Loops"] if "Scan" in node["Node Type"] else 0
    return own + sum(_rows_read(child) for child in node.get("Plans", ()))


async def _fill(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    await connection.execute("""
INSERT INTO ledger.journal (topic, partition, log_offset, record_id, status, incident_id, type, source_org,
    source_class, source_level, as_of, sent_at, received_at, recorded_at, units, scopes, content, digest)
SELECT 'incident.reports', n % 6, n, 'r-' || n, 'Exercise', 'I', 'loss_report', 'o', 'official_stat', 'township', t, t, t,
    t, '{}', '{}', '{}', sha256(n::text::bytea)
FROM (SELECT n, timestamptz '2026-08-20 01:00Z' + n * interval '1 s' AS t FROM generate_series(1, 30000) AS n) AS rows;
INSERT INTO ledger.captured_points SELECT (ARRAY['Exercise', 'Actual'])[1 + (n > 30000)::int],
    '5132' || 21 + n % 5 || 100 + n % 50 || '000', 'r-' || n, sha256(n::text::bytea), 103, 31, 5,
    timestamptz '2026-08-20 01:00Z' + n * interval '1 s' FROM generate_series(1, 60000) AS n;
INSERT INTO ledger.outcomes SELECT 'r-' || n, 'Exercise', 'I', 'loss_report', 'accepted', '{}',
    CASE WHEN n > 29950 THEN 'returned' ELSE 'effective' END, n, now(), 0, n FROM generate_series(1, 60000) AS n;
ANALYZE;
""")
