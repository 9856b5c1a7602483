"""Settled files of a session's inbox folder."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pipeline import filenames
from pipeline.errors import FileRefused
from pipeline.intake.sources.batch import Batch, Candidate, Refusal, size_of
from pipeline.intake.writers import Writers

#: A session has one inbox source, whichever folder its files were dropped into.
SOURCE_ID = "inbox"


@dataclass(frozen=True)
class InboxFile:
    """A file that has settled."""

    path: Path
    #: POSIX path inside the session's folder.
    relative: str
    #: (ino, size, mtime_ns, ctime_ns) when it settled.
    identity: tuple[int, ...]


def identity_of(path: Path) -> tuple[int, ...] | None:
    """(ino, size, mtime_ns, ctime_ns) of what lies at `path`, links not followed; None when nothing does."""
    try:
        seen = os.lstat(path)
    except OSError:
        return None
    return (seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns)


def same_content(before: Sequence[int], now: Sequence[int] | None) -> bool:
    """True when nothing was written in between; a changed mode or link count (ctime alone) is no new content."""
    return now is not None and tuple(before[:3]) == tuple(now[:3])


def from_inbox(files: Sequence[InboxFile], folder: str, limit_bytes: int) -> tuple[Batch, dict[str, InboxFile]]:
    """What can be taken of `files`, and each file by its shown path.

    A file that is gone was taken by an earlier delivery of the same message: it is left out quietly. One that changed
    since it settled is left out too, with a refusal that does not last: it settles anew and comes again.
    """
    candidates, refusals, by_path = [], [], {}
    writers = Writers(time.monotonic)
    for file in files:
        shown = filenames.printable(file.relative)
        now = identity_of(file.path)
        if now is None:
            continue
        by_path[shown] = file
        if filenames.is_ignored_path(file.relative):
            refusals.append(Refusal(shown, f"{shown}: hidden and temporary files are not taken.", lasting=False))
            continue
        if not same_content(file.identity, now) or writers.of(file.path):
            reason = f"{shown}: the file is still being written; it is taken as soon as it rests."
            refusals.append(Refusal(shown, reason, lasting=False))
            continue
        try:
            name = filenames.check(file.relative)
            size = size_of(file.path, name.path, limit_bytes)
            by_path[name.path] = file
            rests = partial(_rests, file, writers)
            candidates.append(Candidate(name, _again(file, name.path, limit_bytes), size, rests))
        except FileRefused as error:
            refusals.append(Refusal(shown, str(error)))
    batch = Batch("inbox", SOURCE_ID, {"folder": folder}, tuple(candidates), tuple(refusals))
    return batch, by_path


def _rests(file: InboxFile, writers: Writers) -> bool:
    """False while the file that settled is written to; what lies under its name by now is another matter."""
    now = identity_of(file.path)
    if now is None or now[0] != file.identity[0]:
        return True
    return same_content(file.identity, now) and writers.of(file.path) is not True


def _again(file: InboxFile, shown: str, limit_bytes: int) -> Callable[[], Path]:
    def itself() -> Path:
        size_of(file.path, shown, limit_bytes)
        return file.path

    return itself
