"""Reference data for consoles and clients: the regions and the indicator catalogue, as they ship. No database."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query
from starlette.responses import Response

from fenghuo.platform.problems import ProblemError
from schemas import regions
from schemas.indicators import Indicator, indicators
from services.ledger import openapi

# They change with a new version of the program only.
CACHED = {"Cache-Control": "public, max-age=3600"}

_encode = msgspec.json.Encoder().encode


class RegionItem(msgspec.Struct, frozen=True, kw_only=True):
    """A unit of the reporting tree; `children`: how many units report to it, `also`: lower levels of the same code."""

    code: str
    name: str
    level: str
    parent: str | None
    also: list[str]
    children: int


class UnknownRegionError(ProblemError):
    """The shipped tree has no such unit."""

    def __init__(self, code: str) -> None:
        super().__init__(
            404,
            "unknown-region",
            "没有这个区划 No such region",
            f"区划表中没有 {code}。The shipped regions have no {code}; figures of such a unit are kept all the same.",
            members={"field": "parent", "value": code},
        )


Parent = Annotated[
    str, Query(pattern=r"^[0-9]{12}$", description="上级代码 the unit above; 000000000000 全国 nation")
]


def components() -> dict[str, Any]:
    """OpenAPI schemas of the reference data by name."""
    _, schemas = msgspec.json.schema_components(
        [RegionItem, Indicator], ref_template="#/components/schemas/{name}"
    )
    return schemas


def add_reference(router: APIRouter) -> None:
    """The routes of the reference data."""

    @router.get("/v1/regions", **openapi.REGIONS)
    def list_regions(parent: Parent = regions.NATION) -> Response:
        try:
            found = regions.children(parent)
        except KeyError as error:
            raise UnknownRegionError(parent) from error
        return Response(_encode([_item(region) for region in found]), 200, CACHED, "application/json")

    @router.get("/v1/indicators", **openapi.INDICATORS)
    def list_indicators() -> Response:
        return Response(_encode(list(indicators().values())), 200, CACHED, "application/json")


def _item(region: regions.Region) -> RegionItem:
    return RegionItem(
        code=region.code,
        name=region.name,
        level=region.level,
        parent=region.parent,
        also=list(region.also),
        children=len(regions.children(region.code)),
    )
