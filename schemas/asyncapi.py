"""`python -m schemas.asyncapi [--check]`: the AsyncAPI 3 document of topics and socket, kept at docs/api/asyncapi.json."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from schemas.feed import SUBPROTOCOL
from schemas.jsonschema import json_schema_components
from schemas.topics import RECORD_TOPICS, TOPICS, Topic

PATH = Path(__file__).resolve().parent.parent / "docs" / "api" / "asyncapi.json"
FEED_ADDRESS = "/v1/feed"
CLIENT_FRAMES = ("Subscribe", "Unsubscribe")
SERVER_FRAMES = ("Snapshot", "DeltaFrame", "Outcomes", "Alarms", "Heartbeat", "Error")
OUTPUT_SCHEMAS = {
    "situation.updates": "UnitUpdate",
    "record.outcomes": "Outcome",
    "situation.alarms": "Alarm",
    "situation.progress": "Progress",
    "dead.letters": "DeadLetter",
}


def document() -> dict[str, Any]:
    """The whole document; every payload is a JSON Schema of `schemas`."""
    schemas = json_schema_components("#/components/schemas/{name}")
    # The union of all types is OpenAPI's: its discriminator is no JSON Schema, and each topic lists its messages.
    del schemas["Record"]
    names = _message_names(schemas)
    return {
        "asyncapi": "3.1.0",
        "info": {
            "title": "烽火 Fenghuo",
            "version": "1.0.0",
            "description": "主题与推送。Topics of the event log, and the live feed.",
            "license": {"name": "proprietary"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "kafka": {
                "host": "localhost:9092",
                "protocol": "kafka",
                "description": "事件日志 The log of records",
            },
            "feed": {"host": "localhost:8081", "protocol": "ws", "description": "实时推送 The gateway"},
        },
        "channels": {topic.name: _topic_channel(topic) for topic in TOPICS} | {"feed": _feed_channel()},
        "operations": _operations(),
        "components": {
            "messages": {
                name: {"name": name, "title": title, "payload": {"$ref": f"#/components/schemas/{schema}"}}
                for name, (title, schema) in names.items()
            },
            "schemas": schemas,
        },
    }


def _tag(schemas: dict[str, Any], name: str) -> str:
    """The `type` that a tagged struct carries on the wire."""
    tag = schemas[name]["properties"]["type"]
    return str(tag.get("const") or tag["enum"][0])


def _message_names(schemas: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """Message name → (title, schema name)."""
    types = {name for topic in RECORD_TOPICS for name in topic.types}
    frames = (*CLIENT_FRAMES, *SERVER_FRAMES)
    names: dict[str, tuple[str, str]] = {}
    for schema, definition in schemas.items():
        if "type" not in definition.get("properties", {}) or schema == "Problem":
            continue
        tag = _tag(schemas, schema) if schema in frames or _is_record(schemas, schema, types) else None
        if tag:
            names[_frame(schema) if schema in frames else tag] = (tag, schema)
    return names | {schema: (topic, schema) for topic, schema in OUTPUT_SCHEMAS.items()}


def _is_record(schemas: dict[str, Any], schema: str, types: set[str]) -> bool:
    properties = schemas[schema].get("properties", {})
    tag = properties.get("type", {})
    return "record_id" in properties and (tag.get("const") or (tag.get("enum") or [""])[0]) in types


def _frame(schema: str) -> str:
    return f"feed.{schema}"


def _messages_of(topic: Topic) -> list[str]:
    return list(topic.types) if topic.kind == "record" else [OUTPUT_SCHEMAS[topic.name]]


def _topic_channel(topic: Topic) -> dict[str, Any]:
    cleanup = ["compact"] if topic.kind == "output" else ["delete"]
    configuration: dict[str, Any] = {"cleanup.policy": cleanup}
    if topic.kind == "record":
        configuration["retention.ms"] = -1
    return {
        "address": topic.name,
        "title": topic.zh,
        "description": f"键 key: {topic.key}. 写 written by {topic.producer}; 读 read by {', '.join(topic.consumers)}.",
        "servers": [{"$ref": "#/servers/kafka"}],
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in _messages_of(topic)},
        "bindings": {
            "kafka": {"topic": topic.name, "topicConfiguration": configuration, "bindingVersion": "0.5.0"}
        },
    }


def _feed_channel() -> dict[str, Any]:
    return {
        "address": FEED_ADDRESS,
        "title": "实时推送 Live feed",
        "description": f"WebSocket, subprotocol {SUBPROTOCOL}: a snapshot, then deltas. See docs/protocol.md.",
        "servers": [{"$ref": "#/servers/feed"}],
        "messages": {
            _frame(name): {"$ref": f"#/components/messages/{_frame(name)}"}
            for name in (*CLIENT_FRAMES, *SERVER_FRAMES)
        },
        "bindings": {"ws": {"method": "GET", "bindingVersion": "0.1.0"}},
    }


def _operations() -> dict[str, Any]:
    """What the platform does: `send` publishes, `receive` takes."""
    operations: dict[str, Any] = {}
    for topic in TOPICS:
        channel = {"$ref": f"#/channels/{topic.name}"}
        operations[f"{topic.producer}.publishes.{topic.name}"] = {"action": "send", "channel": channel}
        for consumer in topic.consumers:
            operations[f"{consumer}.reads.{topic.name}"] = {"action": "receive", "channel": channel}
    for action, frames in (("receive", CLIENT_FRAMES), ("send", SERVER_FRAMES)):
        operations[f"gateway.{action}s.frames"] = {
            "action": action,
            "channel": {"$ref": "#/channels/feed"},
            "messages": [{"$ref": f"#/channels/feed/messages/{_frame(name)}"} for name in frames],
        }
    return operations


def text() -> str:
    """The document as it is kept in the repository."""
    return json.dumps(document(), ensure_ascii=False, indent=1) + "\n"


def main(arguments: list[str]) -> int:
    """The command. Exit 1 when `--check` finds the kept document out of date."""
    if arguments == ["--check"]:
        fresh = PATH.exists() and PATH.read_text("utf-8") == text()
        if not fresh:
            print(
                "docs/api/asyncapi.json 已过期 is out of date: run python -m schemas.asyncapi",
                file=sys.stderr,
            )
        return 0 if fresh else 1
    PATH.parent.mkdir(parents=True, exist_ok=True)
    PATH.write_text(text(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
