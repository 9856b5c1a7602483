"""A walk over folders that anybody may have filled: no depth, name, link or right ends it, and nothing is followed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path


def below(
    root: str | Path,
    enter: Callable[[os.DirEntry[str]], bool] = lambda _entry: True,
    trouble: Callable[[str, OSError], None] = lambda _folder, _error: None,
) -> Iterator[os.DirEntry[str]]:
    """Every entry below `root`, folders before what is in them, in no other order; none without `root`.

    Written without recursion: in Python 3.11 `os.walk`, `rglob` and `rmtree` call themselves for each level, and a
    folder 1,000 deep ends them. A folder that cannot be listed is told to `trouble` and passed over, one that vanishes
    meanwhile is passed over. `enter` says which folders to look into; a link is an entry and no folder.
    """
    waiting = [os.fspath(root)]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(folder) as found:
                entries = list(found)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            trouble(folder, error)
            continue
        for entry in entries:
            yield entry
            if is_folder(entry) and enter(entry):
                waiting.append(entry.path)


def is_folder(entry: os.DirEntry[str]) -> bool:
    """True for a folder itself; False for a link to one, and for what cannot be asked any more."""
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False
