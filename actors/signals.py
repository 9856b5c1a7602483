"""Ending cleanly when the system or a person asks for it."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

log = logging.getLogger("registry_review")

#: Seconds from the first signal to the hard end; service managers often wait for 10 s, and so much is promised.
GRACE_SECONDS = 8.0


@contextmanager
def set_on_signals(stop: threading.Event) -> Iterator[None]:
    """Have SIGINT and SIGTERM set `stop` while the block runs; a second one does what it did before.

    Only a main thread can have signals; in any other this does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    # None stands for a handler that was not set from Python and cannot be put back.
    before = {number: signal.getsignal(number) or signal.SIG_DFL for number in (signal.SIGINT, signal.SIGTERM)}

    def end(number: int, _frame: FrameType | None) -> None:
        stop.set()
        signal.signal(number, before[signal.Signals(number)])

    for number in before:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def end_hard() -> None:
    """Have this process killed GRACE_SECONDS after the first SIGINT or SIGTERM that it handles, unless it ends itself.

    Handlers written in Python run only between two steps of Python code. A regular expression may hold the interpreter
    for hours, and then nothing in this process can end it: so a small process beside it does (`actors.guard`). What is
    cut off is done again by the next start, since the store is whole at every moment. For the main thread of a program
    whose handlers stand until its end; `asyncio`'s own signal handlers would take the place of the pipe.
    """
    source, sink = os.pipe()
    os.set_blocking(sink, False)
    program = str(Path(__file__).with_name("guard.py"))
    command = [sys.executable, "-I", "-S", program, str(os.getpid()), str(GRACE_SECONDS)]
    quiet = (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)
    try:
        # Signals that a terminal or a service manager sends to all of a group are held back from it for good.
        held = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGTSTP)
        actions = [(os.POSIX_SPAWN_DUP2, source, 0), quiet]
        os.posix_spawn(sys.executable, command, os.environ, file_actions=actions, setsigmask=held)
    except OSError as error:
        log.warning("nothing will end this program hard, should it hang when it is told to end: %s", error)
        os.close(sink)
    else:
        signal.set_wakeup_fd(sink, warn_on_full_buffer=False)
    finally:
        os.close(source)
