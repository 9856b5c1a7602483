"""The truth about the inbox: a cheap walk over it that follows no link, and in which a bad place costs itself only."""

from __future__ import annotations

import errno
import logging
import os
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import NamedTuple

from pipeline.filenames import is_ignored, is_ignored_folder, printable
from pipeline.intake.inbox.folders import NEW, Place, place_of
from pipeline.intake.inbox.looks import Look, look_of
from pipeline.store.walk import is_folder

log = logging.getLogger("registry_review.inbox")

#: So many entries of one place are looked at in one scan, so that a place with millions of them delays no other. What
#: is taken leaves the inbox, so the next scan sees others.
MOST_ENTRIES = 100_000
#: So many folders of one place are watched through the system's events, whose number is limited for all places
#: together; what comes into others is found by scans.
MOST_WATCHED = 1_000

#: A folder's path is shown with so many characters.
LONGEST_SHOWN = 150

#: Said of a folder that this user may not list.
UNLISTED = "this folder cannot be opened, so nothing in it is taken; give this user the right to read it"
#: Said of a folder, or of what is in one, whose path is longer than the system opens (4,096 bytes on Linux).
TOO_DEEP = (
    "this folder lies too deep: the system opens no path that is so long, so nothing in it is taken; "
    "move what is in it into fewer folders"
)
#: Said of a place with more entries than are looked at.
OVERFULL = (
    f"it holds more than {MOST_ENTRIES:,} files and folders, of which so many are looked at at a time; "
    "move out what is not to be reviewed"
)


class Seen(NamedTuple):
    """Something that lies in somebody's folder."""

    path: str
    place: Place
    look: Look


def why_unlisted(error: OSError) -> str:
    """Why nothing of a folder can be taken, and what to do, in words."""
    if error.errno == errno.ENAMETOOLONG:
        return TOO_DEEP
    if error.errno in (errno.EACCES, errno.EPERM):
        return UNLISTED
    return f"this folder cannot be listed ({error.strerror or error}), so nothing in it is taken; look after its disk"


def scan(
    root: Path,
    sessions: Collection[str],
    trouble: Callable[[str, str], None] | None = None,
    below: Collection[tuple[str, ...]] = ((),),
    entering: Callable[[str], None] | None = None,
    most: int | None = MOST_ENTRIES,
) -> Iterator[Seen]:
    """Everything below a session's or a new project's folder that is no folder and no ignored name, in no order.

    Links, pipes and the like are seen, never followed or opened, so that whoever takes files can refuse them with a
    reason. Nothing is seen below a folder that means nothing to us. A folder that cannot be listed is reported through
    `trouble` (its path relative to `root`, and why) and the walk goes on; a place is left after `most` entries, which
    is reported of its folder. `below` names the folders to look in, all of them unless told: somebody who asks after
    one session need not wait for the folders of all others. `entering` is told of each folder that is worth watching,
    before it is looked into.
    """
    return _Scan(sessions, trouble or _to_nobody, entering or _unwatched, most).walk(root, below)


def shown(folder: str) -> str:
    """A folder's path relative to the inbox, as it is named to people: in one line, its middle left out if need be."""
    text = printable(folder)
    return f"{text if len(text) <= LONGEST_SHOWN else f'{text[:100]}...{text[-40:]}'}/"


def _to_nobody(_folder: str, _why: str) -> None:
    """Nobody asked."""


def _unwatched(_folder: str) -> None:
    """Nobody watches."""


class _Folder(NamedTuple):
    path: str
    #: Relative to the inbox, POSIX style; empty for the inbox itself.
    relative: str
    #: None for the inbox itself and for `new/`, where every folder is a place of its own.
    place: Place | None


class _Scan:
    """One walk; what it counts is counted for each place."""

    def __init__(
        self,
        sessions: Collection[str],
        trouble: Callable[[str, str], None],
        entering: Callable[[str], None],
        most: int | None,
    ) -> None:
        self._sessions = sessions
        self._trouble = trouble
        self._entering = entering
        self._most = most
        self._entries: Counter[Place] = Counter()
        self._watched: Counter[Place | None] = Counter()

    def walk(self, root: Path, below: Collection[tuple[str, ...]]) -> Iterator[Seen]:
        """See `scan`."""
        starts = [(root.joinpath(*parts), parts) for parts in below]
        stack = [self._start(folder, parts) for folder, parts in starts if not parts or not folder.is_symlink()]
        while stack:
            folder = stack.pop()
            self._watch(folder)
            try:
                entries = os.scandir(folder.path)
            except (FileNotFoundError, NotADirectoryError):
                continue  # It was moved on between being seen and being opened.
            except OSError as error:
                log.debug("cannot list %s: %s", printable(folder.relative), error.strerror)
                self._trouble(folder.relative, why_unlisted(error))
                continue
            try:
                with entries:
                    if folder.place is None:
                        stack += self._places(folder, entries)
                    else:
                        yield from self._look(folder, folder.place, entries, stack)
            except OSError as error:  # its disk failed in the middle of the list
                self._trouble(folder.relative, why_unlisted(error))

    def _start(self, folder: Path, parts: tuple[str, ...]) -> _Folder:
        place = None if parts in ((), (NEW,)) else place_of((*parts, "x"), self._sessions)
        return _Folder(os.fspath(folder), "/".join(parts), place)

    def _watch(self, folder: _Folder) -> None:
        self._watched[folder.place] += 1
        if folder.place is None or self._watched[folder.place] <= MOST_WATCHED:
            self._entering(folder.path)

    def _places(self, folder: _Folder, entries: Iterator[os.DirEntry[str]]) -> Iterator[_Folder]:
        """The folders of the inbox itself, or of `new/`, that can hold anything for us."""
        for entry in entries:
            if not is_folder(entry) or is_ignored_folder(entry.name):
                continue
            if not folder.relative and entry.name == NEW:
                yield _Folder(entry.path, NEW, None)
                continue
            inner = f"{folder.relative}/{entry.name}" if folder.relative else entry.name
            # A file of any name in the folder stands for all that it may hold.
            place = place_of((*inner.split("/"), "x"), self._sessions)
            if place.kind in ("session", "new"):
                yield _Folder(entry.path, inner, place)
            else:
                self._entering(entry.path)  # it may be a session's in a moment, which a file in it then tells

    def _look(
        self, folder: _Folder, place: Place, entries: Iterator[os.DirEntry[str]], stack: list[_Folder]
    ) -> Iterator[Seen]:
        """What lies in one folder of a place; the folders in it go onto the stack."""
        for entry in entries:
            self._entries[place] += 1
            if self._most is not None and self._entries[place] > self._most:
                if self._entries[place] == self._most + 1:
                    self._trouble(place.folder, OVERFULL)
                return
            name = entry.name
            if is_folder(entry):
                if not is_ignored_folder(name):
                    stack.append(_Folder(entry.path, f"{folder.relative}/{name}", place))
                continue
            if is_ignored(name):
                continue
            try:
                stat = entry.stat(follow_symlinks=False)
            except (FileNotFoundError, NotADirectoryError):
                continue  # Gone in between; the next scan or event tells.
            except OSError as error:
                self._trouble(folder.relative, why_unlisted(error))
                continue
            yield Seen(entry.path, place, look_of(stat))


def wanted(parts: tuple[str, ...], sessions: Collection[str]) -> Place | None:
    """The place of a file that is ours to take, judged by its path alone; None for everything else."""
    if not parts or is_ignored(parts[-1]) or any(is_ignored_folder(part) for part in parts[:-1]):
        return None
    place = place_of(parts, sessions)
    return place if place.kind in ("session", "new") else None
