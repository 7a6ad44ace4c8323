"""`python -m tests.benchmarks.peers`: write the Java peer's lock anew. The others: `uv pip compile` of their `.in`."""

from __future__ import annotations

from tests.benchmarks.peers.environments import write_java_lock

if __name__ == "__main__":
    write_java_lock()
