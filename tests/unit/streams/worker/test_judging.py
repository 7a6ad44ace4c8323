"""Messages that cannot be decoded or judged are set aside with their origin, and judging goes on."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from streams.picture import incident
from streams.worker.judging import Judging
from tests.unit.streams.records import TOWN, report


def message(value: bytes, offset: int) -> Any:
    return SimpleNamespace(topic="incident.reports", partition=0, offset=offset, key=b"k", value=value)


def sent(content: dict[str, Any], offset: int) -> Any:
    return message(json.dumps(content).encode(), offset)


@pytest.mark.parametrize(
    "poison",
    [
        b"",
        b"garbage",
        b"\xff\xfe",
        b"[]",
        b"[" * 200_000,
        b'{"record_id": "x"}',
        json.dumps(
            {key: value for key, value in report(1, TOWN, {}).items() if key != "received_at"}
        ).encode(),
        json.dumps(report(1, TOWN, {}) | {"note": 0}).replace("0}", "1e999999999}").encode(),
    ],
)
def test_poison_goes_to_the_dead_letters(poison: bytes) -> None:
    judging = Judging()
    judging.assign(lambda _: True)
    good = report(2, TOWN, {"missing": 1})
    dead = judging.take([message(poison, 7), sent(good, 8)])
    changes, unjudgeable = judging.settle()
    assert unjudgeable == []
    assert [(letter.topic, letter.partition, letter.offset) for letter in dead] == [
        ("incident.reports", 0, 7)
    ]
    assert dead[0].error
    assert dead[0].value == poison
    assert [outcome.record_id for change in changes for outcome in change.outcomes] == [good["record_id"]]


def test_a_record_that_a_rule_stumbles_over_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    bad, before, after = (report(minute, TOWN, {"missing": minute}) for minute in (2, 1, 3))
    rules = dict(incident.RULES)

    def stumble(state: Any, totals: Any, step: Any, judged: Any) -> Any:
        if judged.record_id == bad["record_id"]:
            raise ZeroDivisionError
        return rules[type(judged.stamped.record)](state, totals, step, judged)

    monkeypatch.setattr(incident, "RULES", dict.fromkeys(rules, stumble))
    judging = Judging()
    judging.assign(lambda _: True)
    judging.take([sent(before, 1)])
    told = judging.settle()[0]
    judging.take([sent(bad, 2), sent(after, 3)])
    changes, dead = judging.settle()
    assert [(letter.offset, letter.record_id) for letter in dead] == [(2, bad["record_id"])]
    judged = {outcome.record_id for change in [*told, *changes] for outcome in change.outcomes}
    assert judged == {before["record_id"], after["record_id"]}
    assert len(judging) == 2
