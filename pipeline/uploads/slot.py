"""What a slot is: as it is stored, as it is shown, and what receiving and processing answer."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pipeline.models import SCHEMA_VERSION, AddResult, ProjectMetadata, Value

Mode = Literal["add_to_existing", "create_new"]
SlotStatus = Literal["pending", "uploaded", "processed", "expired"]


class UploadedFile(Value):
    """A file that came in whole."""

    #: Its name as the sender gave it, folders included, POSIX style.
    filename: str
    size: int
    sha256: str


class RefusedFile(Value):
    """A file that was sent and not taken."""

    filename: str
    reason: str


class UploadSlot(Value):
    """A slot as it is shown; nothing in it is about another project than its own."""

    schema_version: int = SCHEMA_VERSION
    upload_id: str
    status: SlotStatus
    mode: Mode
    #: The session the files go to; with `create_new`, None until they were processed.
    session_id: str | None
    project_name: str
    methodology: str
    created_at: datetime
    expires_at: datetime
    files: tuple[UploadedFile, ...] = ()
    #: What was sent and not taken, newest last; a file that came through since is no longer listed.
    refused: tuple[RefusedFile, ...] = ()


class ReceivedFile(Value):
    """What became of one file that was sent to a slot."""

    schema_version: int = SCHEMA_VERSION
    filename: str
    #: "duplicate": the same bytes under the same name lie in the slot already; sending a file again is harmless.
    outcome: Literal["received", "duplicate", "refused"]
    size: int | None = None
    sha256: str | None = None
    reason: str | None = None


class ProcessedUpload(AddResult):
    """Answer of process_upload: what add_documents answers, and to which kind of session the files went."""

    upload_id: str
    mode: Mode
    #: Sessions of a like name that were there already when the files made a new one, in words.
    note: str | None = None


class SlotRecord(Value):
    """The whole truth about a slot, as stored."""

    schema_version: int = SCHEMA_VERSION
    upload_id: str
    mode: Mode
    #: The session the files go to; with `create_new`, None until it was made.
    session_id: str | None = None
    #: With `create_new`: the id under which a session was about to be made; it may have come into being or not.
    making: str | None = None
    #: The session that takes the files: another one than was asked for when that one points elsewhere. None until the
    #: files are about to be taken.
    taken_by: str | None = None
    #: Of the session the files go to, as it was asked for.
    project: ProjectMetadata
    requested_by: str
    created_at: datetime
    expires_at: datetime
    files: tuple[UploadedFile, ...] = ()
    refused: tuple[RefusedFile, ...] = ()
    #: Who began to process it. No further file is taken from then on; whoever comes after a crash goes on from here.
    begun_by: str | None = None
    #: True when whoever began wants to be asked before a likeness to another session is added.
    asks: bool = False
    #: What taking the files is about to answer: true once the session has noted that it took them.
    answer: AddResult | None = None
    processed_at: datetime | None = None
    #: What is said of sessions of a like name, when a new one was made.
    note: str | None = None

    def status(self, now: datetime) -> SlotStatus:
        """What a slot is at that moment."""
        if self.processed_at is not None:
            return "processed"
        if now >= self.expires_at and self.begun_by is None:
            return "expired"
        return "uploaded" if self.files else "pending"

    def shown(self, now: datetime) -> UploadSlot:
        """The slot as it is shown at that moment."""
        return UploadSlot(
            upload_id=self.upload_id,
            status=self.status(now),
            mode=self.mode,
            session_id=self.session_id,
            project_name=self.project.project_name,
            methodology=self.project.methodology,
            created_at=self.created_at,
            expires_at=self.expires_at,
            files=self.files,
            refused=self.refused,
        )
