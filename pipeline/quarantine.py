"""Files that a session did not keep, each with its reason beside it, in the inbox's hidden quarantine."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import names

if TYPE_CHECKING:
    from pipeline.workspace import Workspace

#: What stands beside a quarantined file: its name plus this.
REASON_ENDING = ".reason.json"


def move_in(ws: Workspace, session_id: str, file: Path, relative: str, reason: str) -> Path | None:
    """Move a refused inbox file into the session's quarantine; its new place, or None when it is gone.

    A link is moved as a link, and nothing is ever opened or overwritten.
    """
    place = _place(ws, session_id, relative)
    try:
        file.rename(place)
    except FileNotFoundError:
        return None
    _write_reason(ws, session_id, place, relative, reason, {})
    return place


def keep_copy(ws: Workspace, session_id: str, content: Path, relative: str, reason: str, sha256: str) -> Path:
    """Copy filed content into the session's quarantine under the name it came with; returns the copy's place."""
    place = _place(ws, session_id, relative)
    _write_reason(ws, session_id, place, relative, reason, {"sha256": sha256})
    shutil.copyfile(content, place)
    place.chmod(0o600)
    return place


def _place(ws: Workspace, session_id: str, relative: str) -> Path:
    """A free path for the file; folders keep their names as far as those are harmless."""
    folder = ws.quarantine / session_id
    for part in names.printable(relative).split("/")[:-1]:
        if part.strip(". "):
            folder /= names.fitting(part)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return names.free_name(folder, relative.rsplit("/", 1)[-1], REASON_ENDING)


def _write_reason(
    ws: Workspace, session_id: str, place: Path, relative: str, reason: str, more: dict[str, str]
) -> None:
    told = {
        "session_id": session_id,
        "filename": names.printable(relative.rsplit("/", 1)[-1]),
        "path": names.printable(relative),
        "reason": reason,
        "at": ws.now().isoformat(),
        **more,
    }
    beside = place.with_name(place.name + REASON_ENDING)
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        json.dump(told, stream, ensure_ascii=False, indent=2)
        stream.write("\n")
