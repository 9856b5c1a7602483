"""What killed processes left behind: found, counted and swept by age, never what somebody may still be writing."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.models import Value
from pipeline.store.files import LEFTOVER_SECONDS, is_locked
from pipeline.store.walk import below, is_folder
from pipeline.upkeep.restore import LOCK, UNPACKING

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace


class Leftover(Value):
    """A file or folder that nobody works on any more."""

    path: Path
    size: int


def leftovers(ws: Workspace) -> tuple[Leftover, ...]:
    """Everything in the data folder and the quarantine that was begun over an hour ago and never finished."""
    before = ws.now().timestamp() - LEFTOVER_SECONDS
    found = [*_temporary(ws.data, before), *_temporary(ws.quarantine, before), *_copies(ws.staging, before)]
    if not is_locked(ws.data / LOCK):
        found += [_weighed(folder) for folder in sorted(ws.data.glob(f"{UNPACKING}*")) if _touched(folder) < before]
    return tuple(found)


def sweep(found: tuple[Leftover, ...]) -> None:
    """Remove them."""
    for one in found:
        if one.path.is_dir() and not one.path.is_symlink():
            shutil.rmtree(one.path, ignore_errors=True)
            one.path.with_name(one.path.name + ".lock").unlink(missing_ok=True)
        else:
            one.path.unlink(missing_ok=True)


def _temporary(root: Path, before: float) -> Iterator[Leftover]:
    def enter(folder: os.DirEntry[str]) -> bool:
        """Not the parts that are looked at by another rule, nor what a restore put aside."""
        return folder.path != f"{root}/{folder.name}" or not (folder.name == "staging" or folder.name.startswith("."))

    found = []
    for entry in below(root, enter):
        if not entry.name.endswith(".tmp"):
            continue
        with suppress(OSError):
            seen = entry.stat(follow_symlinks=False)
            if stat.S_ISREG(seen.st_mode) and seen.st_mtime < before:
                found.append(Leftover(path=Path(entry.path), size=seen.st_size))
    yield from sorted(found, key=lambda one: one.path)


def _copies(staging: Path, before: float) -> Iterator[Leftover]:
    """Folders of copies whose process is dead."""
    for folder in sorted(staging.glob("copies-*/")):
        if not is_locked(folder.with_name(folder.name + ".lock")) and _touched(folder) < before:
            yield _weighed(folder)


def _touched(folder: Path) -> float:
    """When anything in it last changed."""
    newest = 0.0
    with suppress(OSError):
        newest = folder.lstat().st_mtime
    for entry in below(folder):
        with suppress(OSError):
            newest = max(newest, entry.stat(follow_symlinks=False).st_mtime)
    return newest


def _weighed(folder: Path) -> Leftover:
    size = 0
    for entry in below(folder):
        with suppress(OSError):
            size += 0 if is_folder(entry) else entry.stat(follow_symlinks=False).st_size
    return Leftover(path=folder, size=size)
