"""docs/api: what is kept in the repository is what the code says, and passes the public validators."""

from __future__ import annotations

import json

from openapi_spec_validator import OpenAPIV31SpecValidator

from schemas import asyncapi
from services.web import openapi


def test_asyncapi_is_up_to_date() -> None:
    assert asyncapi.main(["--check"]) == 0


def test_openapi_is_up_to_date_and_valid() -> None:
    assert openapi.main(["--check"]) == 0
    OpenAPIV31SpecValidator(json.loads(openapi.PATH.read_text("utf-8"))).validate()
