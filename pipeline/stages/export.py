"""The originals given back under the names they came with."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import filenames
from pipeline.errors import ReviewError, UsageError
from pipeline.intake import kept_archives
from pipeline.store.faultpoints import reach
from pipeline.store.files import temporary_beside

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace


def export_session(ws: Workspace, session_id: str, folder: Path) -> list[Path]:
    """Write the originals into `folder` under the names they are shown by; returns the files, in order.

    The folder is made when it is missing. Nothing in it is overwritten: a name that is taken gets a number. All
    documents are given back, superseded and ignored ones too, and the archives they came in.
    """
    record = ws.sessions.read(session_id)
    target = Path(folder).expanduser().absolute()
    if target.resolve().is_relative_to(ws.data.resolve()):
        raise UsageError(f"{target} lies inside the program's own data.", "Choose another folder.")
    for place in (target, *target.parents):
        if place.exists() and not place.is_dir():
            raise UsageError(f"{place} is a file.", "Choose a folder.")
    archives = [a for a in record.archives.values() if a.kept]
    missing = [d.filename for d in record.documents.values() if not ws.intact(d.sha256)]
    missing += [a.filename for a in archives if not kept_archives.is_intact(ws, session_id, a)]
    if missing:
        cure = "Add the same files again, or restore the data folder."
        raise ReviewError(f"The content of {', '.join(sorted(missing))} is gone or was changed.", cure)
    target.mkdir(parents=True, exist_ok=True)
    written = []
    for document in sorted(record.documents.values(), key=lambda d: (d.filename, d.path, d.sha256)):
        written.append(_copy_out(ws.content.path(document.sha256), target, document.filename))
    for archive in sorted(archives, key=lambda a: (a.filename, a.path, a.sha256)):
        place = kept_archives.place_of(ws, session_id, archive.sha256)
        written.append(_copy_out(place, target, archive.filename))
    return written


def _copy_out(content: Path, folder: Path, filename: str) -> Path:
    """A copy of `content` in `folder` under a free name; under that name it is whole or not there at all."""
    near = temporary_beside(folder / filenames.fitting(filename))
    try:
        with content.open("rb") as source, near.open("xb") as copy:
            shutil.copyfileobj(source, copy)
        reach("export.place")
        while True:
            place = filenames.free_name(folder, filename)
            try:
                # A link, should something take the name at this moment: then another one is found.
                os.link(near, place)
            except FileExistsError:
                continue
            except OSError:  # sticks and network drives without links
                near.replace(place)
            return place
    finally:
        near.unlink(missing_ok=True)
