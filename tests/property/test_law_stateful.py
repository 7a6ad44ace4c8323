"""The law as one property: whatever arrives, in whatever order, and whoever dies meanwhile (records.md 1).

incremental fold = fold in one batch = the naive model = what each client has after any snapshot and all later deltas.
`FENGHUO_TEST_ROUNDS=n` runs n times as many examples, and other ones each time.
"""

from __future__ import annotations

from random import Random
from typing import Any

import msgspec
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from schemas.feed import Subscribe
from schemas.outputs import Alarm, Outcome, UnitUpdate
from tests.property.both_folds import by_the_model, differences, losing_offsets
from tests.property.generators import vocabulary as words
from tests.property.generators.maker import Maker
from tests.property.generators.sets import WEIGHTS, redelivery
from tests.property.generators.vocabulary import Json
from tests.property.installation import NATION, Client, Installation, at_once, row_key
from tests.property.test_law import ROUNDS

MOST_RECORDS = 150
GENERATORS = {make.__name__: make for make in WEIGHTS}
names_of_one = st.sampled_from([make.__name__ for make, weight in WEIGHTS.items() for _ in range(weight)])
seeds = st.integers(0, 2**32 - 1)
scopes = st.builds(
    Subscribe,
    id=st.just("s"),
    incidents=st.just(["*"])
    | st.lists(st.integers(0, 4).map(lambda n: f"010400-371323-20240709-{n:02d}"), min_size=1, max_size=3),
    unit=st.just(NATION)
    | st.sampled_from((*words.TOWNSHIPS, *words.COUNTIES, *words.ABOVE_COUNTIES, "371371000000")),
    depth=st.integers(-1, 4),
    status=st.sampled_from(("Exercise", "Exercise", "Exercise", "Test")),
    kinds=st.just(["figures", "outcomes", "alarms"]),
)


class Law(RuleBasedStateMachine):
    """`held_back` = records that exist and are on their way: others may name them already."""

    @initialize(seed=seeds, scope=scopes, other=scopes)
    def begin(self, seed: int, scope: Subscribe, other: Subscribe) -> None:
        self.maker = Maker(Random(seed), MOST_RECORDS)
        self.held_back: list[Json] = []
        self.system = Installation()
        self.clients: list[Client] = []
        self.connect(scope)
        self.connect(other)

    @rule(name=names_of_one, seed=seeds)
    def deliver_one(self, name: str, seed: int) -> None:
        if made := self._make(name, seed):
            self.system.deliver([made])

    @rule(names=st.lists(names_of_one, min_size=1, max_size=12), seed=seeds)
    def deliver_a_batch(self, names: list[str], seed: int) -> None:
        made = [self._make(name, seed + number) for number, name in enumerate(names)]
        self.system.deliver([record for record in made if record])

    @rule(names=st.lists(names_of_one, min_size=1, max_size=6), seed=seeds)
    def hold_back(self, names: list[str], seed: int) -> None:
        made = [self._make(name, seed + number) for number, name in enumerate(names)]
        self.held_back += [record for record in made if record]

    @precondition(lambda self: self.held_back)
    @rule(seed=seeds, most=st.integers(1, 6))
    def deliver_what_was_held_back(self, seed: int, most: int) -> None:
        rng = Random(seed)
        rng.shuffle(self.held_back)
        self.system.deliver(self.held_back[:most])
        del self.held_back[:most]

    @precondition(lambda self: self.system.log)
    @rule(seed=seeds, count=st.integers(1, 10))
    def deliver_again(self, seed: int, count: int) -> None:
        """A repeat changes nothing, whether posted again or read again."""
        log = self.system.log
        offsets = Random(seed).choices(range(len(log)), k=count)
        assert self.system.read_again(offsets) == []
        again = [log[offset] for offset in offsets if offset not in self.system.losers]
        assert self.system.deliver(again) == []

    @precondition(lambda self: self.system.log)
    @rule(seed=seeds, count=st.integers(1, 3))
    def deliver_an_id_otherwise(self, seed: int, count: int) -> None:
        """An earlier or later stamp, another content, another incident, another status."""
        rng, log = Random(seed), self.system.log
        self.system.deliver([redelivery(rng, rng.choice(log), log) for _ in range(count)])

    @precondition(lambda self: self.system.log)
    @rule(seed=seeds)
    def deliver_with_an_earlier_stamp(self, seed: int) -> None:
        rng, log = Random(seed), self.system.log
        self.system.deliver([rng.choice(log) | {"received_at": words.START.isoformat()}])

    @rule(seed=seeds, in_order=st.booleans())
    def crash(self, seed: int, in_order: bool) -> None:
        order = list(range(len(self.system.log)))
        if not in_order:
            Random(seed).shuffle(order)
        self.system.rebuild(order)

    @rule(names=st.lists(names_of_one, max_size=6), seed=seeds, told=st.integers(-1, 3))
    def crash_while_delivering(self, names: list[str], seed: int, told: int) -> None:
        """`told` = how many changes were published before the owner died; −1: it had not even folded the batch."""
        made = [self._make(name, seed + number) for number, name in enumerate(names)]
        batch = [record for record in made if record]
        if told < 0:
            self.system.append_and_crash(batch)
        else:
            self.system.deliver_and_crash(batch, told)

    @rule(scope=scopes)
    def connect(self, scope: Subscribe) -> None:
        """A client takes its snapshot now; from here on it is told changes only."""
        if len(self.clients) < 6:
            self.clients.append(Client(self.system.factory, scope))
            self.clients[-1].poll()

    @rule(which=st.integers(0, 5), unread=st.sampled_from((0, 0, 50_001)))
    def read_on(self, which: int, unread: int) -> None:
        """A client that has not read what it was sent is told nothing, and more at once later."""
        told = self.clients[which % len(self.clients)].poll(unread)
        assert told == 0 or not unread

    @rule()
    def compare(self) -> None:
        log = self.system.log
        fresh = at_once(log)
        stands, expected = self.system.topic.standing(), fresh.standing()
        for what in expected:
            assert_equal(stands[what], expected[what])
        seen, model = self.system.topic.seen(), by_the_model(log)
        assert differences(seen, model) == {}
        assert losing_offsets(log) <= self.system.losers
        for client in self.clients:
            client.poll()
            assert_told(client, expected, model["aliases"])
            assert client.poll() == 0, "told once, told for good"

    def teardown(self) -> None:
        if hasattr(self, "system"):
            self.system.deliver(self.held_back)
            self.compare()

    def _make(self, name: str, seed: int) -> Json | None:
        if len(self.maker.records) == MOST_RECORDS:
            return None
        self.maker.rng = Random(seed)
        made = GENERATORS[name](self.maker)
        self.maker.records.append(made)
        return made


