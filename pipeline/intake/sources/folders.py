"""A file or a folder on this machine, looked at without following links and without touching anything."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from pipeline import filenames
from pipeline.errors import FileRefused, UsageError
from pipeline.intake.sources.batch import Batch, Candidate, Refusal, cannot_read, size_of
from pipeline.store.walk import is_folder

#: A folder with more files than this is almost surely the wrong one: somebody's home, or a whole disk.
MAX_FILES = 100_000


def from_path(path: str, limit_bytes: int, own: Sequence[Path] = ()) -> Batch:
    """What stands at `path` now; a folder is looked at with everything below it.

    `own`: the program's own folders. They are never walked into, and nothing inside the first of them can be a source.
    Raises UsageError when nothing is there.
    """
    given = Path(path).expanduser()
    place = resolved(given)
    if str(place) != filenames.without_stray_bytes(str(place)):
        raise UsageError(f"{filenames.printable(str(place))}: the path is not valid UTF-8.", "Rename the folder.")
    if not os.path.lexists(place):
        raise UsageError(f"There is no file or folder {place}.", "Check the path.")
    if own and (place.is_relative_to(own[0]) or place in own):
        raise UsageError(f"{place} belongs to the program itself.", "Give the folder that the project sent.")
    candidates, refusals = [], []
    for file, relative in _files(place, own):
        try:
            if isinstance(file, FileRefused):
                raise file
            candidates.append(_candidate(file, relative, limit_bytes))
        except FileRefused as error:
            refusals.append(Refusal(filenames.printable(relative), str(error)))
        if len(candidates) + len(refusals) > MAX_FILES:
            raise UsageError(f"{place} holds more than {MAX_FILES} files.", "Give the project's own folder.")
    metadata = {"path": str(place), "file_count": len(candidates)}
    return Batch("path", source_id_of(place), metadata, tuple(candidates), tuple(refusals))


def resolved(path: Path) -> Path:
    """The absolute path without links above its last part; the last part stays, so that a link is seen as one."""
    if path.name in ("", "..", "."):
        return path.resolve()
    return path.parent.resolve() / path.name


def source_id_of(place: Path) -> str:
    """A path is one source, however often it is added and however it is spelt."""
    return f"path-{hashlib.sha256(os.fsencode(place)).hexdigest()[:12]}"


def _candidate(file: Path, relative: str, limit_bytes: int) -> Candidate:
    name = filenames.check(relative)
    size = size_of(file, name.path, limit_bytes)

    def itself() -> Path | BinaryIO:
        size_of(file, name.path, limit_bytes)  # once more, just before reading: it may have become a link or a pipe
        return file

    return Candidate(name, itself, size)


def _files(place: Path, own: Sequence[Path]) -> Iterator[tuple[Path | FileRefused, str]]:
    """Every file below `place` with its POSIX path inside it, and a refusal for each folder that cannot be opened."""
    if place.is_symlink() or not place.is_dir():
        if filenames.is_ignored(place.name):
            shown = filenames.printable(place.name)
            yield FileRefused(f"{shown}: hidden and temporary files are not taken.", "Rename it if meant."), place.name
        else:
            yield place, place.name
        return
    waiting: list[tuple[Path, str]] = [(place, "")]
    while waiting:
        folder, prefix = waiting.pop()
        try:
            with os.scandir(folder) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError as error:
            yield cannot_read(filenames.printable(prefix.rstrip("/") or str(place)), error), prefix.rstrip("/") or "."
            continue
        for entry in entries:
            relative = prefix + entry.name
            if is_folder(entry):
                if not filenames.is_ignored_folder(entry.name) and Path(entry.path) not in own:
                    waiting.append((Path(entry.path), relative + "/"))
            elif not filenames.is_ignored(entry.name):
                yield Path(entry.path), relative
