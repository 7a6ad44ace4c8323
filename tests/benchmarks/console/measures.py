"""The four measures, each on a page of its own."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import psutil
from playwright.sync_api import Browser, CDPSession, Page, Response

from tests.benchmarks.console.feed import BenchFeed

RATE = 50.0
BURST = 500
WARM = 2_000
HEAP_WARM = 50_000
"""Until then the heap grows by the machine code that V8 makes of what runs often: docs/benchmarks.md."""
LOADING_MS = 60_000
SETTLE_MS = 6_000

# The page's own address of the feed is replaced, and every change of the shown number is told to it: asking the page
# would compile a script in it each time, which the heap would show.
WATCH = """(() => {
  const Real = window.WebSocket
  let socket
  window.WebSocket = class extends Real {
    constructor(url, protocol) { super(FEED, protocol); socket = this }
  }
  new MutationObserver((changes) => {
    for (const { target } of changes) {
      if (target.dataset?.figure !== 'dead') continue
      const number = Number(String(target.dataset.value).replaceAll(',', ''))
      socket.send(JSON.stringify({ type: 'shown', number, at: Date.now() / 1000 }))
    }
  }).observe(document, { subtree: true, attributes: true, attributeFilter: ['data-value'] })
})()"""


def first_load(browser: Browser, url: str) -> dict[str, int]:
    """Path -> bytes of body on the wire, of an empty cache, for the page's own files: not map data, not `/v1`."""
    context = browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai")
    page = context.new_page()
    answers: list[Response] = []
    page.on(
        "response", lambda answer: answers.append(answer)
    )  # Playwright marks the handler: no bound builtin
    page.goto(url, timeout=LOADING_MS)
    page.wait_for_load_state("networkidle", timeout=LOADING_MS)
    sizes = {}
    for answer in answers:
        path = urlsplit(answer.url).path
        if not answer.from_service_worker and not path.startswith(("/v1/", "/maps/")):
            sizes[path] = answer.request.sizes()["responseBodySize"]
    context.close()
    return sizes


@contextmanager
def watched(browser: Browser, url: str, feed: BenchFeed) -> Iterator[Page]:
    """The situation page on the benchmark's feed, warm: its lists are full, its map and charts are made."""
    context = browser.new_context(
        viewport={"width": 1920, "height": 1080},
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        bypass_csp=True,
    )
    page = context.new_page()
    page.add_init_script(WATCH.replace("FEED", repr(feed.url)))
    page.goto(url, timeout=LOADING_MS)
    page.locator("[data-figure=dead]").first.wait_for(timeout=LOADING_MS)
    page.wait_for_load_state("networkidle", timeout=LOADING_MS)
    pump(page, feed, 1, WARM)
    yield page
    context.close()


def pump(page: Page, feed: BenchFeed, first: int, last: int) -> None:
    """Updates first to last in bursts; after each burst the page has shown its last."""
    for start in range(first, last + 1, BURST):
        end = min(start + BURST - 1, last)
        for number in range(start, end + 1):
            feed.update(number)
        wait_shown(page, feed, end)


def wait_shown(page: Page, feed: BenchFeed, number: int) -> None:
    """Until the page shows `number`. Raises TimeoutError."""
    deadline = time.monotonic() + LOADING_MS / 1000
    while feed.shown < number:
        if time.monotonic() > deadline:
            raise TimeoutError(f"the page shows {feed.shown}, not {number}")
        page.wait_for_timeout(
            20
        )  # Playwright's own loop runs here, so that its pipe to the browser does not fill


def processor_and_delay(page: Page, feed: BenchFeed, seconds: float) -> tuple[dict[str, float], list[float]]:
    """Cores used by Chromium (`all`, `renderer`) at 50 updates/s, and how late each update was shown, s, sorted."""
    feed.shown_at.clear()
    first = WARM + 1
    sent: dict[int, float] = {}
    sender = threading.Thread(target=lambda: sent.update(feed.steady(RATE, seconds, first)))
    before = _processor_times()
    sender.start()
    while sender.is_alive():
        page.wait_for_timeout(500)
    after = _processor_times()
    wait_shown(page, feed, max(sent))
    cores = {
        kind: sum(
            used - before.get(pid, (kind, 0.0))[1] for pid, (what, used) in after.items() if what == kind
        )
        / seconds
        for kind in ("renderer", "other")
    }
    cores["all"] = cores["renderer"] + cores["other"]
    return cores, sorted(_delays(sent, feed.shown_at))


def _delays(sent: dict[int, float], shown: list[tuple[int, float]]) -> Iterator[float]:
    """For each update, until the first time that its number or a later one was shown."""
    changes = iter(shown)
    number, at = next(changes)
    for each, moment in sorted(sent.items()):
        while number < each:
            number, at = next(changes)
        yield at - moment


def _processor_times() -> dict[int, tuple[str, float]]:
    """Process -> (renderer or other, seconds of processor time) of the Chromium below this process."""
    times = {}
    for process in psutil.Process().children(recursive=True):
        try:
            if "chrom" not in process.name():
                continue
            used = process.cpu_times()
            renderer = "--type=renderer" in process.cmdline()
        except psutil.NoSuchProcess:
            continue  # ended while it was looked at: it belongs to no window that is measured
        times[process.pid] = ("renderer" if renderer else "other", used.user + used.system)
    return times


@dataclass(frozen=True)
class Heap:
    """Bytes after full collections: all of it, and what the page's own objects, texts and closures take of it."""

    used: int
    objects: int


def heap(page: Page, feed: BenchFeed, updates: int) -> dict[str, Heap]:
    """The heap when it is warm and after each quarter of the updates."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.enable")
    pump(page, feed, WARM + 1, HEAP_WARM)
    found = {"0 %": _heap(page, session)}
    for quarter in range(4):
        first = HEAP_WARM + 1 + updates * quarter // 4
        pump(page, feed, first, HEAP_WARM + updates * (quarter + 1) // 4)
        found[f"{25 * (quarter + 1)} %"] = _heap(page, session)
        print(f"# heap {found}", flush=True)
    return found


def _heap(page: Page, session: CDPSession) -> Heap:
    """Once nothing is under way: charts are drawn up to 1 s late, the journal is read up to 5 s late."""
    page.wait_for_timeout(SETTLE_MS)
    for _ in range(3):
        session.send("HeapProfiler.collectGarbage")
    used = int(session.send("Runtime.getHeapUsage")["usedSize"])
    return Heap(used, _objects(_snapshot(session)))


def _snapshot(session: CDPSession) -> dict[str, Any]:
    chunks: list[str] = []

    def keep(event: dict[str, Any]) -> None:
        chunks.append(event["chunk"])

    session.on("HeapProfiler.addHeapSnapshotChunk", keep)
    session.send("HeapProfiler.takeHeapSnapshot", {"reportProgress": False})
    session.remove_listener("HeapProfiler.addHeapSnapshotChunk", keep)
    content: dict[str, Any] = json.loads("".join(chunks))
    return content


def _objects(snapshot: dict[str, Any]) -> int:
    """Without compiled code and hidden classes (V8's), and without the document's own nodes (Blink's)."""
    meta = snapshot["snapshot"]["meta"]
    fields, kinds = meta["node_fields"], meta["node_types"][0]
    apart = {kinds.index(kind) for kind in ("code", "object shape", "hidden", "native", "synthetic")}
    nodes, width = snapshot["nodes"], len(fields)
    kind, size = fields.index("type"), fields.index("self_size")
    return sum(nodes[at + size] for at in range(0, len(nodes), width) if nodes[at + kind] not in apart)
