"""Where logs go: short lines to stderr for people, tracebacks to one private file for whoever mends the program."""

from __future__ import annotations

import logging
import os
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

#: The loggers that are ours to configure, and those of the libraries that do work for us.
OURS = ("registry_review",)
LIBRARIES = ("dramatiq", "watchdog", "pdfminer", "fontTools", "fpdf", "httpcore2", "httpx2", "uvicorn", "asyncio")
#: What these say, whoever called them tells in words of its own; on stderr it would stand there twice.
TOLD_ELSEWHERE = ("registry_review.queue", "registry_review.workflow")
#: Seconds for which a library need not say the same thing again.
SELDOM_SECONDS = 600.0
#: Different things of which is remembered when they were said.
MOST_REMEMBERED = 1000
#: The file under the data folder that tracebacks are appended to.
ERRORS_FILE = "errors.log"


class _Short(logging.Formatter):
    """One line per message: a person at a terminal is never shown a traceback."""

    def format(self, record: logging.LogRecord) -> str:
        return f"{record.levelname.lower()}: {record.getMessage()}"


class Seldom(logging.Filter):
    """Lets those who are named (by their first word) say the same thing once in a while.

    A queue's threads repeat every few seconds that it is away, and a server what any caller makes it say.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        seconds: float = SELDOM_SECONDS,
        names: tuple[str, ...] = LIBRARIES,
        whole: bool = False,
    ) -> None:
        super().__init__()
        self._clock = clock
        self._names = names
        #: Whether what a message is filled with makes it another thing.
        self._whole = whole
        self._seconds = seconds
        self._lock = threading.Lock()
        #: When each thing was said last, and how often it was left out since.
        self._said: dict[tuple[object, ...], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is to be written; one that comes after others were left out says how many."""
        library = record.name.partition(".")[0]
        if library not in self._names:
            return True
        raised = record.exc_info[0] if record.exc_info else None
        # What the message is filled with may differ a little from time to time, or name one of several threads.
        said = record.getMessage() if self._whole else str(record.msg)
        thing, now = (library, record.levelno, said, raised), self._clock()
        with self._lock:
            if len(self._said) > MOST_REMEMBERED:
                self._said.clear()
            last, left_out = self._said.get(thing, (None, 0))
            if last is not None and now - last < self._seconds:
                self._said[thing] = (last, left_out + 1)
                return False
            self._said[thing] = (now, 0)
        if left_out:
            record.msg = f"{record.msg} (said {left_out} times more since it was written here last)"
        return True


class _Private(logging.FileHandler):
    """A log file that only its owner may read, made when there is something to say."""

    def _open(self):  # type: ignore[no-untyped-def]  # the parent's type is private to logging
        os.close(os.open(self.baseFilename, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600))
        return super()._open()

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the parent's name
        """A home that cannot be written is told of by whoever finds it so; here it would be a traceback on stderr."""


def configure(data: Path, level: int = logging.WARNING) -> None:
    """Send our log to stderr from `level` up, and every traceback of ours and of the libraries to data/errors.log.

    Libraries are heard on stderr only at DEBUG; the root logger is left to the program that embeds us.
    """
    short = logging.StreamHandler(sys.stderr)
    short.setLevel(level)
    short.setFormatter(_Short())
    if level >= logging.WARNING:
        short.addFilter(lambda record: record.name not in TOLD_ELSEWHERE)
    long = _Private(data / ERRORS_FILE, delay=True, encoding="utf-8")
    long.setLevel(logging.ERROR)
    long.addFilter(Seldom())
    long.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))
    for name in (*OURS, *LIBRARIES):
        logger = logging.getLogger(name)
        for old in logger.handlers[:]:
            logger.removeHandler(old)
            old.close()
        logger.propagate = False
        logger.setLevel(min(level, logging.INFO) if name in OURS else logging.WARNING)
        logger.addHandler(long)
        if name in OURS or level <= logging.DEBUG:
            logger.addHandler(short)


@contextmanager
def written_through(stream: TextIO) -> Iterator[None]:
    """Have the short lines go to `stream` in place of stderr while the block runs: something is drawn there."""
    found = {handler for name in (*OURS, *LIBRARIES) for handler in logging.getLogger(name).handlers}
    short = [
        handler for handler in found if isinstance(handler, logging.StreamHandler) and handler.stream is sys.stderr
    ]
    before = sys.stderr
    for handler in short:
        handler.setStream(stream)
    try:
        yield
    finally:
        for handler in short:
            handler.setStream(before)


def record_defect(error: BaseException, data: Path | None) -> Path:
    """Append the traceback of a defect to data/errors.log, or to a temporary file without a home; returns the path."""
    text = f"{datetime.now(UTC).isoformat()} {''.join(traceback.format_exception(error))}\n"
    if data is not None and data.is_dir():
        path = data / ERRORS_FILE
        try:
            with os.fdopen(os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600), "a", encoding="utf-8") as file:
                file.write(text)
        except OSError:
            pass  # a home that cannot be written is one of the reasons for coming here
        else:
            return path
    descriptor, name = tempfile.mkstemp(prefix="registry-review-", suffix=".log")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    return Path(name)
