"""The file that an answer is written to when somebody names one: looked at before the work, written at its end."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from pipeline.errors import ReviewError, UsageError
from pipeline.store.files import is_writable, write_atomic

#: In place of a name: the standard output.
STDOUT = "-"


def place(output: str | None) -> Path | None:
    """The file that `output` names, None for the standard output or when nothing is named.

    UsageError when nothing could be written there: no such folder, a folder itself, no right to.
    """
    if output is None or output == STDOUT:
        return None
    if not output:
        raise UsageError("-o names no file.", "Name a file, or - for the standard output.")
    path = Path(output).expanduser().absolute()
    if path.is_dir():
        raise UsageError(f"{path} is a folder.", "Name a file in it.")
    check_folder(path.parent)
    if path.exists() and not _is_replaced(path) and not os.access(path, os.W_OK, effective_ids=True):
        raise UsageError(f"{path} may not be written by this user.", "Choose another place.")
    return path


def form_of(kind: str | None, output: str | None, forms: Sequence[str]) -> str | None:
    """Which form of the report is meant: as said, else by the file's ending; json for the standard output."""
    if kind or output is None:
        return kind
    found = "json" if output == STDOUT else Path(output).suffix.lstrip(".").lower()
    if found not in forms:
        raise UsageError(f"{output!r} does not say which form is meant.", f"Add --format with {', '.join(forms)}.")
    return found


def check_folder(folder: Path) -> None:
    """UsageError when no file can be made in `folder`."""
    if not folder.exists():
        raise UsageError(f"There is no folder {folder}.", "Make it first, or choose another place.")
    if not folder.is_dir():
        raise UsageError(f"{folder} is no folder.", "Choose another place.")
    if not is_writable(folder):
        raise UsageError(f"{folder} may not be written by this user.", "Choose another place.")


def write(path: Path, data: bytes) -> None:
    """Replace a file in one step, so that a failed run leaves the old one; a device or a pipe is written into."""
    if path.exists() and not _is_replaced(path):
        try:
            with path.open("wb") as stream:
                stream.write(data)
        except OSError as error:
            raise ReviewError(f"{path} could not be written: {error.strerror}.", "Choose another place.") from error
    else:
        write_atomic(path, data)


def _is_replaced(path: Path) -> bool:
    return path.is_file()
