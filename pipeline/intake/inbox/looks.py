"""One look at a file: what identifies its present state, and whether its content seems to have an end."""

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

    @property
    def settles_by(self) -> tuple[int, int, int]:
        """What must stand still for a file to be settled: a changed mode or link count (ctime) is no new content."""
        return self.ino, self.size, self.mtime_ns


#: Kinds of file that end with a mark, by suffix: the mark, and how many last bytes are searched for it. A PDF's mark is
#: looked for in the last 2 KB, as readers do; a zip's (workbooks are zips) may be followed by a comment of 64 KB.
END_MARKS: dict[str, tuple[bytes, int]] = {
    ".pdf": (b"%%EOF", 2048),
    ".xlsx": (b"PK\x05\x06", 65_557),
    ".zip": (b"PK\x05\x06", 65_557),
}


def look_at(path: str) -> Look | None:
    """The present state of what lies at `path`; None when it is gone or is a folder. A link itself is looked at."""
    try:
        seen = os.lstat(path)
    except OSError:
        return None
    if stat.S_ISDIR(seen.st_mode):
        return None
    return Look(seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns)


def seems_whole(path: str) -> bool:
    """False for an empty file and for one whose kind ends with a mark that is not there (yet).

    What cannot be opened (a link, missing rights) seems whole: waiting would not help, and whoever takes it says why it
    is refused.
    """
    try:
        # O_NONBLOCK: should the path have become a pipe since it was looked at, opening must not hang.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return True
    try:
        size = os.fstat(descriptor).st_size
        if size == 0:
            return False
        mark = END_MARKS.get(os.path.splitext(path)[1].lower())  # noqa: PTH122 - paths here are strings of any bytes
        if mark is None:
            return True
        wanted, reach = mark
        return wanted in os.pread(descriptor, reach, max(0, size - reach))
    except OSError:
        return True
    finally:
        os.close(descriptor)
