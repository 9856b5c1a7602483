"""Files that a session did not keep, each with its reason beside it, in the inbox's hidden quarantine."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import names
from pipeline.faultpoints import reach
from pipeline.store.files import temporary_beside, write_atomic

if TYPE_CHECKING:
    from pipeline.workspace import Workspace

#: What stands beside a quarantined file: its name plus this.
REASON_ENDING = ".reason.json"


def move_in(ws: Workspace, session_id: str, file: Path, relative: str, reason: str) -> Path | None:
    """Move a refused inbox file into the session's quarantine; its new place, or None when it is gone.

    A link is moved as a link, and nothing is ever opened or overwritten.
    """
    place = _place(ws, session_id, relative)
    # The reason first: whoever is killed in between leaves the file in the inbox, where it is refused again, and never
    # a file in the quarantine that nobody can explain.
    reach("quarantine.reason")
    beside = _write_reason(ws, session_id, place, relative, reason, {})
    reach("quarantine.move")
    try:
        file.rename(place)
    except OSError as error:
        if not os.path.lexists(place):  # else somebody else has just moved this very file there
            beside.unlink(missing_ok=True)
        if isinstance(error, FileNotFoundError):
            return None
        raise
    reach("quarantine.moved")
    return place


def keep_copy(ws: Workspace, session_id: str, content: Path, relative: str, reason: str, sha256: str) -> Path:
    """Copy filed content into the session's quarantine under the name it came with; returns the copy's place."""
    place = _place(ws, session_id, relative)
    _write_reason(ws, session_id, place, relative, reason, {"sha256": sha256})
    # Beside its place first, so that nobody finds half of it.
    near = temporary_beside(place)
    try:
        shutil.copyfile(content, near)
        near.chmod(0o600)
        near.replace(place)
    finally:
        near.unlink(missing_ok=True)
    return place


def _place(ws: Workspace, session_id: str, relative: str) -> Path:
    """A free path for the file; folders keep their names as far as those are harmless."""
    folder = ws.quarantine / session_id
    for part in names.printable(relative).split("/")[:-1]:
        if part.strip(". "):
            folder /= names.fitting(part)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = names.printable(relative)
    return names.free_name(folder, relative.rsplit("/", 1)[-1], REASON_ENDING, lambda place: _was_cut_off(place, path))


def _was_cut_off(place: Path, path: str) -> bool:
    """True when the reason beside a place is that of this same file, whose moving a killed process did not finish."""
    try:
        told = json.loads(place.with_name(place.name + REASON_ENDING).read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(told, dict) and told.get("path") == path


def _write_reason(
    ws: Workspace, session_id: str, place: Path, relative: str, reason: str, more: dict[str, str]
) -> Path:
    """Write why the file at `place` is not kept; whole or not at all."""
    told = {
        "session_id": session_id,
        "filename": names.printable(relative.rsplit("/", 1)[-1]),
        "path": names.printable(relative),
        "reason": reason,
        "at": ws.now().isoformat(),
        **more,
    }
    beside = place.with_name(place.name + REASON_ENDING)
    write_atomic(beside, json.dumps(told, ensure_ascii=False, indent=2).encode("utf-8", "replace") + b"\n")
    return beside
