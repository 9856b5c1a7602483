"""Ends a program hard that was told to end and did not: a process of its own, which nothing in it can hold up.

`actors.signals.end_hard` starts it, as `python -I -S guard.py PID SECONDS` with a pipe as standard input. Python writes
the number of every signal into that pipe from where the kernel calls it, also while other code (a long regular
expression) holds the interpreter and no handler written in Python can run. The pipe ends with the program.

Only what the interpreter itself brings is imported, so that it is up soon and stays small.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import time

#: Signals that ask for the end; the last is sent when the other end of a pipe is closed (`pipeline.store.lifeline`).
ENDING = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGIO})


def guard(ward: int, seconds: float, source: int = 0) -> None:
    """Return when the process `ward` has ended; kill it when it has not within `seconds` of the first signal."""
    deadline: float | None = None
    while True:
        left = None if deadline is None else max(0.0, deadline - time.monotonic())
        ready, _, _ = select.select([source], [], [], left)
        if not ready:
            break
        numbers = os.read(source, 512)
        if not numbers:
            return
        if deadline is None and not ENDING.isdisjoint(numbers):
            deadline = time.monotonic() + seconds
    # Whoever has another parent by now has outlived its ward, whose number may be somebody else's.
    if os.getppid() == ward:
        sys.stderr.write(
            f"It did not end within {seconds:g} s of being told to, and is ended now. Nothing is lost: the next start "
            "goes on from there.\n"
        )
        sys.stderr.flush()
        os.kill(ward, signal.SIGKILL)


if __name__ == "__main__":
    guard(int(sys.argv[1]), float(sys.argv[2]))
