"""What of a home a backup keeps: everything but what is derived, what is underway and what only this machine needs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

#: Made again from sessions and contents, or of no meaning once the processes of this machine have ended.
#: Whoever holds a backup must not be able to sign in as somebody: so its secret stays here.
LEFT_OUT = frozenset({"readings", "staging", "workers", "watcher.json", "queue.name", "errors.log", "sign-in.secret"})
#: Each has a way of its own into a backup.
APART = frozenset({"sessions", "content"})
#: The start of the catalog's file and of those that SQLite puts beside it.
CATALOG = "catalog."
#: How a folder in the data folder begins whose name hides it: what a restore put aside or had not finished.
HIDDEN = "."


def home_wide(data: Path) -> Iterator[Path]:
    """Every file of the data folder that is no session's, no content and not left out, in a fixed order."""
    for entry in _sorted(data):
        if entry.name in LEFT_OUT | APART or entry.name.startswith((HIDDEN, CATALOG)):
            continue
        yield from files_under(entry)


def files_under(place: Path, trouble: Callable[[Path, OSError], None] | None = None) -> Iterator[Path]:
    """`place` itself, or every regular file under it, in a fixed order; locks and half-written files are left out.

    However deep it lies. What cannot be looked at (rights, a path that is too long) raises, or is told to `trouble`.
    """
    waiting = [place]
    while waiting:
        one = waiting.pop()
        try:
            if one.is_symlink():
                continue
            if one.is_dir():
                waiting += reversed(_sorted(one))
            elif one.is_file() and not one.name.endswith((".lock", ".tmp")):
                yield one
        except OSError as error:
            if trouble is None:
                raise
            trouble(one, error)


def holds_anything(data: Path) -> bool:
    """True when the data folder holds something that is not made again by itself."""
    if any(home_wide(data)):
        return True
    return any(any(files_under(data / name)) for name in sorted(APART))


def _sorted(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            return sorted(Path(entry.path) for entry in entries)
    except (FileNotFoundError, NotADirectoryError):
        return []
