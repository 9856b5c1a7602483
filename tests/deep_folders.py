"""Folders as deep as any program can make them, which neither pytest nor the standard library can remove again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def dug(root: Path, depth: int, file: str = "deep.txt", content: bytes = b"A letter.\n") -> Iterator[None]:
    """Folders called d one in another below `root`, with one file in the last; what is left of them goes at the end.

    Each is made from the one above it, so the path may be longer than the system opens.
    """
    here = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    for _ in range(depth):
        os.mkdir("d", 0o700, dir_fd=here)
        here = _moved(here, "d")
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT, 0o600, dir_fd=here), "wb") as stream:
        stream.write(content)
    os.close(here)
    try:
        yield
    finally:
        _fill_in(root, file)


def _moved(here: int, to: str) -> int:
    there = os.open(to, os.O_RDONLY | os.O_DIRECTORY, dir_fd=here)
    os.close(here)
    return there


def _fill_in(root: Path, file: str) -> None:
    if not root.is_dir():
        return
    here, depth = os.open(root, os.O_RDONLY | os.O_DIRECTORY), 0
    with suppress(FileNotFoundError):
        while True:
            here, depth = _moved(here, "d"), depth + 1
    with suppress(FileNotFoundError):
        os.unlink(file, dir_fd=here)
    for _ in range(depth):
        here = _moved(here, "..")
        os.rmdir("d", dir_fd=here)
    os.close(here)
