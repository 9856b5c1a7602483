"""The truth about the inbox: a cheap walk over it that follows no link."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import NamedTuple

from pipeline.filenames import is_ignored, is_ignored_folder, printable
from pipeline.intake.inbox.folders import Place, place_of
from pipeline.intake.inbox.looks import Look, look_of

log = logging.getLogger("registry_review.inbox")


#: Said of a folder that cannot be listed.
UNLISTED = "this folder cannot be opened, so nothing in it is taken; give this user the right to read it"


class Seen(NamedTuple):
    """Something that lies in somebody's folder."""

    path: str
    place: Place
    look: Look


def scan(
    root: Path,
    sessions: Collection[str],
    trouble: Callable[[str], None] | None = None,
    below: Collection[tuple[str, ...]] = ((),),
) -> Iterator[Seen]:
    """Everything below a session's or a new project's folder that is no folder and no ignored name, in no order.

    Links, pipes and the like are seen, never followed or opened, so that whoever takes files can refuse them with a
    reason. Nothing is seen below a folder that means nothing to us. A folder that cannot be listed is reported through
    `trouble` (its path relative to `root`) and the walk goes on. `below` names the folders to look in, all of them
    unless told: somebody who asks after one session need not wait for the folders of all others.
    """
    starts = ((root.joinpath(*parts), parts) for parts in below)
    stack = [(os.fspath(folder), parts) for folder, parts in starts if not parts or not folder.is_symlink()]
    while stack:
        folder, parts = stack.pop()
        try:
            entries = os.scandir(folder)
        except FileNotFoundError:
            continue  # It was moved on between being seen and being opened.
        except OSError as error:
            log.debug("cannot list %s: %s", printable("/".join(parts)), error.strerror)
            if trouble:
                trouble("/".join(parts))
            continue
        with entries:
            for entry in entries:
                inner = (*parts, entry.name)
                try:
                    if entry.is_dir(follow_symlinks=False):
                        if _enter(inner, sessions):
                            stack.append((entry.path, inner))
                        continue
                    place = wanted(inner, sessions)
                    if place is None:
                        continue
                    stat = entry.stat(follow_symlinks=False)
                except OSError:
                    continue  # Gone in between; the next scan or event tells.
                yield Seen(entry.path, place, look_of(stat))


def wanted(parts: tuple[str, ...], sessions: Collection[str]) -> Place | None:
    """The place of a file that is ours to take, judged by its path alone; None for everything else."""
    if not parts or is_ignored(parts[-1]) or any(is_ignored_folder(part) for part in parts[:-1]):
        return None
    place = place_of(parts, sessions)
    return place if place.kind in ("session", "new") else None


def _enter(parts: tuple[str, ...], sessions: Collection[str]) -> bool:
    """Whether a folder can hold anything for us."""
    if is_ignored_folder(parts[-1]):
        return False
    # A file of any name in the folder stands for all that it may hold.
    return (len(parts) == 1 and parts[0] == "new") or place_of((*parts, "x"), sessions).kind in ("session", "new")
