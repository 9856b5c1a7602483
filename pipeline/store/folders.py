"""The folders sessions live in: what is a session id, which ones exist, how one appears and disappears in one step."""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from pipeline.errors import ReviewError, SessionNotFound
from pipeline.store.faultpoints import reach
from pipeline.store.files import (
    LEFTOVER_SECONDS,
    fsync_folder,
    is_writable,
    make_private_folder,
    passing,
    sweep_leftovers,
)
from pipeline.store.walk import below, is_folder

_SESSION_ID = re.compile(r"(session-[0-9]{8}-[0-9]{6})(?:-([1-9][0-9]{0,5}))?")
#: Where folders on their way in or out lie, apart: looking for what a killed process left need not list all sessions.
_PASSING = ".passing"
_BEING_MADE, _BEING_DELETED = "new-", "deleted-"
#: What alone makes no session: locks that somebody took on a session that was deleted meanwhile.
_LOCKS = frozenset({"session.json.lock", "stage.lock", "take.lock", "stage.over.lock", "take.over.lock"})


def is_session_id(name: str) -> bool:
    """True when `name` has the shape of a session id (contract: session-YYYYMMDD-HHMMSS, then -2, -3 ...)."""
    return _SESSION_ID.fullmatch(name) is not None


def _in_order(session_id: str) -> tuple[str, int]:
    found = _SESSION_ID.fullmatch(session_id)
    return (found[1], int(found[2] or 1)) if found else (session_id, 0)


class SessionFolders:
    """The folders under `root`, one per session, and each session's drop folder under `inbox`."""

    def __init__(self, root: Path, inbox: Path) -> None:
        self.root = make_private_folder(root)
        # Of a home that cannot be written nothing is made; it can be looked at as it is.
        self.inbox = make_private_folder(inbox) if is_writable(self.root) else inbox
        self._passing = root / _PASSING

    def path(self, session_id: str) -> Path:
        """The session's folder, there or not; SessionNotFound for what is no session id, before it touches a path."""
        if not is_session_id(session_id):
            raise SessionNotFound(
                f"There is no session {session_id[:80]!r}.", "An id looks like session-20260131-094500; see the list."
            )
        return self.root / session_id

    def existing(self, session_id: str) -> Path:
        """The session's folder; SessionNotFound when there is none."""
        folder = self.path(session_id)
        if not folder.is_dir() or self._is_husk(folder):
            raise SessionNotFound(f"There is no session {session_id}.", "See the list of sessions.")
        return folder

    def ids(self) -> list[str]:
        """Every session's id, oldest first, damaged sessions included."""
        with os.scandir(self.root) as entries:
            names = [entry.name for entry in entries if is_session_id(entry.name) and entry.is_dir()]
        return sorted((name for name in names if not self._is_husk(self.root / name)), key=_in_order)

    def _is_husk(self, folder: Path) -> bool:
        if (folder / "session.json").exists():
            return False
        try:
            return all(one.name in _LOCKS for one in folder.iterdir())
        except FileNotFoundError:
            return True

    def claim(self, session_id: str, fill: Callable[[Path], None]) -> bool:
        """Make the session's folder, filled by `fill` before anybody can see it; False when the id is taken.

        Among processes that want the same id the inbox folder's mkdir picks one.
        """
        place, drop = self.path(session_id), self.inbox / session_id
        if place.exists():
            return False
        try:
            drop.mkdir(mode=0o700)
        except FileExistsError:
            return False
        except OSError as error:
            if known := passing(error, self.inbox):
                raise known from error
            raise
        making = self._passing / f"{_BEING_MADE}{os.getpid()}-{secrets.token_hex(8)}"
        try:
            make_private_folder(self._passing)
            making.mkdir(mode=0o700)
            fill(making)
            reach("session.make")
            # Renaming onto a folder that holds anything fails: a session that stands there is never overwritten.
            making.rename(place)
            fsync_folder(self.root)
            reach("session.made")
        except BaseException as error:
            shutil.rmtree(making, ignore_errors=True)
            if isinstance(error, OSError) and place.exists():
                return False
            with suppress(OSError):
                drop.rmdir()
            if isinstance(error, OSError):
                if known := passing(error, self.root):
                    raise known from error
                raise ReviewError(f"The session cannot be made in {self.root}: {error.strerror}.") from error
            raise
        return True

    def set_aside(self, session_id: str) -> Path:
        """Take the session's folder out of sight in one step and its inbox folder if no file is in it."""
        aside = self._passing / f"{_BEING_DELETED}{session_id}-{secrets.token_hex(4)}"
        make_private_folder(self._passing)
        self.existing(session_id).rename(aside)
        fsync_folder(self._passing)
        fsync_folder(self.root)
        _remove_empty(self.inbox / session_id)
        return aside

    def aside(self) -> list[Path]:
        """Folders set aside whose deletion was not finished: a process died in between."""
        return sorted(self._passing.glob(f"{_BEING_DELETED}*"))

    @staticmethod
    def id_of(aside: Path) -> str:
        """The id of a session whose folder was set aside."""
        return aside.name.removeprefix(_BEING_DELETED).rpartition("-")[0]

    def sweep(self, now: float) -> None:
        """Remove folders whose making was given up long ago (seconds since the epoch: `now`)."""
        for folder in self._passing.glob(f"{_BEING_MADE}*"):
            with suppress(FileNotFoundError):
                if now - folder.stat().st_mtime > LEFTOVER_SECONDS:
                    shutil.rmtree(folder, ignore_errors=True)

    def sweep_session(self, session_id: str, now: float) -> None:
        """Remove temporary files a killed writer left in one session's folder."""
        folder = self.path(session_id)
        for one in (folder, folder / "results", folder / "reports"):
            sweep_leftovers(one, now)


def _remove_empty(folder: Path) -> None:
    """Remove `folder` and the folders in it, from the deepest up, as far as they are empty."""
    if folder.is_symlink():
        return
    inner = [entry.path for entry in below(folder) if is_folder(entry)]
    for one in (*reversed(inner), os.fspath(folder)):  # a folder comes before what is in it, so backwards after it
        with suppress(OSError):
            Path(one).rmdir()
