"""Folders that were dropped and that taking has emptied are removed; a session's own folder never is."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

#: An empty folder must stand untouched for this long, in seconds: whoever copies into it may only have paused.
REST_SECONDS = 60.0


@dataclass
class _Resting:
    place: str
    mtime_ns: int
    since: float


class Tidy:
    """Removes sub-folders that taking has emptied, so that what is left in the inbox is what waits there."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._resting: dict[str, _Resting] = {}

    def emptied(self, files: Iterable[str], place: Path) -> None:
        """These files were handed over; the folders between them and the folder of their place may be empty soon."""
        for path in files:
            self._watch(str(Path(path).parent), str(place))

    def turn(self) -> None:
        """Remove what has stood empty and untouched for long enough; what is not empty is forgotten."""
        now = self._clock()
        for folder, resting in list(self._resting.items()):
            if now - resting.since < REST_SECONDS:
                continue
            mtime_ns = _mtime_ns(folder)
            if mtime_ns is not None and mtime_ns != resting.mtime_ns:
                resting.mtime_ns, resting.since = mtime_ns, now
                continue
            del self._resting[folder]
            try:
                Path(folder).rmdir()  # Refuses a folder with anything in it, hidden files included.
            except OSError:
                continue
            self._watch(str(Path(folder).parent), resting.place)

    def _watch(self, folder: str, place: str) -> None:
        mtime_ns = _mtime_ns(folder)
        if mtime_ns is not None and folder.startswith(place + os.sep):
            self._resting[folder] = _Resting(place, mtime_ns, self._clock())


def _mtime_ns(folder: str) -> int | None:
    try:
        return os.lstat(folder).st_mtime_ns
    except OSError:
        return None
