"""Forks workers from a process that has imported everything already: a start costs milliseconds instead of seconds.

`python -m tests.live.worker_nursery`: reads one JSON object a line, `{"environment": {…}, "log": path}`, and answers the
pid of a process that runs `streams.worker` as its own start would. Children die with it, it dies with the tests.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable

from fenghuo.embedded.deathsig import die_with_parent
from streams.worker import __main__ as worker


def _become_a_worker(order: dict[str, object], tie: Callable[[], None] | None) -> None:
    """Never returns. `tie`: binds its life to its parent's."""
    code = 1
    try:
        if tie is not None:
            tie()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        log = os.open(str(order["log"]), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.environ.clear()
        os.environ.update(dict(order["environment"]))  # type: ignore[call-overload]
        sys.argv = ["worker"]
        worker.main()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
        if not isinstance(end.code, int | None):
            print(end.code, file=sys.stderr)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def main() -> None:
    """Until the tests close the pipe."""
    # Ended children are collected by the kernel.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    tie = die_with_parent(signal.SIGKILL)
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _become_a_worker(order, tie)
        print(pid, flush=True)


if __name__ == "__main__":
    main()
