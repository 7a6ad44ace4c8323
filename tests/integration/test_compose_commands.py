"""The services apart, started by the commands of docker-compose.yml, behind the real edge: one origin, one system."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin, Subprotocol

from fenghuo.client.feed import FeedClient
from schemas.feed import SUBPROTOCOL, Subscribe
from tests.integration.compose_system import BEHIND, NO_KAFKA, ComposedSystem
from tests.system import kafka_broker, postgres_server, server_folder, wait_until

pytestmark = pytest.mark.integration

ELSEWHERE = "http://elsewhere.example"
COUNTY = "371323000000"
NATION = "000000000000"
FOUND_SECONDS = 2.0
JUDGED_SECONDS = 10.0
START_SECONDS = 30.0
MEBIBYTE = 1 << 20


@pytest.fixture(scope="module")
def composed() -> Iterator[ComposedSystem]:
    """Running and healthy by its own health checks; at the end every process must have stopped in order."""
    with server_folder() as place, kafka_broker(place) as kafka, postgres_server(place) as dsn:
        system = ComposedSystem(place, kafka, dsn)
        system.setup()
        try:
            for name in BEHIND:
                system.start(name)
            system.wait_healthy(*BEHIND)
            system.start("edge")
            system.wait_healthy("edge")
            yield system
        finally:
            codes = system.stop_all()
        assert codes == dict.fromkeys((*BEHIND, "edge"), 0)


@pytest.fixture
def web(composed: ComposedSystem) -> Iterator[httpx.Client]:
    """A browser's place: the edge."""
    with httpx.Client(base_url=composed.http, timeout=10, trust_env=False) as client:
        yield client


def report(record_id: str, dead: int, incident: str = "EQ-APART") -> dict[str, Any]:
    now = datetime.now(UTC).isoformat()
    return {
        "record_id": record_id,
        "type": "loss_report",
        "incident_id": incident,
        "source": {"org": "沂水县应急管理局", "class": "official_stat", "level": "county"},
        "as_of": now,
        "sent_at": now,
        "rows": [{"unit": COUNTY, "values": {"dead": dead}}],
    }


def outcome(web: httpx.Client, record_id: str) -> dict[str, Any] | None:
    answer = web.get(f"/v1/records/{record_id}")
    assert answer.status_code in (200, 404), answer.text
    return answer.json()["outcome"] if answer.status_code == 200 else None


def post(web: httpx.Client, record: dict[str, Any]) -> str:
    answer = web.post("/v1/records", json=record)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["results"][0]["result"])


async def test_a_record_posted_at_the_edge_is_judged_and_pushed(
    composed: ComposedSystem, web: httpx.Client
) -> None:
    feed = FeedClient(composed.http.replace("http", "ws"), [Subscribe(id="nation", incidents=["EQ-APART"])])

    def dead() -> Decimal | None:
        unit = feed.pictures["nation"].units.get(("EQ-APART", NATION))
        return unit.figures["dead"].total if unit and unit.figures else None

    running = asyncio.create_task(feed.run())
    try:
        async with asyncio.timeout(JUDGED_SECONDS):
            await told(feed, lambda: feed.state == "live")
            assert await asyncio.to_thread(post, web, report("apart-1", 3)) == "stored"
            await told(feed, lambda: dead() is not None)
        assert dead() == 3
    finally:
        running.cancel()
        await asyncio.wait([running])


async def told(feed: FeedClient, what: Callable[[], bool]) -> None:
    """Wait for a frame after which `what` is true."""
    heard = asyncio.Event()
    feed.on_change = heard.set
    while not what():
        await heard.wait()
        heard.clear()


def test_the_ledger_knows_what_was_judged(web: httpx.Client) -> None:
    assert post(web, report("apart-2", 4, "EQ-LEDGER")) == "stored"
    wait_until(lambda: outcome(web, "apart-2"), JUDGED_SECONDS, "the ledger has the outcome")
    assert (outcome(web, "apart-2") or {})["disposition"] == "accepted"
    situation = web.get("/v1/incidents/EQ-LEDGER/situation").json()
    assert situation["figures"]["dead"]["total"] == 4


def test_one_origin_has_all_that_a_browser_asks_for(web: httpx.Client) -> None:
    page = web.get("/")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert web.get("/console-settings.json").json() == {"feed_port": None}
    assert len(web.get("/reference/indicators.json").json()) > 50
    assert web.get("/openapi.json").json()["paths"].keys() > {"/v1/records", "/v1/incidents"}
    assert web.get("/v1/incidents").status_code == 200


