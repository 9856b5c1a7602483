"""One look at a file: what identifies its present state."""

from __future__ import annotations

import os
import stat
from typing import NamedTuple


class Look(NamedTuple):
    """A file's state at one moment; equal looks mean that nothing visible happened in between."""

    ino: int
    size: int
    mtime_ns: int
    ctime_ns: int
    #: Blocks of 512 bytes that the disk holds of it: a file that was set aside in full length grows in these alone.
    blocks: int = 0

    @property
    def settles_by(self) -> tuple[int, int, int]:
        """What must stand still for a file to be settled: a changed mode or link count (ctime) is no new content."""
        return self.ino, self.size, self.mtime_ns

    @property
    def identity(self) -> tuple[int, int, int, int]:
        """What whoever takes the file holds it to: blocks come and go after the last byte, too."""
        return self.ino, self.size, self.mtime_ns, self.ctime_ns


def look_at(path: str) -> Look | None:
    """The present state of what lies at `path`; None when it is gone or is a folder. A link itself is looked at."""
    try:
        seen = os.lstat(path)
    except OSError:
        return None
    if stat.S_ISDIR(seen.st_mode):
        return None
    return look_of(seen)


def look_of(seen: os.stat_result) -> Look:
    """The look that the system's answer stands for."""
    return Look(seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns, seen.st_blocks)
