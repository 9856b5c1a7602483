"""What a file at rest says of being finished: who still writes it, and whether the end of its kind is there."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable
from typing import NamedTuple

from pipeline.intake.writers import Writers
from pipeline.reading import ends

#: Pieces of so many bytes from the front, the middle and the end stand for the content of a file that is waited for.
PIECE = 4096


class Readiness(NamedTuple):
    """A file at one moment."""

    #: Whether somebody has it open for writing; None: cannot be told here.
    written: bool | None = False
    #: What it lacks to be whole, in words.
    lacks: str | None = None
    #: Whether its kind has an end that is there, so that no more is to come.
    ended: bool = False
    #: Of what lacks something: stands for its content, so that a change is seen which moves neither size nor time.
    sample: bytes = b""


#: What cannot be opened, or is no file: waiting would not help, and whoever takes it says why it is refused.
READY = Readiness()
#: A file without content that nobody has open for writing.
NOTHING_YET = Readiness(lacks=ends.EMPTY)


def readiness(clock: Callable[[], float]) -> Callable[[str], Readiness]:
    """A function that tells a path's readiness; it remembers for moments what it learnt of the machine."""
    writers = Writers(clock)

    def of(path: str) -> Readiness:
        try:
            # O_NONBLOCK: should the path have become a pipe since it was looked at, opening must not hang.
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            return READY
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return READY
            if written := writers.writes(path, descriptor):
                return Readiness(written=True)
            lacks, ended = ends.look(descriptor, path)
            sampled = lacks and lacks != ends.EMPTY
            return Readiness(written, lacks, ended, _sample(descriptor) if sampled else b"")
        except OSError:
            return READY
        finally:
            os.close(descriptor)

    return of


def _sample(descriptor: int) -> bytes:
    seen = os.fstat(descriptor)
    at = (0, max(0, seen.st_size // 2 - PIECE // 2), max(0, seen.st_size - PIECE))
    pieces = b"".join(os.pread(descriptor, PIECE, offset) for offset in at)
    return hashlib.blake2b(pieces, digest_size=16).digest()
