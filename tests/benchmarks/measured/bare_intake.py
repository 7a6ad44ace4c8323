"""A bare Starlette + aiokafka endpoint: read the JSON, append every record with acks=all, answer 202.

`python -m tests.benchmarks.measured.bare_intake BOOTSTRAP PORT single|batches`; `batches`: whole Kafka batches.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from fenghuo.platform.kafka import make_producer
from fenghuo.platform.kafka_batches import OutgoingMessage, send_in_batches
from schemas.topics import INCIDENT_REPORTS

BOOTSTRAP, PORT, HOW = sys.argv[1:4]


@asynccontextmanager
async def connected(app: Starlette) -> AsyncIterator[None]:
    """The producer, with intake's settings."""
    app.state.producer = make_producer(BOOTSTRAP, client_id="bench-bare", max_batch_bytes=512 << 10)
    await app.state.producer.start()
    yield
    await app.state.producer.stop()


async def post_records(request: Request) -> JSONResponse:
    """Append what was posted."""
    body: Any = await request.json()
    records = body if isinstance(body, list) else [body]
    producer = request.app.state.producer
    encoded = [
        (record["incident_id"].encode(), json.dumps(record, ensure_ascii=False).encode())
        for record in records
    ]
    if HOW == "batches":
        await send_in_batches(
            producer, [OutgoingMessage(INCIDENT_REPORTS.name, key, value) for key, value in encoded]
        )
    else:
        sent = [await producer.send(INCIDENT_REPORTS.name, value, key=key) for key, value in encoded]
        await asyncio.gather(*sent)
    results = [{"record_id": record["record_id"], "result": "stored"} for record in records]
    return JSONResponse({"results": results}, 202)


if __name__ == "__main__":
    app = Starlette(routes=[Route("/v1/records", post_records, methods=["POST"])], lifespan=connected)
    uvicorn.run(
        app, host="127.0.0.1", port=int(PORT), loop="uvloop", ws="none", access_log=False, log_level="error"
    )
