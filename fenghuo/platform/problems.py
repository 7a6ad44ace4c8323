"""RFC 9457 problem details: typed errors become HTTP answers here, once, for every application.

A service raises `ProblemError` (or a subclass) and never builds an error response by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from fenghuo.platform.logs import get_logger

MEDIA_TYPE = "application/problem+json"

# status → code, Chinese title, English title, what to do.
_GENERIC: dict[int, tuple[str, str, str, str]] = {
    400: ("bad-request", "请求无法读取", "The request cannot be read", "请检查请求格式。Check the form of the request."),
    404: ("not-found", "没有这个地址", "Nothing is here", "请核对地址，见 /openapi.json。Check the address; see /openapi.json."),
    405: ("method-not-allowed", "不支持这个方法", "This method is not offered here", "请改用 Allow 所列的方法。Use a method listed in Allow."),
    408: ("request-timeout", "请求超时", "The request took too long", "请重新发送；重复发送无害。Send it again; repeats are harmless."),
    413: ("content-too-large", "请求过大", "The request is too large", "请分批发送。Send it in smaller parts."),
    500: ("internal-error", "服务内部错误", "An error inside the service", "请重试；仍不成功请查看服务日志。Try again; if it persists see the service's log."),
    503: ("unavailable", "服务暂不可用", "Temporarily unavailable", "请稍后重试。Try again shortly."),
}  # fmt: skip

ProblemType = Callable[[str], str]
"""Code → the stable URI that goes into `type`."""

_encoder = msgspec.json.Encoder(decimal_format="number", enc_hook=str)

log = get_logger(__name__)


class ProblemError(Exception):
    """An error that a caller of the API sees.

    `code` is stable and goes into `type`, `title` and `detail` are Chinese first then English, `detail` says what to
    do, `members` are extension members of the problem (RFC 9457 3.2) and `headers` go on the response.
    """

    def __init__(
        self,
        status: int,
        code: str,
        title: str,
        detail: str,
        *,
        members: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{code}: {detail}")
        self.status, self.code, self.title, self.detail = status, code, title, detail
        self.members, self.headers = dict(members or {}), dict(headers or {})


def problem_response(
    body: Mapping[str, Any] | msgspec.Struct, status: int, headers: Mapping[str, str] | None = None
) -> Response:
    """A problem document as a response."""
    return Response(_encoder.encode(body), status, headers, MEDIA_TYPE)


def install_problems(app: FastAPI, problem_type: ProblemType) -> None:
    """Answer every error of `app` as problem+json: typed ones, unknown routes, bad parameters, unforeseen ones."""

    async def typed(_: Request, error: Exception) -> Response:
        assert isinstance(error, ProblemError)
        body = {
            "type": problem_type(error.code),
            "title": error.title,
            "status": error.status,
            "detail": error.detail,
        }
        return problem_response(body | error.members, error.status, error.headers)

    async def plain(_: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return _generic(problem_type, error.status_code, error.headers, fallback=str(error.detail))

    async def parameters(_: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return _bad_parameter(problem_type, error)

    async def unforeseen(request: Request, error: Exception) -> Response:
        log.error("request failed", method=request.method, path=request.url.path, exc_info=error)
        return _generic(problem_type, 500)

    app.add_exception_handler(ProblemError, typed)
    app.add_exception_handler(HTTPException, plain)
    app.add_exception_handler(RequestValidationError, parameters)
    app.add_exception_handler(Exception, unforeseen)


def _generic(
    problem_type: ProblemType, status: int, headers: Mapping[str, str] | None = None, *, fallback: str = ""
) -> Response:
    code, zh, en, action = _GENERIC.get(status, (f"http-{status}", fallback, fallback, fallback))
    title = f"{zh} {en}" if zh != en else zh
    body = {"type": problem_type(code), "title": title, "status": status, "detail": action}
    return problem_response(body, status, headers)


def _bad_parameter(problem_type: ProblemType, error: RequestValidationError) -> Response:
    """422 naming the first offending parameter; the rest is in `errors`."""
    errors = [
        {
            "field": ".".join(str(step) for step in item["loc"][1:]),
            "rule": str(item["type"]),
            "value": item.get("input"),
            "message": str(item["msg"]),
        }
        for item in error.errors()
    ]
    first = errors[0]
    body = {
        "type": problem_type("invalid-parameter"),
        "title": "参数不正确 A parameter is not right",
        "status": 422,
        "detail": f"请改正参数 {first['field']}。Correct the parameter {first['field']}: {first['message']}.",
        "field": first["field"],
        "rule": first["rule"],
        "value": first["value"],
        "errors": errors,
    }
    return problem_response(body, 422)
