"""Snapshot + deltas at a client = a fresh snapshot = the newest row of every key, whatever happens in between."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from decimal import Decimal

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from fenghuo.client.feed_picture import FeedPicture
from schemas.feed import Error, Heartbeat, ServerFrame, Subscribe
from schemas.outputs import Alarm, Alternative, Figure, IncidentHead, Outcome, UnitUpdate
from services.gateway.config import Limits
from services.gateway.frames import FrameFactory
from services.gateway.protocol import FeedProtocol, Instant
from services.gateway.scope import Scope
from services.gateway.view import View

NATION = "000000000000"
UNITS = [
    NATION,
    "510000000000",
    "513200000000",
    "513221000000",
    "513221105000",
    "441900000000",
    "441900003000",
]
LEVELS_BELOW = {
    # unit: {scope unit: levels between}, written by hand from domain.md 6.1.
    NATION: {NATION: 0},
    "510000000000": {"510000000000": 0, NATION: 1},
    "513200000000": {"513200000000": 0, "510000000000": 1, NATION: 2},
    "513221000000": {"513221000000": 0, "513200000000": 1, "510000000000": 2, NATION: 3},
    "513221105000": {
        "513221105000": 0,
        "513221000000": 1,
        "513200000000": 2,
        "510000000000": 3,
        NATION: 4,
    },
    "441900000000": {"441900000000": 0, NATION: 2},
    "441900003000": {"441900003000": 0, "441900000000": 1, NATION: 3},
}
INCIDENTS = ["A", "B", "C"]
MOMENT = datetime(2019, 8, 20, 6, tzinfo=UTC)
ROUNDS = int(os.environ.get("FENGHUO_TEST_ROUNDS", "1"))
LIMITS = Limits(high_mark_bytes=2_000, outcomes_kept=8, bad_frames=1)
DECODER = msgspec.json.Decoder(ServerFrame)


def figure(total: int, own: int | None) -> Figure:
    return Figure(
        total=Decimal(total),
        own=None if own is None else Decimal(own),
        qualifier="exact",
        newest_as_of=MOMENT,
        oldest_as_of=MOMENT,
        status="unverified",
        parts=1,
    )


figures = st.dictionaries(
    st.sampled_from(["dead", "missing"]), st.builds(figure, st.integers(0, 2), st.none() | st.just(1))
)
CLUE = (
    Alternative(
        kind="clue",
        unit=NATION,
        value=Decimal(40),
        difference=None,
        org="媒体",
        class_="media",
        level="nation",
        as_of=MOMENT,
        record_id="r",
    ),
)
besides = st.dictionaries(st.sampled_from(["stranded_now", "rescued_cum"]), st.just(CLUE), max_size=1)
subscribes = st.builds(
    lambda incidents, unit, depth: Subscribe(
        id="s", incidents=incidents, unit=unit, depth=depth, status="Exercise", kinds=list(KINDS)
    ),
    st.just(["*"]) | st.lists(st.sampled_from([*INCIDENTS, "unknown"]), min_size=1, max_size=3),
    st.sampled_from(UNITS),
    st.integers(-1, 3),
)
KINDS = ("figures", "outcomes", "alarms")


class Client:
    """A connection with one subscription, and what its frames add up to."""

    def __init__(self, factory: FrameFactory, subscribe: Subscribe) -> None:
        self.subscribe = subscribe
        self.protocol = FeedProtocol(factory, LIMITS, Instant(0, MOMENT))
        self.picture = FeedPicture()
        self.protocol.receive(msgspec.json.encode(subscribe).decode())

    def poll(self, unread_bytes: int = 0) -> int:
        frames = self.protocol.frames(Instant(0, MOMENT), unread_bytes)
        for text in frames:
            frame = DECODER.decode(text)
            assert not isinstance(frame, Error | Heartbeat)
            self.picture.apply(frame)
        return len(frames)

    def told(self) -> dict[tuple[str, str], object]:
        return {key: (unit.figures, unit.beside, unit.head) for key, unit in self.picture.units.items()}


class FeedLaw(RuleBasedStateMachine):
    """Random changes, merges and polls; the model is the newest row of each key."""

    clients = Bundle("clients")

    @initialize()
    def start(self) -> None:
        self.view = View(LIMITS)
        self.factory = FrameFactory(self.view)
        self.rows: dict[tuple[str, str], UnitUpdate] = {}
        self.version = 0
        self.outcomes: dict[str, Outcome] = {}
        self.alarms: dict[str, Alarm] = {}
        self.merged: dict[str, str] = {}
        self.old: list[UnitUpdate] = []
        self.connected: list[Client] = []
        one = {"dead": figure(1, None)}
        for incident in INCIDENTS:
            self.publish(incident, {unit: (one, {}) for unit in UNITS})
        for incidents in (["*"], ["A"], ["A", "B"]):
            self.connect(
                Subscribe(id="s", incidents=incidents, depth=-1, status="Exercise", kinds=list(KINDS))
            )
        for client in self.connected:
            client.poll()

    def teardown(self) -> None:
        for client in getattr(self, "connected", []):
            self.compare(client)

    def _row(self, incident: str, unit: str, **fields: object) -> UnitUpdate:
        self.version += 1
        head = IncidentHead(name=incident) if unit == NATION and "merged_into" not in fields else None
        row = UnitUpdate(
            **{  # type: ignore[arg-type]
                "status": "Exercise",
                "incident_id": incident,
                "unit": unit,
                "version": self.version,
                "head": head,
                "figures": {},
            }
            | fields
        )
        self.rows[incident, unit] = row
        self.old.append(row)
        return row

    @rule(
        incident=st.sampled_from(INCIDENTS),
        stated=st.dictionaries(st.sampled_from(UNITS), st.tuples(figures, besides), min_size=1, max_size=4),
    )
    def publish(self, incident: str, stated: dict[str, tuple[dict, dict]]) -> None:
        merged = incident in self.merged
        self.view.apply(
            [
                self._row(incident, unit, figures=figures, beside=beside)
                for unit, (figures, beside) in stated.items()
                if not (merged and unit == NATION)
            ]
        )

    @rule(source=st.sampled_from(INCIDENTS), into=st.sampled_from(INCIDENTS), empties=st.booleans())
    def merge(self, source: str, into: str, empties: bool) -> None:
        if source in self.merged or into in self.merged or source == into:
            return
        self.merged[source] = into
        rows = [self._row(source, NATION, merged_into=into)]
        if empties:
            rows += [
                self._row(source, unit) for key, unit in list(self.rows) if key == source and unit != NATION
            ]
        self.view.apply(rows)

    @rule(source=st.sampled_from(INCIDENTS), stated=figures)
    def undo_merge(self, source: str, stated: dict[str, Figure]) -> None:
        if self.merged.pop(source, None):
            self.view.apply([self._row(source, NATION, figures=stated)])

    @rule(
        source=st.sampled_from(INCIDENTS), into=st.sampled_from(INCIDENTS), stated=figures, told=st.booleans()
    )
    def merge_and_undo(self, source: str, into: str, stated: dict[str, Figure], told: bool) -> None:
        self.publish(source, {unit: ({"dead": figure(2, None)}, {"stranded_now": CLUE}) for unit in UNITS})
        self.merge(source, into, empties=False)
        for client in self.connected if told else ():
            self.compare(client)
        self.undo_merge(source, stated)

    @rule(data=st.data())
    def repeat_old_row(self, data: st.DataObject) -> None:
        if self.old:
            self.view.apply([data.draw(st.sampled_from(self.old))])

    @rule(incident=st.sampled_from(INCIDENTS), again=st.booleans())
    def rebuild_publishes_the_same(self, incident: str, again: bool) -> None:
        for (of, unit), row in list(self.rows.items()):
            if of == incident:
                self.version += 1
                self.rows[of, unit] = msgspec.structs.replace(row, version=self.version)
                assert not self.view.apply([self.rows[of, unit]])

    @rule(record=st.sampled_from("abcdefghijkl"), standing=st.sampled_from(["effective", "superseded"]))
    def judge(self, record: str, standing: str) -> None:
        self.version += 1
        outcome = Outcome(
            record_id=record,
            status="Exercise",
            incident_id="A" if record < "g" else "B",
            type="clue",
            disposition="accepted",
            flags=(),
            standing=standing,  # type: ignore[arg-type]
            version=self.version,
        )
        self.view.apply_outcome(outcome)

    @rule(unit=st.sampled_from(UNITS), state=st.sampled_from(["raised", "cleared"]))
    def alarm(self, unit: str, state: str) -> None:
        self.version += 1
        alarm = Alarm(
            status="Exercise",
            incident_id="A",
            kind="shelter_below_zero",
            subject=unit,
            state=state,  # type: ignore[arg-type]
            unit=unit,
            version=self.version,
        )
        self.view.apply_alarm(alarm)
        self.alarms[unit] = alarm

    @rule(target=clients, subscribe=subscribes)
    def connect(self, subscribe: Subscribe) -> Client:
        client = Client(self.factory, subscribe)
        self.connected.append(client)
        return client

    @rule(index=st.integers(0, 9))
    def compare_any(self, index: int) -> None:
        self.compare(self.connected[index % len(self.connected)])

    @rule(client=clients, unread=st.sampled_from([0, 1_999, 2_001]))
    def poll(self, client: Client, unread: int) -> None:
        assert client.poll(unread) == 0 or unread <= LIMITS.high_mark_bytes

    @rule(client=clients)
    def compare(self, client: Client) -> None:
        client.poll()
        fresh = Client(self.factory, client.subscribe)
        fresh.poll()
        assert client.picture.units == fresh.picture.units
        assert client.told() == self._expected(client.subscribe)
        self._compare_lists(client, fresh)
        assert client.poll() == 0, "told once, told for good"

    def _compare_lists(self, client: Client, fresh: Client) -> None:
        known = {record: outcome.standing for record, outcome in client.picture.outcomes.items()}
        wanted = {record: outcome.standing for record, outcome in fresh.picture.outcomes.items()}
        assert {record: known.get(record) for record in wanted} == wanted
        told = {alarm.unit for alarm in client.picture.alarms.values()}
        below = {
            unit
            for unit, alarm in self.alarms.items()
            if alarm.state == "raised"
            and client.subscribe.unit in LEVELS_BELOW[unit]
            and (client.subscribe.incidents == ["*"] or "A" in self._members(client.subscribe))
        }
        assert below <= told, "a raised alarm of the scope is missing"
        assert {alarm.unit for alarm in fresh.picture.alarms.values()} == below

    def _canonical(self, incident: str) -> str:
        while incident in self.merged:
            incident = self.merged[incident]
        return incident

    def _members(self, subscribe: Subscribe) -> set[str]:
        wanted = INCIDENTS if "*" in subscribe.incidents else subscribe.incidents
        return {self._canonical(incident) for incident in wanted}

    def _expected(self, subscribe: Subscribe) -> dict[tuple[str, str], object]:
        members = self._members(subscribe)
        return {
            (incident, unit): (row.figures, row.beside, row.head)
            for (incident, unit), row in self.rows.items()
            if incident in members
            and incident not in self.merged
            and (row.figures or row.beside or row.head)
            and subscribe.unit in LEVELS_BELOW[unit]
            and (subscribe.depth == -1 or LEVELS_BELOW[unit][subscribe.unit] <= subscribe.depth)
        }

    @invariant()
    def numbers_grow(self) -> None:
        if hasattr(self, "view"):
            assert self.view.number <= self.version


TestFeedLaw = FeedLaw.TestCase
TestFeedLaw.settings = settings(
    max_examples=60 * ROUNDS, stateful_step_count=25, derandomize=ROUNDS == 1, deadline=None
)


def test_depth_counts_levels_by_code_prefix() -> None:
    for unit, above in LEVELS_BELOW.items():
        for root in UNITS:
            for depth in range(-1, 6):
                covered = Scope("Actual", None, root, depth).covers(unit)
                levels = above.get(root)
                assert covered == (levels is not None and (depth == -1 or levels <= depth)), (
                    unit,
                    root,
                    depth,
                )


def test_an_incident_that_is_no_more_leaves_a_client_as_it_left_the_picture() -> None:
    """Its only record turned out to be another incident's: an earlier stamp, another content (records.md 2)."""
    view = View(Limits())
    factory = FrameFactory(view)
    row = UnitUpdate(
        status="Exercise", incident_id="A", unit=NATION, figures={}, head=IncidentHead(), version=1
    )
    gone = msgspec.structs.replace(row, head=None, version=3)
    view.apply([row, msgspec.structs.replace(row, incident_id="B", version=2)])
    clients = [
        Client(factory, Subscribe(id="s", incidents=incidents, status="Exercise"))
        for incidents in (["*"], ["A", "B"], ["B"])
    ]
    for client in clients:
        client.poll()
    view.apply([gone])
    for client in clients:
        client.poll()
        assert set(client.picture.units) == {("B", NATION)}
        assert client.poll() == 0
    view.apply([msgspec.structs.replace(row, version=4)])
    clients[0].poll()
    assert set(clients[0].picture.units) == {("A", NATION), ("B", NATION)}


def test_a_merge_is_one_change_for_a_client() -> None:
    view = View(Limits())
    factory = FrameFactory(view)
    row = UnitUpdate(
        status="Actual", incident_id="A", unit=NATION, figures={}, head=IncidentHead(), version=1
    )
    view.apply([row, msgspec.structs.replace(row, incident_id="B", version=2)])
    client = FeedProtocol(factory, Limits(), Instant(0, MOMENT))
    client.receive('{"type": "subscribe", "id": "x", "incidents": ["A"]}')
    client.frames(Instant(0, MOMENT), 0)
    view.apply([msgspec.structs.replace(row, merged_into="B", head=None, version=3)])
    (text,) = client.frames(Instant(0, MOMENT), 0)
    delta = DECODER.decode(text)
    assert [(unit.incident_id, unit.merged_into) for unit in delta.units] == [("A", "B"), ("B", None)]
    assert delta.seq == 2
