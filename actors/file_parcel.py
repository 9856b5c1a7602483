"""A claim: the settled inbox files that one message hands over, as text that any broker can carry."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

from pipeline.errors import UsageError
from pipeline.filenames import printable
from pipeline.intake.sources import InboxFile


def pack(files: Sequence[InboxFile], inbox: Path) -> str:
    """The claim for `files`; paths are kept relative to the inbox, which another machine may have mounted elsewhere.

    Names that are no UTF-8 stay what they are: JSON escapes the lone surrogates that stand for their bytes.
    """
    return json.dumps([[os.path.relpath(file.path, inbox), file.relative, *file.identity] for file in files])


def unpack(claim: str, inbox: Path) -> tuple[InboxFile, ...]:
    """The files of a claim, with their paths under `inbox`.

    UsageError for a path that leads out of it: what a claim names is copied and then removed, and whoever can write to
    the broker's server is not thereby somebody who may have files of this machine.
    """
    files = tuple(
        InboxFile(path=inbox / path, relative=relative, identity=(ino, size, mtime_ns, ctime_ns))
        for path, relative, ino, size, mtime_ns, ctime_ns in json.loads(claim)
    )
    root = inbox.resolve()
    for folder in {file.path.parent for file in files}:
        # Resolved, since a folder of the inbox may have become a link after its files had settled.
        if ".." in folder.parts or not folder.resolve().is_relative_to(root):
            raise UsageError(f"A message names {printable(str(folder))[:200]}, which is not in the inbox.", _CURE)
    return files


_CURE = "Nothing was taken. See who else can write to the broker's server."
