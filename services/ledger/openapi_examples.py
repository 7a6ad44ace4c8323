"""Examples of the ledger's answers, as OpenAPI shows them."""

from __future__ import annotations

from typing import Any

from streams.picture.explain_words import DECISIONS

FIGURE: dict[str, Any] = {
    "total": 23,
    "own": 3,
    "qualifier": "exact",
    "newest_as_of": "2026-08-20T09:00:00+08:00",
    "oldest_as_of": "2026-08-20T08:40:00+08:00",
    "status": "unverified",
    "parts": 4,
    "own_sources": ["汶川县应急管理局"],
    "own_record_ids": ["01K9ZQ4T7B3W8M2D5XJ6VQF0RA"],
    "alternatives": [],
}
RECORD_EXAMPLE: dict[str, Any] = {
    "record_id": "01K9ZQ4T7B3W8M2D5XJ6VQF0RA",
    "type": "loss_report",
    "incident_id": "EQ-20260820-510000-01",
    "status": "Exercise",
    "source": {"org": "汶川县应急管理局", "class": "official_stat", "level": "county"},
    "as_of": "2026-08-20T09:00:00+08:00",
    "sent_at": "2026-08-20T09:05:00+08:00",
    "rows": [{"unit": "513221000000", "values": {"dead": 3}}],
    "received_at": "2026-08-20T09:05:02.114+08:00",
}
OUTCOME: dict[str, Any] = {
    "disposition": "accepted",
    "flags": ["late_arrival"],
    "standing": "effective",
    "version": 4294967299,
}
INCIDENT_EXAMPLE: dict[str, Any] = {
    "incident_id": "EQ-20260820-510000-01",
    "status": "Exercise",
    "name": "汶川地震演练",
    "hazard": "earthquake",
    "occurred_at": "2026-08-20T08:02:00+08:00",
    "origin_unit": "513221000000",
    "closed": False,
    "aliases": ["EQ-20260820-510000-02"],
    "version": 4294967301,
}
_IN_INCIDENT: dict[str, Any] = {"incident_id": "EQ-20260820-510000-01", "status": "Exercise"}
_COUNTY: dict[str, Any] = _IN_INCIDENT | {
    "unit": "513221000000",
    "version": 4294967300,
    "watermark": "2026-08-20T01:05:03.000Z",
    "figures": {"dead": FIGURE | {"total": 3, "parts": 1}},
}
SITUATION_EXAMPLE: dict[str, Any] = _COUNTY | {
    "unit": "000000000000",
    "version": 4294967301,
    "figures": {"dead": FIGURE | {"own": None, "own_sources": [], "own_record_ids": []}},
    "children": [_COUNTY],
}
HISTORY_EXAMPLE: dict[str, Any] = _IN_INCIDENT | {
    "items": [
        {
            "unit": "000000000000",
            "key": "dead",
            "version": 4294967301,
            "published_at": "2026-08-20T01:05:02.310Z",
            "figure": FIGURE,
        }
    ],
    "next": None,
}
PAST_SITUATION_EXAMPLE: dict[str, Any] = _COUNTY | {
    "version": None,
    "watermark": "2026-08-20T01:04:00Z",
    "known_at": "2026-08-20T01:04:00Z",
    "newest_recorded_at": "2026-08-20T01:03:41.207Z",
}
EXPLANATION_EXAMPLE: dict[str, Any] = _IN_INCIDENT | {
    "key": "dead",
    "known_at": None,
    "newest_recorded_at": "2026-08-20T01:05:02.120Z",
    "watermark": "2026-08-20T01:05:03.000Z",
    "tree": {
        "unit": "513221000000",
        "total": 3,
        "own": 3,
        "qualifier": "exact",
        "status": "unverified",
        "newest_as_of": "2026-08-20T09:00:00+08:00",
        "oldest_as_of": "2026-08-20T09:00:00+08:00",
        "parts": 1,
        "units_below": 0,
        "cells": [
            {
                "key": "dead",
                "kind": "stated",
                "value": 3,
                "decision": "own_value",
                "entries_total": 1,
                "entries": [
                    {
                        "record_id": "01K9ZQ4T7B3W8M2D5XJ6VQF0RA",
                        "type": "loss_report",
                        "org": "汶川县应急管理局",
                        "class": "official_stat",
                        "level": "county",
                        "as_of": "2026-08-20T09:00:00+08:00",
                        "received_at": "2026-08-20T09:05:02.114+08:00",
                        "stage": "followup",
                        "value": 3,
                        "qualifier": "exact",
                        "decision": "in_force",
                        "disposition": "accepted",
                        "flags": [],
                        "standing": "effective",
                        "contribution": 3,
                    }
                ],
                "contribution": 3,
            }
        ],
        "children": [],
    },
    "decisions": {
        code: {"rule": each.rule, "counts": each.counts, "zh": each.zh, "en": each.en}
        for code, each in DECISIONS.items()
        if code in ("own_value", "in_force")
    },
}
_PLACE: dict[str, Any] = {"topic": "incident.reports", "partition": 3, "offset": 41}
JOURNAL_EXAMPLE: dict[str, Any] = {
    "items": [
        _PLACE | {"recorded_at": "2026-08-20T01:05:02.120Z", "record": RECORD_EXAMPLE, "outcome": OUTCOME}
    ],
    "next": "WzE3ODcxODc5MDIxMTQwMDAsNDFd",
}
ALARMS_EXAMPLE: dict[str, Any] = {
    "items": [
        {
            "published_at": "2026-08-20T01:05:02.310Z",
            "alarm": _IN_INCIDENT
            | {
                "kind": "shelter_below_zero",
                "subject": "513221000000/威州中学",
                "state": "raised",
                "record_ids": ["01K9ZQ5A1C6N0R4P8T2Y7HKE9D"],
                "unit": "513221000000",
                "detail": "-4",
                "version": 4294967298,
            },
        }
    ],
    "next": None,
}
DEAD_LETTERS_EXAMPLE: dict[str, Any] = {
    "items": [
        _PLACE
        | {
            "error": "record: is not valid JSON",
            "record_id": None,
            "key": None,
            "value": "e29vcHM=",
            "published_at": "2026-08-20T01:05:02.310Z",
        }
    ],
    "next": None,
}
