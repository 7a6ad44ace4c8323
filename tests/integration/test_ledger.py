"""The ledger on a real Kafka and a real PostgreSQL: what is published is what the GETs answer."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import jsonschema_rs
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from fenghuo.platform.postgres import MigrationError
from schemas.indicators import indicators
from schemas.outputs import AlarmKind, DeadLetter, IncidentHead, Progress, encoder
from services.ledger.migrate import FOLDER, migrate
from services.web.application import build_application
from tests.integration.intake_system import Broker
from tests.integration.ledger_fixtures import ledger, log, place, servers
from tests.integration.ledger_samples import (
    COUNTY,
    EPOCH,
    INCIDENT,
    MORNING,
    NATION,
    PROVINCE,
    TOWN,
    figure,
    outcome,
    report,
    sample_alarm,
    sample_alternative,
    update,
)
from tests.integration.ledger_system import (
    PARTITIONS,
    Postgres,
    Publisher,
    RunningLedger,
    connected,
    running_ledger,
    until,
)

__all__ = ["ledger", "log", "place", "servers"]
pytestmark = pytest.mark.integration


async def test_a_record_is_found_with_its_outcome(log: Publisher, ledger: RunningLedger) -> None:
    value = await log.record(report(1, note={"任意": [1, 2.50]}))

    async def stored() -> bool:
        return (await ledger.client.get("/v1/records/r-00001")).status_code == 200

    await until(stored, "the record is in the journal")
    answer = await ledger.client.get("/v1/records/r-00001")
    assert answer.content == b'{"record":' + value + b',"outcome":null}'

    await log.outcome(outcome("r-00001", 2, disposition="held", flags=("conflict", "surge"), standing="held"))
    await log.outcome(outcome("r-00001", 1))  # stale

    async def judged() -> bool:
        return (await ledger.get("/v1/records/r-00001"))["outcome"] is not None

    await until(judged, "the outcome is known")
    assert (await ledger.get("/v1/records/r-00001"))["outcome"] == {
        "disposition": "held",
        "flags": ["conflict", "surge"],
        "standing": "held",
        "version": EPOCH + 2,
    }
    missing = await ledger.client.get("/v1/records/r-00002")
    assert missing.status_code == 404
    assert missing.headers["content-type"] == "application/problem+json"
    assert missing.json()["record_id"] == "r-00002"


async def test_the_earliest_stamp_then_the_smaller_digest_is_the_record(
    log: Publisher, ledger: RunningLedger, place: tuple[str, str]
) -> None:
    await log.record(report(5, record_id="twice", note="later"))
    await log.record(report(3, record_id="twice", note="earlier"), partition=1)
    await log.record(report(4, record_id="twice", note="between"), partition=2)
    await log.record(report(9, record_id="again"))
    await log.record(report(9, record_id="again", received_at=MORNING.isoformat()))
    await until(lambda: _count(place[1], "journal", 5), "all entries are in the journal")
    assert (await ledger.get("/v1/records/twice"))["record"]["note"] == "earlier"
    assert (await ledger.get("/v1/records/again"))["record"]["received_at"] == MORNING.isoformat()

    known = await ledger.service.known_records.newest(10)
    assert {record_id: stamp for record_id, _, stamp in known} == {
        "twice": MORNING + timedelta(seconds=3),
        "again": MORNING,
    }
    assert len(await ledger.service.known_records.newest(1)) == 1


async def test_the_situation_is_what_was_published(log: Publisher, ledger: RunningLedger) -> None:
    exact = figure("12345678901234567.8901", 3)
    await log.change(
        update(COUNTY, 1, {"dead": figure(3, 3), "shelter_now": exact}),
        update(TOWN, 1, {"dead": figure(1, 1)}),
        update("511800101000", 1, {"injured": figure(2, 2)}),
        update(NATION, 1, {"dead": figure(4)}, last=True),
    )
    await until(lambda: _known(ledger, INCIDENT), "the incident is known")
    path = f"/v1/incidents/{INCIDENT}/situation"
    alone = await ledger.get(path, status="Exercise")
    assert alone["figures"]["dead"]["total"] == 4
    assert (alone["unit"], alone["version"], alone["watermark"]) == (NATION, EPOCH + 1, None)
    assert "children" not in alone
    assert "beside" not in alone
    raw = await ledger.client.get(path, params={"status": "Exercise", "unit": COUNTY})
    assert b"12345678901234567.8901" in raw.content

    nested = await ledger.get(path, status="Exercise", depth=1)
    # No row for province and prefecture: they hide nothing.
    assert [child["unit"] for child in nested["children"]] == ["511800101000", COUNTY]
    assert all("children" not in child for child in nested["children"])
    whole = await ledger.get(path, status="Exercise", depth=-1)
    assert [child["unit"] for child in whole["children"][1]["children"]] == [TOWN]
    empty = await ledger.get(path, status="Exercise", unit=PROVINCE)
    assert (empty["figures"], empty["version"]) == ({}, 0)


async def test_a_new_database_gets_its_tables_from_the_ledger(servers: tuple[Broker, Postgres]) -> None:
    broker, postgres = servers
    dsn = await postgres.new_database()
    async with running_ledger(broker.bootstrap, dsn) as found:
        await found.until_ready()
        assert await found.get("/v1/incidents") == []
    # Several processes may migrate at once, and again.
    another = await postgres.new_database()
    applied = await asyncio.gather(*(migrate(another) for _ in range(4)))
    assert sorted(len(names) for names in applied) == [0, 0, 0, len(list(FOLDER.glob("*.sql")))]
    async with connected(another) as connection:
        await connection.execute("UPDATE public.schema_migrations SET sha256 = 'another'")
        with pytest.raises(MigrationError, match="was changed after it was applied"):
            await migrate(another)
        await connection.execute("UPDATE public.schema_migrations SET number = 99 WHERE number = 1")
    with pytest.raises(MigrationError, match="start the newer program"):
        await migrate(another)


async def test_answers_are_what_openapi_says(log: Publisher, ledger: RunningLedger) -> None:
    beside = {"dead": (sample_alternative(),)}
    await log.record(report(1))
    await log.send("incident.reports", b"poison")
    await log.outcome(outcome("r-00001", 1, flags=("surge",)))
    await log.change(
        update(COUNTY, 1, {"injured": figure(3, 3)}, beside=beside),
        update(NATION, 1, {"dead": figure(4)}, last=True),
    )
    await log.change(update(NATION, 2, {}, last=True))
    await log.send("situation.alarms", encoder.encode(sample_alarm()))

    async def all_known() -> bool:
        lists = [await ledger.pages(path) for path in ("/v1/dead-letters", "/v1/alarms", "/v1/journal")]
        return all(lists) and await _known(ledger, INCIDENT)

    await until(all_known, "everything is known")
    document = build_application([ledger.service], ledger.health).openapi()
    OpenAPIV31SpecValidator(document).validate()
    shown = {"status": "Exercise"}
    for template, params in (
        ("/v1/records/{record_id}", {}),
        ("/v1/incidents", shown),
        ("/v1/incidents/{incident_id}/situation", shown | {"depth": "-1"}),
        ("/v1/incidents/{incident_id}/history", shown),
        ("/v1/journal", {}),
        ("/v1/alarms", {}),
        ("/v1/dead-letters", {}),
        ("/v1/regions", {"parent": "513200000000"}),
        ("/v1/indicators", {}),
        ("/v1/points", {"within": "51"}),
    ):
        path = template.format(record_id="r-00001", incident_id=INCIDENT)
        answer = await ledger.get(path, **params)
        content = document["paths"][template]["get"]["responses"]["200"]["content"]["application/json"]
        schema = content["schema"] | {"components": document["components"]}
        validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
        validator.validate(answer)
        examples = [each["value"] for each in content.get("examples", {}).values()]
        for example in examples or [content["example"]]:
            validator.validate(example)
        assert json.dumps(answer) not in ("[]", "{}")
    situation = await ledger.get(f"/v1/incidents/{INCIDENT}/situation", status="Exercise", unit=COUNTY)
    assert situation["beside"]["dead"][0]["record_id"] == "clue-1"


async def test_wrong_parameters_are_problems(log: Publisher, ledger: RunningLedger) -> None:
    await log.change(update(NATION, 1, {}, last=True))
    await until(lambda: _known(ledger, INCIDENT), "the incident is known")
    path = f"/v1/incidents/{INCIDENT}/situation"
    for params, field in (
        ({"unit": "51"}, "unit"),
        ({"unit": "51322100000x"}, "unit"),
        ({"status": "Real"}, "status"),
        ({"depth": "-2"}, "depth"),
        ({"depth": "deep"}, "depth"),
    ):
        answer = await ledger.client.get(path, params=params)
        assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert (await ledger.client.get(path)).status_code == 404  # Actual knows nothing of it
    assert (await ledger.client.get("/v1/incidents/none/history")).status_code == 404
    for moment in ("0.5", "1755600000", "2026-08-20", "2026-08-20T09:00:00", "yesterday"):
        answer = await ledger.client.get("/v1/journal", params={"from": moment})
        assert (answer.status_code, answer.json()["field"]) == (422, "from")
    # Beyond what PostgreSQL's texts and Python's calendar hold, and no error.
    await ledger.get(
        "/v1/journal", **{"from": "0001-01-01T00:00:00+08:00", "to": "9999-12-31T23:59:59-08:00"}
    )
    await ledger.get(f"/v1/incidents/{INCIDENT}/history", status="Exercise", key="\x00")
    for path in ("/v1/journal", "/v1/alarms", "/v1/dead-letters"):
        answer = await ledger.client.get(path, params={"after": "bm9uc2Vuc2U"})
        assert (answer.status_code, answer.json()["field"]) == (422, "after")


async def test_regions_and_indicators(ledger: RunningLedger) -> None:
    provinces = await ledger.get("/v1/regions")
    assert {"510000000000", "110000000000"} <= {region["code"] for region in provinces}
    counties = {region["code"]: region for region in await ledger.get("/v1/regions", parent="513200000000")}
    assert counties[COUNTY]["name"] == "汶川县"
    assert counties[COUNTY]["children"] == len(await ledger.get("/v1/regions", parent=COUNTY))
    unknown = await ledger.client.get("/v1/regions?parent=990000000000")
    assert (unknown.status_code, unknown.json()["value"]) == (404, "990000000000")
    assert [indicator["key"] for indicator in await ledger.get("/v1/indicators")] == list(indicators())


async def test_a_merged_incident_answers_with_its_canonical_one(
    log: Publisher, ledger: RunningLedger
) -> None:
    await log.change(update(NATION, 1, {"dead": figure(4)}, last=True))
    await log.change(update(NATION, 1, {"dead": figure(9)}, incident_id="OLD", last=True), partition=1)
    await log.record(report(1))
    await log.record(report(2, incident_id="OLD"))
    await until(lambda: _known(ledger, "OLD"), "both incidents are known")
    assert len(await ledger.get("/v1/incidents", status="Exercise")) == 2

    await log.change(
        update(NATION, 2, {}, incident_id="OLD", merged_into=INCIDENT),
        update(NATION, 2, {"dead": figure(13)}, head=IncidentHead(name="并", aliases=("OLD",)), last=True),
    )

    async def merged() -> bool:
        return len(await ledger.get("/v1/incidents", status="Exercise")) == 1

    await until(merged, "one canonical incident is left")
    assert (await ledger.get("/v1/incidents", status="Exercise"))[0]["aliases"] == ["OLD"]
    for name in ("OLD", INCIDENT):
        found = await ledger.get(f"/v1/incidents/{name}/situation", status="Exercise")
        assert (found["incident_id"], found["figures"]["dead"]["total"]) == (INCIDENT, 13)
        items = await ledger.pages(f"/v1/incidents/{name}/history", status="Exercise", key="dead")
        assert [item["figure"]["total"] for item in items] == [4, 13]
        journal = await ledger.pages("/v1/journal", incident=name)
        assert [item["record"]["record_id"] for item in journal] == ["r-00002", "r-00001"]


async def test_history_keeps_every_change_and_no_repetition(log: Publisher, ledger: RunningLedger) -> None:
    for number, figures in enumerate(
        (
            {"dead": figure(1), "injured": figure(7)},
            {"dead": figure(1), "injured": figure(8)},
            {"dead": figure(2), "injured": figure(8)},
            {"injured": figure(8)},
            {"dead": figure(2), "injured": figure(8)},
        ),
        1,
    ):
        await log.change(update(NATION, number, figures, last=True))
    # A rebuilt worker says the same again under a higher version; a stale owner something old under a lower one.
    await log.change(
        update(NATION, 1 << 32, {"dead": figure(2), "injured": figure(8)}, last=True),
    )
    await log.change(update(NATION, 3, {"dead": figure(99)}, last=True))

    async def newest() -> bool:
        found = await ledger.client.get(f"/v1/incidents/{INCIDENT}/situation?status=Exercise")
        return found.status_code == 200 and found.json()["version"] == EPOCH + (1 << 32)

    await until(newest, "the newest version is shown")
    path = f"/v1/incidents/{INCIDENT}/history"

    async def told(limit: int, **params: str) -> list[tuple[str, int, int | None]]:
        items = await ledger.pages(path, status="Exercise", limit=limit, **params)
        return [
            (item["key"], item["version"] - EPOCH, item["figure"] and item["figure"]["total"])
            for item in items
        ]

    dead = [("dead", 1, 1), ("dead", 3, 2), ("dead", 4, None), ("dead", 5, 2)]
    for limit in (1, 2, 3, 4, 500):
        assert await told(limit, key="dead") == dead
        assert await told(limit) == [dead[0], ("injured", 1, 7), ("injured", 2, 8), *dead[1:]]
    moments = await ledger.pages(path, status="Exercise", key="dead")
    later = await ledger.pages(path, status="Exercise", key="dead", **{"from": moments[2]["published_at"]})
    assert [item["version"] for item in later] == [item["version"] for item in moments[2:]]


async def test_a_change_is_shown_whole_or_not_at_all(log: Publisher, ledger: RunningLedger) -> None:
    await log.change(update(NATION, 1, {"dead": figure(1)}, last=True))
    await log.change(update(COUNTY, 2, {"dead": figure(2, 2)}), update(NATION, 2, {"dead": figure(2)}))
    await log.record(report(1))  # proof that the consumer has gone on

    async def gone_on() -> bool:
        return (await ledger.client.get("/v1/records/r-00001")).status_code == 200

    await until(gone_on, "the record after the open change is stored")
    path = f"/v1/incidents/{INCIDENT}/situation"
    found = await ledger.get(path, status="Exercise", depth=-1)
    assert (found["figures"]["dead"]["total"], found["children"]) == (1, [])

    await log.change(update(PROVINCE, 2, {"dead": figure(2)}, last=True))

    async def whole() -> bool:
        return (await ledger.get(path, status="Exercise"))["version"] == EPOCH + 2

    await until(whole, "the change is applied")
    found = await ledger.get(path, status="Exercise", depth=-1)
    assert found["children"][0]["children"][0]["unit"] == COUNTY


async def test_the_watermark_is_the_least_progress_behind_its_updates(
    log: Publisher, ledger: RunningLedger
) -> None:
    await log.change(update(NATION, 1, {}, last=True))
    for partition in range(PARTITIONS - 1):
        await log.progress(
            Progress(partition=partition, folded_until=MORNING + timedelta(seconds=partition), version=EPOCH)
        )
    await until(lambda: _known(ledger, INCIDENT), "the incident is known")
    path = f"/v1/incidents/{INCIDENT}/situation"

    async def watermark() -> str | None:
        found: str | None = (await ledger.get(path, status="Exercise"))["watermark"]
        return found

    assert await watermark() is None  # one partition has not been heard of
    # The updates that this progress speaks of are still an open change: it must wait for its end.
    await log.change(update(COUNTY, 2, {"dead": figure(1, 1)}))
    await log.progress(Progress(partition=PARTITIONS - 1, folded_until=MORNING, version=EPOCH))
    await log.record(report(1))

    async def gone_on() -> bool:
        return (await ledger.client.get("/v1/records/r-00001")).status_code == 200

    await until(gone_on, "the consumer has gone on")
    assert await watermark() is None
    await log.change(update(NATION, 2, {"dead": figure(1)}, last=True))
    await until(watermark, "there is a watermark")
    assert await watermark() == "2026-08-20T01:00:00Z"


async def test_alarms_show_their_newest_state(log: Publisher, ledger: RunningLedger) -> None:
    sent = [
        ("a", 1, "raised"), ("b", 2, "raised"), ("a", 3, "cleared"), ("a", 1, "raised"),
        ("c", 4, "raised"), ("d\x00", 5, "raised"),
    ]  # fmt: skip
    for subject, number, state in sent:
        await log.send("situation.alarms", encoder.encode(sample_alarm(subject, number, state)))

    async def all_known() -> bool:
        return len(await ledger.pages("/v1/alarms", state="all", limit=1)) == 4

    await until(all_known, "all alarms are known")
    raised = await ledger.pages("/v1/alarms", incident=INCIDENT, status="Exercise", limit=2)
    assert [item["alarm"]["subject"] for item in raised] == ["d\x00", "c", "b"]
    cleared = await ledger.pages("/v1/alarms", state="cleared")
    assert [item["alarm"]["version"] for item in cleared] == [EPOCH + 3]
    assert await ledger.pages("/v1/alarms", status="Test") == []


async def test_alarms_by_kind(log: Publisher, ledger: RunningLedger) -> None:
    kinds: list[AlarmKind] = ["conflict", "missing_report", "over_capacity", "overdue", "conflict"]
    for number, kind in enumerate(kinds, start=1):
        await log.send("situation.alarms", encoder.encode(sample_alarm(f"s|{number}", number, kind=kind)))

    async def all_known() -> bool:
        return len(await ledger.pages("/v1/alarms")) == len(kinds)

    await until(all_known, "all alarms are known")

    async def subjects(**query: Any) -> list[str]:
        return [item["alarm"]["subject"] for item in await ledger.pages("/v1/alarms", **query)]

    assert await subjects(kind="conflict", limit=1) == ["s|5", "s|1"]
    assert await subjects(kind=["overdue", "over_capacity"]) == ["s|4", "s|3"]
    assert await subjects(kind="invariant_breach") == []
    assert (await ledger.client.get("/v1/alarms", params={"kind": "concealed"})).status_code == 422


async def test_poison_is_kept_with_its_origin_and_reading_goes_on(
    log: Publisher, ledger: RunningLedger
) -> None:
    """Whatever stands on a topic, the ledger neither stops nor loses it."""
    deep = b"[" * 5_000
    bad = [b"\xff\xfe", b"{}", b"oops\x00", deep, b'{"record_id": "x"}', b""]
    for value in bad:
        await log.send("incident.reports", value)
    await log.send("incident.reports", None)
    await log.send("situation.updates", b'{"status": "Exercise"}')
    await log.send("record.outcomes", encoder.encode(outcome("r", 1 << 70)))
    await log.record(report(1, received_at=None))
    # Legal, and beyond what PostgreSQL can hold in a text.
    odd = report(2)
    odd["source"] = odd["source"] | {"org": "a\u0000b"}
    await log.record(odd)
    await log.dead_letter(
        DeadLetter(
            topic="incident.reports", partition=0, offset=1, error="the worker's", value=b"{}", version=EPOCH
        )
    )

    async def stored() -> bool:
        return (await ledger.client.get("/v1/records/r-00002")).status_code == 200

    await until(stored, "the record behind the poison is stored")

    async def buried() -> bool:
        letters = await ledger.pages("/v1/dead-letters", limit=3)
        return len(letters) == 10 and any(letter["error"] == "the worker's" for letter in letters)

    await until(buried, "all poison is in dead letters, the worker's word first")
    letters = await ledger.pages("/v1/dead-letters", limit=4)
    places = {(letter["topic"], letter["offset"]) for letter in letters}
    assert places == {("incident.reports", number) for number in range(8)} | {
        ("situation.updates", 0),
        ("record.outcomes", 0),
    }
    assert not ledger.health.problems()


async def test_journal_filters_and_pages(
    log: Publisher, ledger: RunningLedger, place: tuple[str, str]
) -> None:
    entries = [
        report(
            number,
            incident_id=f"I-{number % 3}",
            status=("Actual", "Exercise", "Test")[number % 2],
            received_at=(MORNING + timedelta(seconds=number // 4)).isoformat(),
            rows=[{"unit": unit, "values": {"dead": 1}}] if unit else [],
        )
        | {"type": "zero_report" if number % 7 == 0 else "loss_report"}
        for number, unit in enumerate([COUNTY, TOWN, "511800101000", None, PROVINCE] * 12)
    ]
    await log.records(entries)
    await until(lambda: _count(place[1], "journal", len(entries)), "all entries are in the journal")

    async def ids(limit: int, **params: str) -> list[str]:
        items = await ledger.pages("/v1/journal", limit=limit, **params)
        return [item["record"]["record_id"] for item in items]

    full = await ids(500)
    assert sorted(full) == [entry["record_id"] for entry in entries]
    stamps = {entry["record_id"]: entry["received_at"] for entry in entries}
    assert [stamps[found] for found in full] == sorted(stamps.values(), reverse=True)
    assert await ids(500, order="oldest") == full[::-1]
    for limit in (1, 7, 60):
        assert await ids(limit) == full
        assert await ids(limit, order="oldest") == full[::-1]
        assert await ids(limit, incident="I-1") == [found for found in full if int(found[2:]) % 3 == 1]
        assert await ids(limit, type="zero_report") == [found for found in full if int(found[2:]) % 7 == 0]
        assert await ids(limit, status="Actual") == [found for found in full if int(found[2:]) % 2 == 0]
        # A county shows its townships; the nation everything.
        assert await ids(limit, unit=COUNTY) == [found for found in full if int(found[2:]) % 5 in (0, 1)]
        assert await ids(limit, unit=PROVINCE) == [found for found in full if int(found[2:]) % 5 != 3]
        assert await ids(limit, unit=NATION) == full
        since = (MORNING + timedelta(seconds=3)).isoformat()
        before = (MORNING + timedelta(seconds=9)).isoformat().replace("+00:00", "Z")
        assert await ids(limit, **{"from": since, "to": before}) == [
            found for found in full if 3 <= int(found[2:]) // 4 < 9
        ]
    # An offset typed as it is written, the plus sign not escaped.
    answer = await ledger.client.get("/v1/journal?from=2026-08-20T09:00:09%2B08:00&limit=500")
    plain = await ledger.client.get("/v1/journal?from=2026-08-20T09:00:09+08:00&limit=500")
    assert answer.content == plain.content


async def _count(dsn: str, table: str, wanted: int) -> bool:
    async with connected(dsn) as connection:
        return bool(await connection.fetchval(f"SELECT count(*) FROM ledger.{table}") == wanted)


async def _known(ledger: RunningLedger, incident_id: str) -> bool:
    answer = await ledger.client.get(f"/v1/incidents/{incident_id}/situation?status=Exercise")
    return answer.status_code == 200
