"""What every kind of source is turned into: files that can be tried, and files that are refused with a reason."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from pipeline import filenames
from pipeline.errors import FileRefused
from pipeline.models import SourceType


@dataclass(frozen=True)
class Candidate:
    """A file that may be taken."""

    name: filenames.SafeName
    #: Gives the file itself (it is copied) or a stream of its bytes; may raise FileRefused.
    content: Callable[[], Path | BinaryIO]
    #: Bytes, as far as known before reading.
    size: int
    #: False when what was read may be a part only, since the file is written to again.
    rests: Callable[[], bool] = lambda: True


@dataclass(frozen=True)
class Refusal:
    """A file that is not taken, with the reason in words."""

    #: POSIX path inside the source, fit to be shown.
    path: str
    reason: str
    #: False when nothing is wrong with the file itself: it is still being written, or its name says temporary. Such a
    #: refusal is told to the caller and not kept with the session.
    lasting: bool = True

    @property
    def filename(self) -> str:
        """The name without its folders."""
        return self.path.rsplit("/", 1)[-1] or self.path


@dataclass(frozen=True)
class Batch:
    """What one source holds at one moment."""

    source_type: SourceType
    #: Equal for every look at the same source; None when each call is a source of its own (upload).
    source_id: str | None
    metadata: dict[str, Any]
    candidates: tuple[Candidate, ...]
    refusals: tuple[Refusal, ...] = ()
    #: True when nobody asked for these files just now: what a person took out of the session then stays out.
    automatic: bool = False
    #: True for a source that is recorded though no file is taken from it: a link that is only referred to.
    stands: bool = False
    #: What the caller is told beside the counts.
    note: str = ""


def size_of(path: Path, shown: str, limit_bytes: int) -> int:
    """The size in bytes of a file that may be taken; FileRefused for a link, a non-file, an empty or too large one."""
    try:
        seen = path.lstat()
    except FileNotFoundError as error:
        raise FileRefused(f"{shown}: the file is no longer there.", "Add it again if it is still wanted.") from error
    except OSError as error:
        raise cannot_read(shown, error) from error
    if stat.S_ISLNK(seen.st_mode):
        raise FileRefused(f"{shown}: a symbolic link is never followed.", "Give the file it points to.")
    if not stat.S_ISREG(seen.st_mode):
        raise FileRefused(f"{shown}: this is not a regular file.", "Save its content to a file and give that.")
    check_size(seen.st_size, shown, limit_bytes)
    if not os.access(path, os.R_OK, effective_ids=os.access in os.supports_effective_ids):
        raise cannot_read(shown, PermissionError("Permission denied"))
    return seen.st_size


def check_size(size: int, shown: str, limit_bytes: int) -> None:
    """FileRefused for a file without content and for one over the limit."""
    if size == 0:
        raise FileRefused(f"{shown}: the file is empty (0 bytes).", "Check the copy and send the file again.")
    if size > limit_bytes:
        raise FileRefused(
            f"{shown}: the file is larger than {limit_bytes // 1_000_000} MB.",
            "Split it, or raise max_file_mb under [inbox] in config.toml.",
        )


def cannot_read(shown: str, error: OSError) -> FileRefused:
    """The refusal for a file that the system will not let us read."""
    if error.errno == errno.ENAMETOOLONG:
        where = shown if len(shown) <= 150 else f"{shown[:100]}...{shown[-40:]}"
        return FileRefused(f"{where}: it lies too deep for the system to open.", "Put it into fewer folders.")
    why = (error.strerror or str(error)).lower()
    return FileRefused(f"{shown}: the file cannot be read ({why}).", "Check its rights and add it again.")
