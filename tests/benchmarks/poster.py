"""A plain HTTP/1.1 client on a raw socket: the load must cost less than what it loads."""

from __future__ import annotations

import asyncio
import time


class Poster:
    """One kept-alive connection that posts one body at a time."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._head = (
            f"POST /v1/records HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n".encode()
        )
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def post(self, body: bytes) -> None:
        """Post and wait for its 202. Raises RuntimeError for another answer."""
        if self._reader is None or self._writer is None:
            host, _, port = self._address.rpartition(":")
            self._reader, self._writer = await asyncio.open_connection(host, int(port))
        self._writer.write(b"%bcontent-length: %d\r\n\r\n%b" % (self._head, len(body), body))
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        answer = await self._reader.readexactly(length)
        if not head.startswith(b"HTTP/1.1 202"):
            raise RuntimeError(f"{head.decode()}{answer[:500].decode()}")

    def close(self) -> None:
        """Let go of the connection."""
        if self._writer is not None:
            self._writer.close()


def actual_report(
    record_id: str, unit: str, value: int, incident_id: str = "010400-371300-20240709-01"
) -> bytes:
    """A small loss report as a device posts it now, in earnest."""
    at = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())
    return (
        f'{{"record_id":"{record_id}","type":"loss_report","incident_id":"{incident_id}",'
        f'"source":{{"org":"{unit}应急办","class":"official_stat","level":"township"}},'
        f'"as_of":"{at}","sent_at":"{at}","reason":"续报",'
        f'"rows":[{{"unit":"{unit}","values":{{"dead":{value},"missing":{value},"rooms_collapsed":{value}}}}}]}}'
    ).encode()
