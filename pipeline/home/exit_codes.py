"""Exit codes: what the end of a command means to the program or script that called it (contract: Command line)."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.errors import (
    DuplicateSessionWarning,
    FileRefused,
    NotReady,
    ReviewError,
    RevisionConflict,
    SessionNotFound,
    TryAgain,
    UsageError,
)

DONE = 0
#: Failed, or a stage that was asked for failed.
FAILED = 1
USAGE = 2
#: Done, but within the stages asked for something waits for a person.
NEEDS_YOU = 3
#: Partly done: some files were refused, each named.
PARTLY = 4
#: Locked, broker away, or nobody to hand the work to.
TRY_AGAIN = 75
INTERRUPTED = 130

#: Every other ReviewError is a plain failure.
_CODES: tuple[tuple[type[ReviewError], int], ...] = (
    (UsageError, USAGE),
    (SessionNotFound, USAGE),
    (DuplicateSessionWarning, NEEDS_YOU),
    (NotReady, NEEDS_YOU),
    (FileRefused, PARTLY),
    (TryAgain, TRY_AGAIN),
    (RevisionConflict, TRY_AGAIN),
)
#: Of several outcomes the first of these that occurred is told.
_GRAVEST_FIRST = (INTERRUPTED, FAILED, USAGE, TRY_AGAIN, PARTLY, NEEDS_YOU)


def code_of(error: ReviewError) -> int:
    """The exit code for an error."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), FAILED)


def gravest(codes: Iterable[int]) -> int:
    """The one exit code for several outcomes; DONE when there was nothing but success."""
    seen = set(codes)
    return next((code for code in _GRAVEST_FIRST if code in seen), DONE)
