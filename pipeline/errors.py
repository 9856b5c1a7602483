"""Errors for people: what happened, which file, what to do.

ReviewError
├── UsageError                 the caller asked for something that cannot be
│   ├── SettingsError          config.toml, environment or flag
│   ├── ChecklistError         a checklist file with a mistake in it
│   ├── NotFound               the session holds no such document or requirement
│   ├── ClaimRefused           a quote that does not stand where it is said to
│   └── NotMadeYet             a stage must be carried out first
├── SessionNotFound            no such session (never raised for a damaged one)
├── SessionCorrupt             the session's file is there and cannot be read
├── SessionCompleted           the session is complete and locked; reopening it makes a new version
├── PointsElsewhere            another session is reviewed in this one's place
│   └── PointsNowhere          and that one can take nothing, since it is deleted or complete
├── NotReady                   something waits for a person before this can be done
├── RevisionConflict           somebody else changed the session in between
├── DuplicateSessionWarning    control flow: a likeness was found, nothing was added yet
├── UploadError                an upload slot or its link cannot be used; none of these names a project
│   ├── UploadNotFound         no such slot, or it was swept
│   ├── UploadLinkRefused      the link's token was not made by this home for this slot
│   ├── UploadExpired          the slot's time is over
│   ├── UploadClosed           the slot was processed: it takes no further files
│   └── NothingUploaded        the slot holds no file yet
├── KeyReused                  an Idempotency-Key came with another request than the first time
├── ContentLost                a document's stored copy is gone or was changed; adding the file again mends it
├── FileRefused                one file cannot be taken; the others go on
├── StageFailed                a stage gave up; it is recorded on the session
├── SetApart                   control flow: a document stopped a stage and is kept apart from now on
└── TryAgain                   locked, broker away, nobody to hand the work to
    ├── Busy                   another process works on this session right now
    └── HomeClosed             the home can be looked at and not changed: its disk is read-only, or rights are missing
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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


class NotFound(UsageError):
    """The session is there, and what was asked for in it is not; the message names it, the cure what is near."""

    code = "not_found"


class NotMadeYet(UsageError):
    """What was asked for is made by a stage that was not carried out yet; the cure says how."""

    code = "not_made_yet"


class ClaimRefused(UsageError):
    """A quote does not stand where a claim says, or stands in no words of the proponent; the cure names the nearest."""

    code = "claim_refused"


class SessionNotFound(ReviewError):
    """There is no session of that id."""

    code = "session_not_found"


class SessionCorrupt(ReviewError):
    """The session's file exists and cannot be read; the message holds its path."""

    code = "session_corrupt"


class SessionCompleted(ReviewError):
    """A change to a session that was completed; nothing was changed, and nothing is lost."""

    code = "session_completed"

    def __init__(self, session_id: str) -> None:
        super().__init__(
            f"{session_id} is complete and locked.",
            f"To change it as a new version: registry-review reopen {session_id} --by NAME --reason TEXT",
        )
        self.session_id = session_id


class PointsElsewhere(ReviewError):
    """It is not done in this session, since another one is reviewed in its place; nothing was changed."""

    code = "points_elsewhere"


class PointsNowhere(PointsElsewhere):
    """The session in whose place it is reviewed can take nothing; the message says why, and nothing is lost."""

    code = "points_nowhere"


class NotReady(ReviewError):
    """Nothing was done, since people have something to say first; `waits` names each thing."""

    code = "not_ready"

    def __init__(self, message: str, cure: str = "", waits: tuple[str, ...] = ()) -> None:
        super().__init__(message, cure)
        self.waits = waits


class RevisionConflict(ReviewError):
    """A write against an older revision: somebody else changed the session first.

    `saw` and `stands` are the two versions of what was to be written, as JSON; `refused` is the write itself, so that
    nobody has to type it again. All three are None when only the revision is known.
    """

    code = "revision_conflict"

    def __init__(
        self,
        message: str,
        cure: str = "",
        saw: dict[str, Any] | None = None,
        stands: dict[str, Any] | None = None,
        refused: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message, cure)
        self.saw, self.stands, self.refused = saw, stands, refused


class DuplicateSessionWarning(ReviewError):
    """Control flow, not a failure: another session looks the same, so nothing was added until somebody chooses."""

    code = "duplicate_session"

    def __init__(self, warning: DuplicateWarning, asking: str | None = None) -> None:
        super().__init__(warning.message, "Answer with continue, use-existing or cancel.")
        self.warning = warning
        #: The session that the files were about to go to; another one than was named when that one points to it.
        self.asking = asking


class UploadError(ReviewError):
    """An upload slot or its link cannot be used; the message names neither a project nor a session."""

    code = "upload"


class UploadNotFound(UploadError):
    """There is no slot of that id, or it was swept."""

    code = "upload_not_found"


class UploadLinkRefused(UploadError):
    """The token of a link was not made here for this slot; whether the slot exists is not told."""

    code = "upload_link"


class UploadExpired(UploadError):
    """The slot's time is over."""

    code = "upload_expired"


class UploadClosed(UploadError):
    """The slot's files were processed or are being processed; further ones need a new link."""

    code = "upload_closed"


class NothingUploaded(UploadError):
    """The slot cannot be processed yet, since nobody uploaded a file."""

    code = "nothing_uploaded"


class KeyReused(ReviewError):
    """The same Idempotency-Key came with another request: nothing was done."""

    code = "key_reused"


class ContentLost(ReviewError):
    """The data folder no longer holds a document's bytes as they were filed; other documents go on."""

    code = "content_lost"


class FileRefused(ReviewError):
    """One file cannot be taken (name, link, size, emptiness); every other file goes on."""

    code = "refused"


class StageFailed(ReviewError):
    """A stage could not be carried out; a failure is never shown as missing evidence."""

    code = "stage_failed"


class SetApart(ReviewError):
    """Control flow: a stage stopped at a document, which is kept apart now; the stages before it say so first."""

    code = "set_apart"


class TryAgain(ReviewError):
    """Temporary: something is locked, the broker is away, or nobody is there to hand the work to."""

    code = "try_again"


class Busy(TryAgain):
    """Another process works on this session; it is looked at again when that one is done, however long it takes."""

    code = "busy"


class HomeClosed(TryAgain):
    """The disk of the home is read-only or rights are missing: looking goes on, nothing can be changed until then."""

    code = "home_closed"
