"""The body of a post: its type, its size (also where no length is declared), and the records in it."""

from __future__ import annotations

import asyncio
from email.message import Message

import msgspec
from starlette.requests import ClientDisconnect, Request

from services.intake.domain import MAX_BODY_BYTES, MAX_RECORDS
from services.intake.refusals import (
    body_too_large,
    disconnected,
    empty_batch,
    not_json,
    too_many_records,
    too_slow,
    wrong_media_type,
)

# Seconds for the whole body; a slow line of a command post needs some, a client that only holds us must not.
READ_TIMEOUT = 60.0

# What is refused is read to its end all the same, and thrown away up to this: a proxy that still writes when the answer
# comes takes the closed connection for a failure, and says "try again" of what will never be taken.
DISCARDED_BYTES = 8 * MAX_BODY_BYTES

_JSON = "application/json"
_single = msgspec.json.Decoder(msgspec.Raw)
_batch = msgspec.json.Decoder(list[msgspec.Raw])


async def read_body(request: Request) -> bytes:
    """The raw body. Raises ProblemError: 413 beyond 8 MiB, 415 for another type than JSON, 408 when it is too slow."""
    declared = request.headers.get("content-length", "")
    size = int(declared) if declared.isdigit() else 0
    if size > DISCARDED_BYTES:
        raise body_too_large(size, MAX_BODY_BYTES)
    chunks: list[bytes] = []
    received = 0
    try:
        async with asyncio.timeout(READ_TIMEOUT):
            async for chunk in request.stream():
                received += len(chunk)
                size = max(size, received)
                if received > DISCARDED_BYTES:
                    break
                if size <= MAX_BODY_BYTES:
                    chunks.append(chunk)
                else:
                    chunks.clear()
    except TimeoutError as error:
        raise too_slow(READ_TIMEOUT) from error
    except ClientDisconnect as error:
        raise disconnected() from error
    content_type = request.headers.get("content-type", "")
    if content_type != _JSON and not _is_json(content_type):
        raise wrong_media_type(content_type)
    if size > MAX_BODY_BYTES:
        raise body_too_large(size, MAX_BODY_BYTES)
    return b"".join(chunks)


def split_records(body: bytes) -> tuple[list[msgspec.Raw], bool]:
    """The posted values, and whether they came as an array. Raises ProblemError (422, 413)."""
    batch = body.lstrip(b" \t\r\n").startswith(b"[")
    try:
        posted = _batch.decode(body) if batch else [_single.decode(body)]
    except (msgspec.DecodeError, RecursionError) as error:
        raise not_json(error) from error
    if not posted:
        raise empty_batch()
    if len(posted) > MAX_RECORDS:
        raise too_many_records(len(posted), MAX_RECORDS)
    return posted, batch


def _is_json(content_type: str) -> bool:
    """Whether it is JSON in UTF-8, the only encoding of JSON between systems (RFC 8259 8.1)."""
    message = Message()
    message["content-type"] = content_type
    charset = message.get_param("charset", "utf-8")
    return message.get_content_type() == _JSON and str(charset).lower().replace("-", "") in (
        "utf8",
        "usascii",
    )
