"""`python -m fenghuo.platform.probe URL`: a container's health check. Exit 0 when URL answers 200, else 1 and why.

Standard library only: it runs every few seconds in every container.
"""

from __future__ import annotations

import http.client
import sys
import urllib.error
import urllib.request

ANSWER_SECONDS = 2.0
SHOWN_BYTES = 2000


def probe(url: str) -> tuple[bool, str]:
    """Whether `url` answers 200 in time, and what it says or why it does not."""
    # No proxy of the environment stands between a process and its own health check.
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(url, timeout=ANSWER_SECONDS) as answer:
            return answer.status == 200, answer.read(SHOWN_BYTES).decode("utf-8", "replace")
    except urllib.error.HTTPError as error:
        return False, f"{error.code}: {error.read(SHOWN_BYTES).decode('utf-8', 'replace')}"
    except (OSError, http.client.HTTPException) as error:
        return False, repr(error)


def main(arguments: list[str]) -> int:
    """The command; the exit code."""
    if len(arguments) != 1 or not arguments[0].startswith("http://"):
        print("usage: python -m fenghuo.platform.probe http://127.0.0.1:8080/readyz", file=sys.stderr)
        return 2
    well, said = probe(arguments[0])
    print(said)
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
