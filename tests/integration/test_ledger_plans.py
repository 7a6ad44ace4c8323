"""Every list and look-up uses its index: the journal grows for years."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from services.ledger import known_at_records, reader
from services.ledger.lists import (
    AlarmQuery,
    HistoryQuery,
    JournalQuery,
    alarms_sql,
    dead_letters_sql,
    history_sql,
    journal_sql,
)
from services.ledger.migrate import migrate
from services.ledger.paging import write_cursor
from tests.integration.ledger_samples import COUNTY, INCIDENT, MORNING, NATION
from tests.integration.ledger_system import Postgres
from tests.system import server_folder

pytestmark = pytest.mark.integration

# 40 incidents and counties, two of every three statuses; enough rows that reading them all costs more than an index.
FILL = """
INSERT INTO ledger.journal (topic, partition, log_offset, record_id, status, incident_id, type, source_org, source_class,
    source_level, as_of, sent_at, received_at, recorded_at, units, scopes, content, digest)
SELECT 'incident.reports', n % 6, n, 'r-' || n, (ARRAY['Actual', 'Exercise', 'Test'])[1 + n % 3], 'I-' || n % 40,
    (ARRAY['loss_report', 'zero_report', 'clue', 'review'])[1 + n % 4], 'o', 'grid', 'village', t, t, t, t,
    ARRAY['5132' || 10 + n % 40 || '000000'], ARRAY['5132' || 10 + n % 40 || '000000', '513200000000', '510000000000'],
    convert_to(repeat('x', 400), 'UTF8'), sha256(n::text::bytea)
FROM (SELECT n, timestamptz '2026-08-20 01:00Z' + n * interval '1 s' AS t FROM generate_series(1, 30000) AS n) AS rows;
INSERT INTO ledger.figure_history SELECT 'Exercise', 'I-' || n % 5, '5132' || 10 + n % 40 || '000000', 'k' || n % 7, n,
    '{}', now() FROM generate_series(1, 30000) AS n;
INSERT INTO ledger.situation SELECT 'Exercise', 'I-' || n % 5, (510000000000 + n * 1000)::text, n, '{}', NULL, true,
    now(), 0, n FROM generate_series(1, 10000) AS n;
INSERT INTO ledger.outcomes SELECT 'r-' || n, 'Exercise', 'I', 'clue', 'accepted', '{}', 'none', n, now(), 0, n
FROM generate_series(1, 30000) AS n;
INSERT INTO ledger.alarms SELECT 'a-' || n, 'Exercise', 'I-' || n % 40, 'raised', '{}', n, now() + n * interval '1 s',
    0, n FROM generate_series(1, 10000) AS n;
