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
    for folder, inner, names in os.walk(root):
        # The parts that are looked at by another rule, and what a restore put aside.
        apart = [name for name in inner if folder == str(root) and (name == "staging" or name.startswith("."))]
        inner[:] = sorted(set(inner) - set(apart))
        for name in sorted(names):
            path = Path(folder, name)
            with suppress(FileNotFoundError):
                seen = path.lstat()
                if name.endswith(".tmp") and stat.S_ISREG(seen.st_mode) and seen.st_mtime < before:
                    yield Leftover(path=path, size=seen.st_size)


def _copies(staging: Path, before: float) -> Iterator[Leftover]:
    """Folders of copies whose process is dead."""
    for folder in sorted(staging.glob("copies-*/")):
        if not is_locked(folder.with_name(folder.name + ".lock")) and _touched(folder) < before:
            yield _weighed(folder)


def _touched(folder: Path) -> float:
    """When anything in it last changed."""
    newest = 0.0
    for current, _, names in os.walk(folder):
        for path in (Path(current), *(Path(current, name) for name in names)):
            with suppress(FileNotFoundError):
                newest = max(newest, path.lstat().st_mtime)
    return newest


def _weighed(folder: Path) -> Leftover:
    size = 0
    for current, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):
                size += Path(current, name).lstat().st_size
    return Leftover(path=folder, size=size)
