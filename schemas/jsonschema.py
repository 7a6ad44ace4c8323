"""JSON Schema 2020-12 of the contracts, made from the structs: components for OpenAPI, documents for `schemas/v1`.

What the structs cannot say and `records.check_shape` checks is added here where JSON Schema can say it; the rest
(one row per unit, decimals per indicator, incident_id = into) stays with `parse_record`.
"""

from __future__ import annotations

import copy
import inspect
from typing import Any, Literal, get_args

import msgspec

from schemas import explain, feed, outputs, problems, records
from schemas.numbers import LARGEST, METHODS, QUALIFIERS, CellValue, Number, Whole

Schema = dict[str, Any]
Direction = Literal["input", "output"]

PYTHON_END = r"$(?!\n)"
"""How the structs' patterns end; in ECMA 262, the dialect of JSON Schema, `$` alone means the end."""

RECORD_STRUCTS: dict[str, type[records.Envelope]] = {
    str(struct.__struct_config__.tag): struct for struct in get_args(records.Record)
}
CLIENT_FRAMES: dict[str, type[msgspec.Struct]] = {
    f"feed_{struct.__struct_config__.tag}": struct for struct in get_args(feed.ClientFrame)
}
SERVER_FRAMES: dict[str, type[msgspec.Struct]] = {
    f"feed_{struct.__struct_config__.tag}": struct for struct in get_args(feed.ServerFrame)
}
OUTPUT_STRUCTS: dict[str, type[msgspec.Struct]] = {
    "outcome": outputs.Outcome,
    "unit_update": outputs.UnitUpdate,
    "figure": outputs.Figure,
    "alarm": outputs.Alarm,
    "progress": outputs.Progress,
    "dead_letter": outputs.DeadLetter,
    "explanation": explain.Explanation,
    "problem": problems.Problem,
}

CONTRACTS: dict[str, tuple[type[msgspec.Struct], Direction]] = {
    **{name: (struct, "input") for name, struct in (RECORD_STRUCTS | CLIENT_FRAMES).items()},
    **{name: (struct, "output") for name, struct in (OUTPUT_STRUCTS | SERVER_FRAMES).items()},
}
"""Every published contract by name, with its direction: what we take (input) or what we give (output)."""

_NUMBER: Schema = {"type": "number", "minimum": 0, "exclusiveMaximum": int(LARGEST)}
_HOOKED: dict[type, Schema] = {
    Number: _NUMBER,
    Whole: {"type": "integer", "minimum": 0, "exclusiveMaximum": int(LARGEST)},
    CellValue: {
        "description": "a number ≥ 0, alone or with its unit, qualifier and method",
        "anyOf": [
            _NUMBER,
            {
                "type": "object",
                "properties": {
                    "value": _NUMBER,
                    "unit": {
                        "type": ["string", "null"],
                        "description": "the indicator's own, mu or yuan (R11)",
                    },
                    "qualifier": {"enum": list(QUALIFIERS), "default": "exact"},
                    "method": {"enum": list(METHODS), "default": "count"},
                },
                "required": ["value"],
            },
        ],
    },
}


def json_schema_components(ref_template: str = "#/components/schemas/{name}") -> dict[str, Schema]:
    """Every contract's struct by class name, references in the form of `ref_template`; `Record` is their union."""
    structs = [struct for struct, _ in CONTRACTS.values()]
    _, components = msgspec.json.schema_components(structs, schema_hook=_hook, ref_template=ref_template)
    components = {name: _published(schema) for name, schema in components.items()}
    _date_times(components)
    _correction_rows(components, ref_template)
    for struct in RECORD_STRUCTS.values():
        components[struct.__name__]["allOf"] = _conditions(struct)
    components["Record"] = {
        "title": "Record",
        "description": "A record of any type (records.md 2, 3). Unknown extra fields are kept and ignored.",
        "oneOf": [{"$ref": ref_template.format(name=struct.__name__)} for struct in RECORD_STRUCTS.values()],
        "discriminator": {
            "propertyName": "type",
            "mapping": {
                name: ref_template.format(name=struct.__name__) for name, struct in RECORD_STRUCTS.items()
            },
        },
    }
    return components


def documents() -> dict[str, Schema]:
    """The self-contained schema document of every contract, and of `record`, by name."""
    components = json_schema_components("#/$defs/{name}")
    roots = {name: (struct.__name__, direction) for name, (struct, direction) in CONTRACTS.items()}
    roots["record"] = ("Record", "input")
    return {name: _document(name, root, direction, components) for name, (root, direction) in roots.items()}


