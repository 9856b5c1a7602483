"""The last rest of taken files: out of reach at once, removed only when their bytes are once more those that were kept.

A writer may have opened a file just before it was moved away, or reach it without its name (a file server). What it
adds is not lost: a file that is found to hold something else is put back, and taken again as a new version.
"""

from __future__ import annotations

import errno
import hashlib
import logging
import os
import secrets
import shutil
import stat
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from pipeline import filenames
from pipeline.errors import ReviewError
from pipeline.intake.sources.inbox import InboxFile, identity_of, same_content
from pipeline.intake.writers import Writers
from pipeline.models import Value
from pipeline.store.faultpoints import reach
from pipeline.store.files import kernel_lock, make_private_folder, write_atomic

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace

log = logging.getLogger("registry_review.inbox")

#: Directly in the inbox and hidden, so that moving a file there is one step and nobody takes it for something new.
FOLDER = ".leaving"
#: Seconds for which a taken file rests there: whoever was just opening it has it open by then.
REST_SECONDS = 5.0
_ABOUT = "about.json"


class _Left(Value):
    """Where a file lay, relative to the inbox, and the hash of what was kept of it."""

    #: Hexadecimal, since a name may be no UTF-8.
    path: str
    #: Several when several files of one drop had the same shown name.
    sha256: tuple[str, ...]


class _About(Value):
    """What lies beside it, by name."""

    files: dict[str, _Left]


def let_go(ws: Workspace, files: Sequence[tuple[InboxFile, tuple[str, ...]]]) -> None:
    """Take files whose content is safe, each with its hash, out of the inbox.

    One that is no longer the file that settled stays, and so does one that somebody has open for writing.
    """
    writers = Writers(time.monotonic)
    going = [(file, sha256) for file, sha256 in files if _is_ready(file, writers)]
    if not going:
        return
    about = {f".{n}": _Left(path=_hex(ws, file.path), sha256=sha256) for n, (file, sha256) in enumerate(going)}
    root = ws.inbox / FOLDER
    try:
        if root.is_symlink():
            raise OSError(errno.ELOOP, f"{root} is a symbolic link")
        rest = make_private_folder(root / secrets.token_hex(8))
        # First, so that whoever finds a file here after a crash knows where it came from.
        write_atomic(rest / _ABOUT, _About(files=about).model_dump_json().encode())
    except (ReviewError, OSError) as error:
        # They are offered again later and found to be duplicates; nothing is lost meanwhile.
        log.warning("taken files cannot be removed from the inbox: %s", error)
        return
    for name, (file, _) in zip(about, going, strict=True):
        _move(file, rest / name)


def _is_ready(file: InboxFile, writers: Writers) -> bool:
    if not same_content(file.identity, identity_of(file.path)):
        return False
    return writers.of(file.path) is not True


def _hex(ws: Workspace, path: Path) -> str:
    return os.fsencode(os.path.relpath(path, ws.inbox)).hex()


def _move(file: InboxFile, into: Path) -> None:
    if not same_content(file.identity, identity_of(file.path)):
        return
    try:
        reach("inbox.unlink")
        try:
            file.path.rename(into)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            file.path.unlink()  # its folder is a disk of its own; nobody has it open
        reach("inbox.unlinked")
    except FileNotFoundError:
        pass
    except OSError as error:
        log.warning("%s was taken and cannot be removed: %s", filenames.printable(file.relative), error.strerror)


def sweep(ws: Workspace, rest_seconds: float = REST_SECONDS) -> list[str]:
    """Remove what has rested and is what was kept; put back what is not.

    Returns the paths, relative to the inbox and fit to be shown, of what somebody still has open for writing: that
    stays until the next sweep. Another process that sweeps at the moment is left to it.
    """
    root = ws.inbox / FOLDER
    if not root.is_dir():
        return []
    still_open: list[str] = []
    with suppress(ReviewError), kernel_lock(ws.data / "leaving.lock", 0, "Another process sweeps."):
        now = ws.now().timestamp()
        for rest in sorted(root.iterdir()):
            with suppress(OSError):
                # By the disk's own clock; one that was set back makes nothing rest for ever.
                if 0 <= now - rest.stat().st_mtime < rest_seconds:
                    continue
                still_open += _end(ws, rest)
        with suppress(OSError):
            root.rmdir()
    return still_open


def _end(ws: Workspace, rest: Path) -> list[str]:
    """Finish one drop's files; returns those that must stay. Nothing goes of which nobody knows what it is."""
    try:
        about = _About.model_validate_json((rest / _ABOUT).read_bytes())
    except (OSError, ValidationError):
        return []
    writers, still_open, left = Writers(time.monotonic), [], 0
    for path in sorted(rest.iterdir()):
        if path.name == _ABOUT:
            continue
        left += 1
        known = about.files.get(path.name)
        relative = _inside(ws, known) if known else None
        if known is None or relative is None or not stat.S_ISREG(path.lstat().st_mode):
            continue
        shown = filenames.printable(relative)
        if writers.of(path) is True:
            still_open.append(shown)
            continue
        if _sha256(path) in known.sha256:
            path.unlink()
        else:
            back = _put_back(ws, path, relative)
            log.warning("%s was written to after it was taken; it is taken again as %s", shown, back)
        left -= 1
    if not left:
        shutil.rmtree(rest, ignore_errors=True)
    return still_open


def _inside(ws: Workspace, known: _Left) -> str | None:
    """The path of a file, relative to the inbox; None for one that leads out of it, whoever wrote it down."""
    try:
        relative = os.fsdecode(bytes.fromhex(known.path))
    except ValueError:
        return None
    target = Path(relative)
    if target.is_absolute() or ".." in target.parts or not target.name or "\0" in relative:
        return None
    root = ws.inbox.resolve()
    return relative if (root / target).parent.resolve().is_relative_to(root) else None


def _sha256(path: Path) -> str | None:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return None


def _put_back(ws: Workspace, path: Path, relative: str) -> str:
    """Under its own name, or beside what has come under that name since; nothing is overwritten."""
    target = ws.inbox / relative
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    while True:
        try:
            # A second name, since renaming would replace what came there in this moment.
            target.hardlink_to(path)
            path.unlink()
        except FileExistsError:
            target = filenames.free_name(target.parent, target.name)
            continue
        except OSError:
            if os.path.lexists(target):
                raise
            path.rename(target)  # a file system without second names
        return filenames.printable(os.path.relpath(target, ws.inbox))
