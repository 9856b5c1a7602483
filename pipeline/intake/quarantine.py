"""Files that a session did not keep, each with its reason beside it, in the inbox's hidden quarantine."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import filenames
from pipeline.store.faultpoints import reach
from pipeline.store.files import temporary_beside, write_atomic

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace

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
    """Copy filed content into the session's quarantine under the name it came with; returns the copy's place.

    Doing it again, since what was to follow was cut off, finds the copy there.
    """
    kept: list[Path] = []

    def is_there(place: Path) -> bool:
        told = _reason_of(place)
        if told.get("sha256") == sha256 and told.get("path") == filenames.printable(relative) and place.is_file():
            kept.append(place)
        return bool(kept)

    place = _place(ws, session_id, relative, is_there)
    if kept:
        return place
    _write_reason(ws, session_id, place, relative, reason, {"sha256": sha256})
    reach("quarantine.copy")
    # Beside its place first, so that nobody finds half of it.
    near = temporary_beside(place)
    try:
        shutil.copyfile(content, near)
        near.chmod(0o600)
        near.replace(place)
        reach("quarantine.copied")
    finally:
        near.unlink(missing_ok=True)
    return place


def _place(
    ws: Workspace, session_id: str, relative: str, is_there: Callable[[Path], bool] = lambda _place: False
) -> Path:
    """A free path for the file, or the one where it is; folders keep their names as far as those are harmless."""
    folder = ws.quarantine / session_id
    for part in filenames.printable(relative).split("/")[:-1]:
        if part.strip(". "):
            folder /= filenames.fitting(part)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def ours(place: Path) -> bool:
        """Whether it is there, or only its reason: a killed process did not finish."""
        was_cut_off = not os.path.lexists(place) and _reason_of(place).get("path") == filenames.printable(relative)
        return was_cut_off or is_there(place)

    return filenames.free_name(folder, relative.rsplit("/", 1)[-1], REASON_ENDING, ours)


def _reason_of(place: Path) -> dict[str, Any]:
    """What the reason beside a place says; nothing without one."""
    try:
        told = json.loads(place.with_name(place.name + REASON_ENDING).read_bytes())
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def _write_reason(
    ws: Workspace, session_id: str, place: Path, relative: str, reason: str, more: dict[str, str]
) -> Path:
    """Write why the file at `place` is not kept; whole or not at all."""
    told = {
        "session_id": session_id,
        "filename": filenames.printable(relative.rsplit("/", 1)[-1]),
        "path": filenames.printable(relative),
        "reason": reason,
        "at": ws.now().isoformat(),
        **more,
    }
    beside = place.with_name(place.name + REASON_ENDING)
    write_atomic(beside, json.dumps(told, ensure_ascii=False, indent=2).encode("utf-8", "replace") + b"\n")
    return beside
