"""Errors for people: what happened, which file, what to do.

ReviewError
├── UsageError                 the caller asked for something that cannot be
│   ├── SettingsError          config.toml, environment or flag
│   └── ChecklistError         a checklist file with a mistake in it
├── SessionNotFound            no such session (never raised for a damaged one)
├── SessionCorrupt             the session's file is there and cannot be read
├── RevisionConflict           somebody else changed the session in between
├── DuplicateSessionWarning    control flow: a likeness was found, nothing was added yet
├── ContentLost                a document's stored copy is gone or was changed; adding the file again mends it
├── FileRefused                one file cannot be taken; the others go on
├── StageFailed                a stage gave up; it is recorded on the session
└── TryAgain                   locked, broker away, nobody to hand the work to
    └── HomeClosed             the home can be looked at and not changed: its disk is read-only, or rights are missing
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.models import DuplicateWarning


class ReviewError(Exception):
    """Base of everything this program raises on purpose: `message` says what happened, `cure` what to do."""

    #: Short stable word for logs, JSON and REST; subclasses override it.
    code = "error"

    def __init__(self, message: str, cure: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.cure = cure

    def __str__(self) -> str:
        return f"{self.message} {self.cure}".strip()


class UsageError(ReviewError):
    """The call cannot be carried out as it was made."""

    code = "usage"


class SettingsError(UsageError):
    """A setting is unknown, misspelt or out of range."""

    code = "settings"


class ChecklistError(UsageError):
    """A checklist file cannot be used; the message names the entry and the field."""

    code = "checklist"


class SessionNotFound(ReviewError):
    """There is no session of that id."""

    code = "session_not_found"


class SessionCorrupt(ReviewError):
    """The session's file exists and cannot be read; the message holds its path."""

    code = "session_corrupt"


class RevisionConflict(ReviewError):
    """A write against an older revision: somebody else changed the session first."""

    code = "revision_conflict"


class DuplicateSessionWarning(ReviewError):
    """Control flow, not a failure: another session looks the same, so nothing was added until somebody chooses."""

    code = "duplicate_session"

    def __init__(self, warning: DuplicateWarning) -> None:
        super().__init__(warning.message, "Answer with continue, use-existing or cancel.")
        self.warning = warning


class ContentLost(ReviewError):
    """The data folder no longer holds a document's bytes as they were filed; other documents go on."""

    code = "content_lost"


class FileRefused(ReviewError):
    """One file cannot be taken (name, link, size, emptiness); every other file goes on."""

    code = "refused"


class StageFailed(ReviewError):
    """A stage could not be carried out; a failure is never shown as missing evidence."""

    code = "stage_failed"


class TryAgain(ReviewError):
    """Temporary: something is locked, the broker is away, or nobody is there to hand the work to."""

    code = "try_again"


class HomeClosed(TryAgain):
    """The disk of the home is read-only or rights are missing: looking goes on, nothing can be changed until then."""

    code = "home_closed"