def _document(name: str, root: str, direction: Direction, components: dict[str, Schema]) -> Schema:
    body = components[root]
    needed: dict[str, Schema] = {}
    waiting = _references(body)
    while waiting:
        component = waiting.pop()
        if component not in needed:
            needed[component] = components[component]
            waiting |= _references(components[component])
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:fenghuo:schema:v1:{name}",
        **{key: value for key, value in body.items() if key != "discriminator"},
        "x-direction": direction,
    }
    return document | ({"$defs": dict(sorted(needed.items()))} if needed else {})


def _references(schema: Any) -> set[str]:
    if isinstance(schema, dict):
        found = {str(schema["$ref"]).removeprefix("#/$defs/")} if "$ref" in schema else set()
        return found.union(*(_references(item) for key, item in schema.items() if key != "discriminator"))
    if isinstance(schema, list):
        return set().union(*(_references(item) for item in schema))
    return set()


def _hook(kind: type) -> Schema:
    return copy.deepcopy(_HOOKED[kind])


def _published(schema: Any) -> Any:
    """msgspec's schema as published: ECMA patterns, tidy descriptions, decimals as the numbers that they are."""
    if isinstance(schema, list):
        return [_published(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("format") == "decimal":
        return {"type": "number"}
    tidy = {key: _published(value) for key, value in schema.items()}
    if isinstance(tidy.get("pattern"), str):
        tidy["pattern"] = tidy["pattern"].replace(PYTHON_END, "$")
    if isinstance(tidy.get("description"), str):
        tidy["description"] = inspect.cleandoc(tidy["description"])
    return tidy


def _date_times(components: dict[str, Schema]) -> None:
    """msgspec leaves out the format of moments whose offset it does not insist on; ours all have one."""
    for info in msgspec.inspect.multi_type_info([struct for struct, _ in CONTRACTS.values()]):
        for struct in _structs_below(info):
            properties = components[struct.cls.__name__]["properties"]
            for field in struct.fields:
                if isinstance(field.type, msgspec.inspect.DateTimeType):
                    properties[field.encode_name]["format"] = "date-time"
                elif _has_moment(field.type):
                    properties[field.encode_name]["anyOf"][0]["format"] = "date-time"


def _has_moment(kind: msgspec.inspect.Type) -> bool:
    return isinstance(kind, msgspec.inspect.UnionType) and isinstance(
        kind.types[0], msgspec.inspect.DateTimeType
    )


def _structs_below(
    kind: msgspec.inspect.Type, above: tuple[type, ...] = ()
) -> list[msgspec.inspect.StructType]:
    """A type's structs, itself included; one that holds its own kind (a tree) is gone into once."""
    if isinstance(kind, msgspec.inspect.StructType):
        if kind.cls in above:
            return []
        above = (*above, kind.cls)
        return [kind, *(found for field in kind.fields for found in _structs_below(field.type, above))]
    parts = [getattr(kind, name, None) for name in ("item_type", "key_type", "value_type")]
    parts += getattr(kind, "types", ())
    return [found for part in parts if part is not None for found in _structs_below(part, above)]


def _correction_rows(components: dict[str, Schema], ref_template: str) -> None:
    """Null withdraws a figure and stands in a correction only, so its rows are a component of their own."""
    components["Row"]["properties"]["values"]["propertyNames"] = {"minLength": 1}
    row = copy.deepcopy(components["Row"])
    row["title"] = "CorrectionRow"
    row["description"] = "What a correction states of one unit: indicator key → value, null withdraws it."
    row["properties"]["values"]["additionalProperties"]["anyOf"].append({"type": "null"})
    components["CorrectionRow"] = row
    components["Correction"]["properties"]["rows"]["items"] = {
        "$ref": ref_template.format(name="CorrectionRow")
    }


def _conditions(struct: type[records.Envelope]) -> list[Schema]:
    """The rules of `records.check_shape` that depend on another field."""
    rules = [_when("stage", ["initial"], "occurred_at")]
    if struct is records.Review:
        rules.append(_when("decision", ["return", "release"], "reason", pattern=r"\S"))
    if struct is records.EvacuationCount:
        rules.append(_when("kind", ["check_in", "check_out", "transfer", "return_home"], "doc_no"))
        rules.append(_when("kind", ["transfer"], "to_site"))
    if struct is records.SupplyMovement:
        rules.append(_when("kind", ["cancel"], "ref_doc_no"))
    return rules


def _when(field: str, values: list[str], needed: str, **limits: str) -> Schema:
    return {
        "if": {"properties": {field: {"enum": values}}, "required": [field]},
        "then": {"properties": {needed: {"type": "string", **limits}}, "required": [needed]},
    }
