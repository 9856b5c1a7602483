"""Who comes through a door: with which settings, to which home, as whom, and which session is meant."""

from __future__ import annotations

import errno
import getpass
import logging
import os
from functools import cached_property
from pathlib import Path

from pipeline.errors import ReviewError, TryAgain, UsageError
from pipeline.filenames import printable
from pipeline.home import logs, lookup
from pipeline.home.workspace import Workspace
from pipeline.models import SessionRecord
from pipeline.settings import LoadedSettings, load_settings


class Defect(ReviewError):
    """Something that nobody foresaw, in words; only ever told, never raised."""

    code = "internal"


class Visit:
    """One use of a home; nothing is read or made before it is needed, and `close` ends it."""

    config: Path | None = None
    home: Path | None = None
    quiet: bool = False
    verbose: bool = False

    @cached_property
    def loaded(self) -> LoadedSettings:
        """The settings, and where each came from."""
        return load_settings(config=self.config, home=self.home)

    @cached_property
    def ws(self) -> Workspace:
        """The home, with the logs going where they belong."""
        ws = Workspace.open(self.loaded.settings)
        logs.configure(ws.data, logging.DEBUG if self.verbose else logging.ERROR if self.quiet else logging.WARNING)
        return ws

    @property
    def opened(self) -> Workspace | None:
        """The home if it was needed so far."""
        return self.__dict__.get("ws")

    def close(self) -> None:
        """End what the home keeps running."""
        if self.opened:
            self.opened.close()

    @property
    def actor(self) -> str:
        """Who the audit log names when nobody is named."""
        try:
            return getpass.getuser()
        except (OSError, KeyError):  # a container's user without a name
            return f"user {os.getuid()}"

    def session(self, text: str) -> SessionRecord:
        """The session that was named by its id or the start of it."""
        return lookup.record(self.ws.sessions, text)

    def explain(self, error: Exception) -> ReviewError:
        """What to tell of an error: itself where it was raised on purpose or foreseen, with its cure.

        What is neither is a defect: its traceback goes to a file, whose path is in the cure.
        """
        if isinstance(error, OSError):
            error = foreseen(error) or error
        if isinstance(error, ReviewError):
            return error
        path = logs.record_defect(error, self.opened.data if self.opened else None)
        what = f"{type(error).__name__}: {error}" if isinstance(error, OSError) else type(error).__name__
        return Defect(f"this was not foreseen ({what})", f"See `doctor`; a report to the makers needs {path}.")


def foreseen(error: OSError) -> ReviewError | None:
    """What the system refused, in words, where a person can do something about it; None for everything else."""
    place = printable(str(error.filename)) if error.filename else "A file of the home"
    match error.errno:
        case errno.EACCES | errno.EPERM:
            cure = "Give this user the right to read and write it; `doctor` looks at the folders."
            return ReviewError(f"{place} may not be used: permission denied.", cure)
        case errno.EROFS:
            cure = "Make the disk writable again, or choose another place with --home."
            return ReviewError(f"{place} lies on a disk that is read-only.", cure)
        case errno.ENOSPC | errno.EDQUOT:
            cure = "Make room and run the command again. Nothing was lost."
            return TryAgain(f"The disk is full: {place} could not be written.", cure)
        case errno.ENAMETOOLONG:
            return UsageError(f"The name {place[:60]}... is too long.", "Choose a shorter one.")
        case errno.EIO:
            return ReviewError(f"The disk of {place} cannot be read or written.", "Look at the disk first.")
        case errno.EMFILE | errno.ENFILE:
            return TryAgain("Too many files are open on this machine.", "Try again later, or raise `ulimit -n`.")
    return None