def assert_told(client: Client, expected: dict[str, dict[Any, Any]], aliases: dict[Any, str]) -> None:
    """What a client holds is the picture restricted to what it asked for."""
    asked = client.subscribe
    members = {aliases.get((asked.status, incident), incident) for incident in asked.incidents}

    def concerns(output: UnitUpdate | Outcome | Alarm) -> bool:
        return output.status == asked.status and ("*" in asked.incidents or output.incident_id in members)

    rows = [row for row in expected["rows"].values() if concerns(row) and not row.merged_into]
    in_scope = [row for row in rows if _levels_below(row.unit, asked.unit) in _levels(asked.depth)]
    told = {key: (unit.figures, unit.beside, unit.head) for key, unit in client.picture.units.items()}
    wanted = {row_key(row)[1:]: (row.figures, row.beside, row.head) for row in in_scope}
    assert_equal(told, wanted)
    outcomes = {o.record_id: o for o in expected["outcomes"].values() if concerns(o)}
    known = {record_id: _unversioned(o) for record_id, o in client.picture.outcomes.items()}
    assert_equal({key: known.get(key) for key in outcomes}, outcomes)
    alarms = {
        key: alarm
        for key, alarm in expected["alarms"].items()
        if concerns(alarm) and _levels_below(alarm.unit, asked.unit) is not None
    }
    raised = {key: _unversioned(alarm) for key, alarm in client.picture.alarms.items()}
    assert_equal({key: raised.get(key) for key in alarms}, alarms)


def _levels(depth: int) -> range:
    return range(6) if depth == -1 else range(depth + 1)


def _levels_below(unit: str, above: str) -> int | None:
    """How many levels (domain.md 6.1) a unit lies below another one; None where it does not."""
    chain = [unit]
    for digits in (9, 6, 4, 2, 0):
        code = unit[:digits] + "0" * (12 - digits)
        if code not in chain:
            chain.append(code)
    return chain.index(above) if above in chain else None


def _unversioned(output: Any) -> Any:
    return msgspec.structs.replace(output, version=0)


def assert_equal(has: dict[Any, Any], wants: dict[Any, Any]) -> None:
    """Equal dictionaries; otherwise what differs is said, and nothing else."""
    differing = {
        key: (has.get(key), wants.get(key))
        for key in has.keys() | wants.keys()
        if has.get(key) != wants.get(key)
    }
    assert differing == {}, differing


TestLaw = Law.TestCase
TestLaw.settings = settings(
    max_examples=60 * ROUNDS,
    stateful_step_count=30,
    derandomize=ROUNDS == 1,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
