"""The gateway process on a real Kafka: what is published is what a subscriber shows, through kills and poison."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from websockets.asyncio.client import connect

from fenghuo.client.feed import FeedClient
from schemas.feed import SUBPROTOCOL, Heartbeat, ServerFrame, Subscribe
from schemas.outputs import Alarm, Figure, Outcome, UnitUpdate, encoder, update_key
from schemas.topics import RECORD_OUTCOMES, SITUATION_PROGRESS, SITUATION_UPDATES
from services.gateway.config import Limits
from tests.integration.gateway_system import (
    COUNTY,
    MORNING,
    NATION,
    PROVINCE,
    Gateway,
    Outputs,
    figure,
    outputs,
    subscribed,
    until,
)
from tests.integration.intake_system import PARTITIONS, Broker, running

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]
DECODER = msgspec.json.Decoder(ServerFrame)


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    kafka = Broker(tmp_path_factory.mktemp("gateway-kafka"))
    with running(kafka):
        kafka.create_topics()
        yield kafka


@pytest.fixture(scope="module")
def gateway(broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """Shared by the tests that leave it as it is."""
    process = Gateway(tmp_path_factory.mktemp("gateway"), broker.bootstrap)
    with running(process):
        process.wait_ready()
        yield process


@pytest.fixture
def own_gateway(broker: Broker, tmp_path: Path) -> Iterator[Gateway]:
    process = Gateway(tmp_path, broker.bootstrap)
    with running(process):
        process.wait_ready()
        yield process


@pytest.fixture
async def worker(broker: Broker) -> AsyncIterator[Outputs]:
    async with outputs(broker.bootstrap, PARTITIONS) as writer:
        yield writer


def everything(incident: str = "*") -> Subscribe:
    return Subscribe(
        id="all", incidents=[incident], depth=-1, status="Exercise", kinds=["figures", "outcomes", "alarms"]
    )


def told(client: FeedClient, incident: str) -> dict[str, dict[str, int]]:
    """unit → key → total of one incident, as the client knows it."""
    return {
        unit: {key: int(figure.total) for key, figure in picture.figures.items()}
        for (of, unit), picture in client.pictures["all"].units.items()
        if of == incident
    }


async def test_snapshot_then_deltas(gateway: Gateway, worker: Outputs) -> None:
    await worker.change(
        "first", {NATION: {"dead": figure(1), "missing": figure(9)}, COUNTY: {"dead": figure(1, 1)}}
    )
    async with subscribed(gateway.url, everything("first")) as client:
        await until(lambda: told(client, "first"), "the snapshot has come")
        assert told(client, "first") == {NATION: {"dead": 1, "missing": 9}, COUNTY: {"dead": 1}}
        await worker.change("first", {NATION: {"dead": figure(4)}, PROVINCE: {"dead": figure(4)}, COUNTY: {}})
        await until(
            lambda: told(client, "first") == {NATION: {"dead": 4}, PROVINCE: {"dead": 4}},
            "the change has come",
        )
        assert client.pictures["all"].units["first", NATION].head is not None


async def test_rows_of_one_change_are_seen_together(gateway: Gateway, worker: Outputs) -> None:
    await worker.change("whole", {NATION: {"dead": figure(0)}, COUNTY: {"dead": figure(0, 0)}})
    seen: set[tuple[int, int]] = set()
    async with subscribed(gateway.url, everything("whole")) as client:

        def look() -> None:
            units = told(client, "whole")
            if units:
                seen.add((units[NATION]["dead"], units[COUNTY]["dead"]))

        client.on_change = look
        await until(lambda: told(client, "whole"), "the snapshot has come")
        for number in range(1, 200):
            await worker.change(
                "whole", {NATION: {"dead": figure(number)}, COUNTY: {"dead": figure(number, number)}}
            )
        await until(lambda: (199, 199) in seen, "the last change has come")
    assert all(nation == county for nation, county in seen)


async def test_killed_gateway_rebuilds_its_view(
    own_gateway: Gateway, broker: Broker, worker: Outputs
) -> None:
    await worker.change("killed", {NATION: {"dead": figure(1)}})
    async with subscribed(own_gateway.url, everything("killed")) as client:
        await until(lambda: told(client, "killed"), "the snapshot has come")
        own_gateway.stop(signal.SIGKILL)
        await until(lambda: client.state != "live", "the client has noticed")
        assert told(client, "killed") == {NATION: {"dead": 1}}, "the last picture stays, with its age"
        await worker.change("killed", {NATION: {"dead": figure(2)}, COUNTY: {"dead": figure(2, 2)}})
        own_gateway.start()
        await until(
            lambda: told(client, "killed") == {NATION: {"dead": 2}, COUNTY: {"dead": 2}}, "the picture is new"
        )
        assert client.connections == 2


async def test_outcomes_and_alarms(gateway: Gateway, worker: Outputs) -> None:
    def outcome(record: str, standing: str) -> Outcome:
        return Outcome(
            record_id=record,
            status="Exercise",
            incident_id="judged",
            type="loss_report",
            disposition="accepted",
            flags=("overdue",),
            standing=standing,  # type: ignore[arg-type]
        )

    alarm = Alarm(
        status="Exercise",
        incident_id="judged",
        kind="shelter_below_zero",
        subject=f"{COUNTY}/school",
        state="raised",
        unit=COUNTY,
    )
    await worker.outcome(outcome("r-1", "effective"))
    await worker.outcome(outcome("r-2", "effective"))
    await worker.alarm(alarm, b"alarm")
    async with subscribed(gateway.url, everything("judged")) as client:
        picture = lambda: client.pictures["all"]  # noqa: E731
        await until(lambda: len(picture().outcomes) == 2 and picture().alarms, "what was before has come")
        await worker.outcome(outcome("r-1", "superseded"))
        await worker.alarm(msgspec.structs.replace(alarm, state="cleared"), b"alarm")
        await until(lambda: not picture().alarms, "the alarm is cleared")
        await until(lambda: picture().outcomes["r-1"].standing == "superseded", "the standing has come")
        assert list(picture().outcomes) == ["r-2", "r-1"]


async def test_poison_is_passed_over(gateway: Gateway, worker: Outputs) -> None:
    before = gateway.metric(
        "fenghuo_gateway_skipped_messages_total", topic=SITUATION_UPDATES.name, reason="undecodable"
    )
    for topic in (SITUATION_UPDATES.name, RECORD_OUTCOMES.name, SITUATION_PROGRESS.name):
        for value in (None, b"", b"\xff\xfe", b"{}", b"[" * 100_000, b'{"status": "Nowhere"}'):
            await worker.raw(topic, b"poison", value)
    await worker.change("poisoned", {NATION: {"dead": figure(5)}})
    async with subscribed(gateway.url, everything("poisoned")) as client:
        await until(lambda: told(client, "poisoned") == {NATION: {"dead": 5}}, "the feed goes on")
    after = gateway.metric(
        "fenghuo_gateway_skipped_messages_total", topic=SITUATION_UPDATES.name, reason="undecodable"
    )
    assert after - before == 5


async def test_stale_versions_change_nothing(gateway: Gateway, worker: Outputs) -> None:
    await worker.change("stale", {NATION: {"dead": figure(7)}})
    old = UnitUpdate(
        status="Exercise", incident_id="stale", unit=NATION, figures={"dead": figure(1)}, last=True, version=3
    )
    await worker.raw(SITUATION_UPDATES.name, update_key("Exercise", "stale", NATION), encoder.encode(old))
    await worker.change("stale-done", {NATION: {"dead": figure(1)}})
    async with subscribed(gateway.url, everything()) as client:
        await until(lambda: told(client, "stale-done"), "all is read")
        assert told(client, "stale") == {NATION: {"dead": 7}}


async def test_watermark_is_the_least_progress(gateway: Gateway, worker: Outputs) -> None:
    async with subscribed(gateway.url, everything("none")) as client:
        await worker.progress(MORNING)
        await until(lambda: client.watermark == MORNING, "every partition spoke")
        await worker.progress(MORNING + timedelta(hours=2), partitions=list(range(PARTITIONS - 1)))
        await worker.progress(MORNING + timedelta(hours=1), partitions=[PARTITIONS - 1])
        await until(lambda: client.watermark == MORNING + timedelta(hours=1), "the slowest partition counts")


async def test_watermark_never_overtakes_the_figures(gateway: Gateway, worker: Outputs) -> None:
    """A heartbeat with watermark n comes after the figures that were published before progress n."""
    await worker.change("paced", {NATION: {"dead": figure(0)}})
    beats: list[tuple[float, int]] = []
    start = MORNING + timedelta(days=1)
    async with subscribed(gateway.url, everything("paced")) as client:

        def look() -> None:
            if client.watermark and client.watermark >= start:
                shown = told(client, "paced")[NATION]["dead"]
                beats.append(((client.watermark - start).total_seconds(), shown))

        client.on_change = look
        await until(lambda: told(client, "paced"), "the snapshot has come")
        for number in range(1, 60):
            await worker.change("paced", {NATION: {"dead": figure(number)}})
            await worker.progress(start + timedelta(seconds=number))
        await until(lambda: beats and beats[-1][0] == 59, "the last watermark has come")
    assert all(shown >= seconds for seconds, shown in beats), beats


async def test_slow_client_costs_bounded_memory(gateway: Gateway, worker: Outputs) -> None:
    """A client that never reads while 10,000 updates pass: the others get all, its buffer stays under the bound."""
    units = [f"5132{number:02}000000" for number in range(20, 60)]
    keys = ("dead", "missing", "injured", "pop_affected", "evac_precaution")
    await worker.change("slow", {unit: dict.fromkeys(keys, figure(0)) for unit in units})
    silent = _silent_client(gateway.port, everything("slow"))
    with silent:
        async with subscribed(gateway.url, everything("slow")) as client:
            await until(lambda: told(client, "slow"), "the snapshot has come")
            figures: dict[str, dict[str, Figure]] = {}
            for number in range(1, 251):
                figures = {unit: dict.fromkeys(keys, figure(number)) for unit in units}
                await worker.change("slow", figures)
            await until(lambda: told(client, "slow")[units[-1]]["dead"] == 250, "the reader has it all")
            assert gateway.metric("fenghuo_gateway_held_back_clients") == 1
        peak = gateway.metric("fenghuo_gateway_peak_write_buffer_bytes")
        largest_frame = len(encoder.encode(figures)) * 2
        assert 0 < peak <= Limits().high_mark_bytes + largest_frame


def _silent_client(port: int, subscribe: Subscribe) -> socket.socket:
    """A raw socket that shakes hands, subscribes, and never reads again."""
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.connect(("127.0.0.1", port))
    raw.sendall(
        f"GET /v1/feed HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Protocol: {SUBPROTOCOL}\r\n\r\n".encode()
    )
    assert b" 101 " in raw.recv(1024)
    payload = msgspec.json.encode(subscribe)
    mask = b"\0\0\0\0"
    assert 126 <= len(payload) < 65536
    raw.sendall(b"\x81\xfe" + len(payload).to_bytes(2, "big") + mask + payload)
    return raw


async def test_two_hundred_clients(gateway: Gateway, worker: Outputs) -> None:
    await worker.change("crowd", {NATION: {"dead": figure(0)}, COUNTY: {"dead": figure(0, 0)}})
    clients = [FeedClient(gateway.url, [everything("crowd")]) for _ in range(200)]
    tasks = [asyncio.create_task(client.run()) for client in clients]
    try:
        await until(lambda: all(told(client, "crowd") for client in clients), "all have the snapshot")
        for number in range(1, 51):
            await worker.change(
                "crowd", {NATION: {"dead": figure(number)}, COUNTY: {"dead": figure(number, number)}}
            )
        expected = {NATION: {"dead": 50}, COUNTY: {"dead": 50}}
        await until(
            lambda: all(told(client, "crowd") == expected for client in clients), "all are up to date"
        )
        assert all(client.connections == 1 for client in clients)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_orderly_stop_says_going_away(own_gateway: Gateway) -> None:
    async with connect(own_gateway.url, subprotocols=[SUBPROTOCOL]) as connection:
        assert isinstance(DECODER.decode(await connection.recv()), Heartbeat)
        own_gateway.send(signal.SIGTERM)
        await asyncio.wait_for(connection.wait_closed(), 10)
        assert connection.close_code == 1001
    assert own_gateway.wait() == 0


async def test_broker_killed_and_back(
    gateway: Gateway, broker: Broker, worker: Outputs, tmp_path: Path
) -> None:
    """The last picture stays while Kafka is away; a gateway started meanwhile waits for it."""
    await worker.change("outage", {NATION: {"dead": figure(1)}})
    late_folder = tmp_path / "late"
    late_folder.mkdir()
    late = Gateway(late_folder, broker.bootstrap)
    async with subscribed(gateway.url, everything("outage")) as client:
        await until(lambda: told(client, "outage"), "the snapshot has come")
        broker.stop(signal.SIGKILL)
        with running(late):
            await until(lambda: "kafka not ready" in late.text(), "the late gateway waits for Kafka")
            late.assert_alive()
            assert client.state == "live"
            broker.start()
            await worker.change("outage", {NATION: {"dead": figure(2)}})
            await until(lambda: told(client, "outage") == {NATION: {"dead": 2}}, "the change has come", 90)
            await asyncio.to_thread(late.wait_ready)
            async with subscribed(late.url, everything("outage")) as other:
                await until(lambda: told(other, "outage") == {NATION: {"dead": 2}}, "the late one has it too")
    assert client.connections == 1