INSERT INTO ledger.dead_letters (topic, partition, log_offset, error, value, version, published_at)
SELECT 't', 0, n, 'e', '', 0, now() FROM generate_series(1, 10000) AS n;
ANALYZE;
"""

AFTER = write_cursor(MORNING + timedelta(seconds=20_000), 20_000)
LATER = MORNING + timedelta(days=1)
KNOWN: list[Any] = [["I-7", "I-8"], "Exercise", LATER, 30_000]
ONE_DAY = {"from_": MORNING + timedelta(hours=2), "to": MORNING + timedelta(hours=3)}


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with server_folder() as folder:
        postgres = Postgres(folder)
        postgres.start()
        try:
            yield postgres
        finally:
            postgres.kill()


@pytest.fixture
async def database(server: Postgres) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    await server.until_ready()
    dsn = await server.new_database()
    await migrate(dsn)
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(FILL)
        yield connection
    finally:
        await connection.close()


def scans(plan: dict[str, Any]) -> list[tuple[str, str]]:
    """(node, index or table) of every scan in a plan."""
    found = (
        [(plan["Node Type"], plan.get("Index Name") or plan["Relation Name"])]
        if "Scan" in plan["Node Type"] and ("Index Name" in plan or "Relation Name" in plan)
        else []
    )
    return found + [scan for child in plan.get("Plans", ()) for scan in scans(child)]


async def test_every_query_uses_an_index(database: asyncpg.Connection[asyncpg.Record]) -> None:
    one = ["I-7"]
    cases: list[tuple[str, tuple[str, list[Any]], str]] = [
        ("journal", journal_sql(JournalQuery(), None), "journal_by_time"),
        ("journal, next page", journal_sql(JournalQuery(after=AFTER), None), "journal_by_time"),
        ("journal, oldest first", journal_sql(JournalQuery(order="oldest", after=AFTER), None), "journal_by_time"),
        ("journal, a time", journal_sql(JournalQuery(**ONE_DAY), None), "journal_by_time"),
        ("incident", journal_sql(JournalQuery(incident="I-7"), one), "journal_by_incident"),
        ("incident, next page", journal_sql(JournalQuery(after=AFTER), one), "journal_by_incident"),
        ("incident, a time", journal_sql(JournalQuery(**ONE_DAY), one), "journal_by_incident"),
        ("rare merged incidents", journal_sql(JournalQuery(), ["rare", "merged"]), "journal_by_incident"),
        ("a rare unit", journal_sql(JournalQuery(unit="999999000000"), None), "journal_by_scope"),
        ("type", journal_sql(JournalQuery(type="unheard"), None), "journal_by_type"),
        ("status", journal_sql(JournalQuery(status="unheard"), None), "journal_by_status"),
        ("record", (reader.RECORD, ["r-77"]), "journal_by_record"),
        ("newest records", (reader.NEWEST_RECORDS, [50]), "journal_by_seq"),
        ("situation", (reader.SITUATION, ["Exercise", "I-1", [NATION, COUNTY]]), "situation_pkey"),
        ("units below", (reader.UNITS_BELOW, ["Exercise", "I-1", "510000100000", "510000199999"]), "situation_pkey"),
        ("history", history_sql(HistoryQuery(status="Exercise", unit="513211000000", key="k1"), "I-1"),
         "figure_history_pkey"),
        ("history of a unit", history_sql(HistoryQuery(status="Exercise", unit="513211000000"), "I-1"),
         "figure_history_by_unit"),
        ("alarms", alarms_sql(AlarmQuery(), None), "alarms_by_time"),
        ("cleared alarms", alarms_sql(AlarmQuery(state="cleared"), None), "alarms_by_state"),
        ("alarms of an incident", alarms_sql(AlarmQuery(), one), "alarms_by_incident"),
        ("alarms of a kind", alarms_sql(AlarmQuery(state="raised", kinds=("conflict",)), None), "alarms_by_kind"),
        ("dead letters", dead_letters_sql(None, 50), "dead_letters_by_seq"),
        ("merges known", (known_at_records.MERGES, ["Exercise", LATER]), "journal_by_type"),
        ("records known, counted", (known_at_records.STATE, KNOWN), "journal_by_incident"),
        ("records known", (known_at_records.RECORDS, KNOWN), "journal_by_record"),
        ("news", (known_at_records.NEWS, [*KNOWN, MORNING + timedelta(hours=8), 29_000]), "journal_by_record"),
        ("named elsewhere", (known_at_records.NAMED, [["r-77", "r-78"], LATER]), "journal_by_record"),
    ]  # fmt: skip
    for name, (sql, values), index in cases:
        explained = await database.fetchval("EXPLAIN (FORMAT JSON) " + sql, *values)
        found = scans(json.loads(explained)[0]["Plan"])
        assert index in {used for _, used in found}, (name, found)
        whole = [used for node, used in found if node == "Seq Scan"]
        assert not whole, (name, found)


async def test_a_common_unit_is_found_fast(database: asyncpg.Connection[asyncpg.Record]) -> None:
    """A province holds nearly everything: its page must not sort the whole journal."""
    sql, values = journal_sql(JournalQuery(unit="510000000000", limit=50), None)
    plan = json.loads(await database.fetchval("EXPLAIN (ANALYZE, FORMAT JSON) " + sql, *values))[0]["Plan"]

    def rows_read(node: dict[str, Any]) -> float:
        return max([node["Actual Rows"], *(rows_read(child) for child in node.get("Plans", ()))])

    assert rows_read(plan) < 1_000, (INCIDENT, scans(plan))
