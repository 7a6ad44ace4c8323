"""Our headers are those that the CloudEvents library writes and reads."""

from __future__ import annotations

from cloudevents.core.bindings.kafka import KafkaMessage, from_binary, to_binary
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from services.intake.cloud_events import headers
from services.intake.domain import CHINA, StampedRecord
from tests.unit.intake.fakes import stamped


def as_event(record: StampedRecord) -> CloudEvent:
    return CloudEvent(
        {
            "id": record.record_id,
            "source": "/fenghuo/intake",
            "type": f"cn.fenghuo.record.{record.type}.v1",
            "subject": record.incident_id,
            "time": record.stamp.astimezone(CHINA),
            "datacontenttype": "application/json",
            "specversion": "1.0",
        },
        record.value,
    )


def test_the_library_would_write_the_same_headers() -> None:
    record = stamped(7)
    theirs = to_binary(as_event(record), JSONFormat()).headers
    # The library leaves out the fraction of a second where it is zero; the same moment in RFC 3339.
    assert dict(headers(record)) == theirs | {"ce_time": b"2026-08-20T09:00:07.000000+08:00"}


def test_the_library_reads_ours() -> None:
    record = stamped(7)
    event = from_binary(KafkaMessage(dict(headers(record)), record.incident_id, record.value), JSONFormat())
    assert (event.get_id(), event.get_subject(), event.get_time()) == ("r7", "i", record.stamp)
