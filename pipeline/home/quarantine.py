"""Files that a session did not keep, each with its reason beside it, in the inbox's hidden quarantine."""

from __future__ import annotations

import json
import os
import shutil
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import filenames
from pipeline.models import Value
from pipeline.store.content import free_bytes
from pipeline.store.faultpoints import reach
from pipeline.store.files import disk_full, temporary_beside, write_atomic
from pipeline.store.walk import below, is_folder

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace

#: A refused file keeps so many of the folders it lay in, as long as their names together have no more bytes than this;
#: where it came from stands in its reason in any case. A path in the quarantine must be one that the system opens.
MOST_FOLDERS, MOST_FOLDER_BYTES = 32, 1024
#: So many entries are counted, so that asking is soon answered.
MOST_COUNTED = 100_000
#: What stands beside a quarantined file: its name plus this.
REASON_ENDING = ".reason.json"


class Kept(Value):
    """What the quarantine holds; `at_least` when there is more than was counted."""

    files: int
    #: Bytes, reasons included.
    size: int
    at_least: bool = False

    def __str__(self) -> str:
        count = f"{'at least ' if self.at_least else ''}{self.files:,} refused file{'' if self.files == 1 else 's'}"
        return f"{count}, {self.size / 1_000_000:,.1f} MB"


def kept(ws: Workspace, session_id: str = "") -> Kept:
    """How many refused files lie there, and what they take of the disk; of one session, or of all.

    Only a person removes them, so they are what grows without end when somebody keeps sending what is refused.
    """
    files = size = 0
    for number, entry in enumerate(below(ws.quarantine / session_id)):
        if number >= MOST_COUNTED:
            return Kept(files=files, size=size, at_least=True)
        if is_folder(entry):
            continue
        with suppress(OSError):
            size += entry.stat(follow_symlinks=False).st_size
            files += not entry.name.endswith((REASON_ENDING, ".tmp"))
    return Kept(files=files, size=size)


def _require_room(ws: Workspace, folder: Path, size: int) -> None:
    """TryAgain when a copy would take the room on the quarantine's disk that is to stay free."""
    if free_bytes(folder) - size < ws.settings.inbox.min_free_mb * 1_000_000:
        raise disk_full(folder)


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
    _make_private(place)
    return place


def keep_copy(ws: Workspace, session_id: str, content: Path, relative: str, reason: str, sha256: str) -> Path:
    """Copy filed content into the session's quarantine under the name it came with; returns the copy's place.

    TryAgain when its disk has too little room, with nothing changed. Doing it again, since what was to follow was cut
    off, finds the copy there.
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
    _require_room(ws, place.parent, content.stat().st_size)
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


def _make_private(place: Path) -> None:
    """Take the rights of others from a regular file that has no name anywhere else; a link is left as it is."""
    with suppress(OSError):
        # O_NONBLOCK: what lies there may be a pipe, and opening it must not hang.
        descriptor = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            seen = os.fstat(descriptor)
            if stat.S_ISREG(seen.st_mode) and seen.st_nlink == 1:
                os.fchmod(descriptor, 0o600)
        finally:
            os.close(descriptor)


def _place(
    ws: Workspace, session_id: str, relative: str, is_there: Callable[[Path], bool] = lambda _place: False
) -> Path:
    """A free path for the file, or the one where it is; folders keep their names as far as those are harmless."""
    parts = [filenames.fitting(part) for part in filenames.printable(relative).split("/")[:-1] if part.strip(". ")]
    room, kept = MOST_FOLDER_BYTES, []
    for part in parts[:MOST_FOLDERS]:
        room -= len(part.encode())
        if room < 0:
            break
        kept.append(part)
    folder = ws.quarantine.parent
    # One by one: making parents along with it would call itself for each level, and leave them open to others.
    for part in (ws.quarantine.name, session_id, *kept):
        folder /= part
        folder.mkdir(mode=0o700, exist_ok=True)

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
