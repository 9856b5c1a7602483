"""The live view on a terminal: drawn on stderr in place, wiped when it ends, however it ends."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, cast

from pipeline.home import logs
from pipeline.models.characters import plain

if TYPE_CHECKING:
    from typing import TextIO

    from rich.text import Text

#: How often it is drawn.
TIMES_PER_SECOND = 4


def can_be_drawn_on() -> bool:
    """True when stderr is a terminal that can move its cursor; standard output may go wherever it likes."""
    return sys.stderr.isatty() and os.environ.get("TERM", "").lower() not in ("", "dumb", "unknown")


@contextmanager
def shown(lines: Callable[[int, int], list[str]]) -> Iterator[None]:
    """Draw `lines(width, height)` again and again while the block runs; what is said meanwhile stands above it.

    Standard output is touched only when it is a terminal too.
    """
    from rich.console import Console  # start-up
    from rich.live import Live  # start-up
    from rich.text import Text  # start-up

    console = Console(stderr=True, highlight=False)

    def drawn() -> Text:
        width, height = console.size
        # A line that is full would be broken by the ^C that a terminal writes at its end, and not be wiped.
        return Text("\n".join(lines(max(width - len("^C") - 1, 1), height)), no_wrap=True, overflow="crop")

    live = Live(
        get_renderable=drawn,
        console=console,
        refresh_per_second=TIMES_PER_SECOND,
        transient=True,
        redirect_stdout=sys.stdout.isatty(),
    )
    with _ended_by_sigterm(), logs.written_through(cast("TextIO", _Current())):
        try:
            with _uninterrupted():
                live.start()
            yield
        finally:
            with _uninterrupted():
                live.stop()


class _Current:
    """Whatever sys.stderr is at the moment of writing: what draws puts itself there."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Hold signals back until the block is done: a view that is half begun or half ended leaves the cursor hidden."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Have SIGTERM end the program as an exception does: killed outright it would leave the cursor hidden."""
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGTERM) != signal.SIG_DFL:
        yield
        return

    def end(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


@contextmanager
def one_line(say: Callable[[str], None], quiet: bool = False, seconds: float = 5.0) -> Iterator[Callable[[str], None]]:
    """Show the progress of one long command as a live line; where none can be drawn, `say` it every few seconds."""
    if quiet or not can_be_drawn_on():
        yield _now_and_then(say, seconds)
        return
    from rich.console import Console  # start-up
    from rich.markup import escape  # start-up

    with Console(stderr=True).status("starting") as line:
        yield lambda text: line.update(escape(plain(text)[:100]))


def _now_and_then(say: Callable[[str], None], seconds: float) -> Callable[[str], None]:
    last = float("-inf")

    def sparsely(text: str) -> None:
        nonlocal last
        if time.monotonic() - last >= seconds:
            last = time.monotonic()
            say(plain(text))

    return sparsely
