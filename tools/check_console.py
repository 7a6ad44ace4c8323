"""Check what Node is needed for: `python -m tools.check_console`.

The console's types and unit tests, and docs/api/asyncapi.json by the AsyncAPI parser. Exit 1 at the first that fails.
"""

from __future__ import annotations

import sys

from tools.build_console import ROOT, BuildError, find_npm, install

ASYNCAPI = str(ROOT / "tools" / "asyncapi")


def main() -> int:
    """Answers the exit code."""
    try:
        npm = find_npm()
        install(npm)
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1
    for arguments in (
        ("run", "check"),
        ("test",),
        ("ci", "--no-audit", "--no-fund", "--prefix", ASYNCAPI),
        ("run", "check", "--prefix", ASYNCAPI),
    ):
        if npm(*arguments) != 0:
            print(f"✗ npm {' '.join(arguments)}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
