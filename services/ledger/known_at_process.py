"""`python -m services.ledger.known_at_process`: folds past pictures apart from the web process, which must not wait.

Questions on standard input, answers on standard output; it ends with its input.
"""

from __future__ import annotations

import os
import select
import sys

from services.ledger.known_at_folds import FoldedPictures
from services.ledger.known_at_questions import frame, read_question

NICENESS = 5
"""Looking back yields to what is happening now."""

IDLE_SECONDS = 300.0
"""Nobody looks back any more: the memory is given back. The next question starts another process."""


def main() -> int:
    """Answer until there are no more questions."""
    os.nice(NICENESS)
    # What is printed by mistake must not get among the answers.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    pictures = FoldedPictures()
    # Questions come one at a time, each after the answer to the one before: between two nothing is in a buffer.
    while select.select([sys.stdin.buffer], [], [], IDLE_SECONDS)[0]:
        question = read_question(sys.stdin.buffer)
        if question is None:
            break
        try:
            answers.write(frame(pictures.answer(question)))
            answers.flush()
        except BrokenPipeError:
            break  # whoever asked is gone
    return 0


if __name__ == "__main__":
    sys.exit(main())
