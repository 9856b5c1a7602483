"""Ctrl-C: whenever it comes, the command does not end as if it had not been interrupted."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import click


@contextmanager
def heard() -> Iterator[None]:
    """KeyboardInterrupt at the end of the block, at the latest, when SIGINT came while it ran.

    Python drops an exception that a finalizer or a callback of the garbage collector raises, and an interrupt may come
    just then. Where SIGINT is ignored, as in the background of a shell without job control, it stays so.
    """
    if not _as_python_has_it():
        yield
        return
    came = False

    def hear(_number: int, _frame: FrameType | None) -> None:
        nonlocal came
        came = True
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, hear)
    try:
        yield
    except click.exceptions.Exit:
        if not came:
            raise
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if came:
        raise KeyboardInterrupt


def leave_to_the_system() -> None:
    """From here on SIGINT ends the process at once: while the interpreter ends, an exception would go unheard."""
    if _as_python_has_it():
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def _as_python_has_it() -> bool:
    here = threading.current_thread() is threading.main_thread()
    return here and signal.getsignal(signal.SIGINT) is signal.default_int_handler