def test_the_edge_changes_no_answer_of_a_service(web: httpx.Client) -> None:
    wrong_method = web.get("/v1/records")
    assert (wrong_method.status_code, wrong_method.headers["allow"]) == (405, "POST")
    assert wrong_method.headers["content-type"] == "application/problem+json"
    refused = web.post("/v1/records", json=report("apart-wrong", 1) | {"type": "nonsense"})
    assert (refused.status_code, refused.json()["record_id"]) == (422, "apart-wrong")
    too_large = web.post(
        "/v1/records", content=b" " * (9 * MEBIBYTE), headers={"content-type": "application/json"}
    )
    assert (too_large.status_code, too_large.headers["content-type"]) == (413, "application/problem+json")


def test_what_is_between_the_services_is_not_at_the_edge(composed: ComposedSystem, web: httpx.Client) -> None:
    post(web, report("apart-inside", 4))
    inside = f"http://{composed.address('intake', 8080)}/internal/pending/apart-inside"
    assert httpx.get(inside, trust_env=False).json()["record_id"] == "apart-inside"
    assert web.get("/internal/pending/apart-inside").status_code == 404


def test_a_page_from_elsewhere_can_neither_read_nor_post(composed: ComposedSystem, web: httpx.Client) -> None:
    foreign = {"origin": ELSEWHERE}
    for answer in (
        web.get("/v1/incidents", headers=foreign),
        web.post("/v1/records", json=report("apart-foreign", 5), headers=foreign),
    ):
        assert (answer.status_code, answer.json()["type"]) == (403, "urn:fenghuo:problem:foreign-origin")
    assert web.get("/v1/incidents", headers={"origin": composed.http}).status_code == 200


async def test_a_page_from_elsewhere_gets_no_socket(composed: ComposedSystem) -> None:
    feed = composed.http.replace("http", "ws") + "/v1/feed"
    protocols = [Subprotocol(SUBPROTOCOL)]
    with pytest.raises(InvalidStatus, match="403"):
        await connect(feed, origin=Origin(ELSEWHERE), subprotocols=protocols, proxy=None)
    async with connect(feed, origin=Origin(composed.http), subprotocols=protocols, proxy=None) as socket:
        assert socket.subprotocol == SUBPROTOCOL


def test_an_intake_started_again_remembers_from_the_journal_and_its_spool_is_seen_by_the_ledger(
    composed: ComposedSystem, web: httpx.Client
) -> None:
    before = report("apart-before", 6)
    assert post(web, before) == "stored"
    wait_until(lambda: outcome(web, "apart-before"), JUDGED_SECONDS, "the journal has it")
    assert composed.stop("intake") == 0
    composed.start("intake", kafka=NO_KAFKA)
    wait_until(lambda: web.get("/v1/records").status_code == 405, START_SECONDS, "intake listens")
    assert not composed.is_healthy("intake"), "its readiness says that Kafka is away"
    assert post(web, before) == "already_stored"

    spooled = report("apart-spooled", 7)
    assert post(web, spooled) == "stored"
    acknowledged = time.monotonic()
    found = web.get("/v1/records/apart-spooled")
    assert (found.status_code, found.json()["outcome"]) == (200, None)
    assert time.monotonic() - acknowledged < FOUND_SECONDS
    assert web.get("/v1/records/apart-nowhere").status_code == 404

    # The next process finds the record in the spool and Kafka where it should be.
    assert composed.stop("intake") == 0
    composed.start("intake")
    composed.wait_healthy("intake")
    wait_until(lambda: outcome(web, "apart-spooled"), JUDGED_SECONDS, "the spooled record is judged")
    assert post(web, spooled) == "already_stored"


def test_while_the_ledger_is_away_the_edge_says_so_and_records_are_taken(
    composed: ComposedSystem, web: httpx.Client
) -> None:
    assert composed.stop("ledger") == 0
    answer = web.get("/v1/incidents")
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
    assert answer.json()["type"] == "urn:fenghuo:problem:unavailable"
    assert int(answer.headers["retry-after"]) > 0
    assert post(web, report("apart-meanwhile", 8)) == "stored"
    composed.start("ledger")
    composed.wait_healthy("ledger")
    wait_until(lambda: outcome(web, "apart-meanwhile"), JUDGED_SECONDS, "the ledger has caught up")
