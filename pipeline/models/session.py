"""A session: where its files came from, its documents, its stages, its questions, its log."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from pipeline.models.base import (
    SCHEMA_VERSION,
    DocumentType,
    DuplicateChoice,
    FileOutcomeKind,
    SourceType,
    StageKey,
    StageStatus,
    Value,
)
from pipeline.models.claim import Claim
from pipeline.models.review import (
    Annotation,
    Decision,
    Determination,
    DiscardedQuote,
    MappingOverride,
    Opening,
    Package,
    RevisionRequest,
)


class ProjectMetadata(Value):
    """What the reviewer said of the project when the session was created."""

    project_name: str
    methodology: str = "soil-carbon-v1.2.2"
    project_id: str | None = None
    proponent: str | None = None
    crediting_period: str | None = None


class DocumentSource(Value):
    """Where documents of a session came from; `metadata` depends on the type (contract: Shapes)."""

    source_id: str
    source_type: SourceType
    added_at: datetime
    metadata: dict[str, Any] = Field(default_factory=dict)


class DocumentRecord(Value):
    """What the store knows of a document before anybody has read it; its key is the content's hash."""

    document_id: str
    sha256: str
    size: int
    #: The name it is shown under: chosen when it was first taken, never changed by later arrivals.
    filename: str
    #: Its path inside its source, POSIX style.
    path: str
    #: Every name it arrived under, sorted, the shown one included.
    names: tuple[str, ...]
    source_id: str
    source_type: SourceType
    added_at: datetime
    #: The newer document that took this one's path in the same source; None when the reviewer undid that.
    superseded_by: str | None = None
    #: Set when a person undid a supersession: neither path nor content supersedes this document again.
    kept_by: str | None = None
    reviewer_status: Literal["pinned", "ignored"] | None = None
    reviewer_type: DocumentType | None = None
    #: Whose word the last of these is, why and since when.
    reviewer: str | None = None
    reviewer_reason: str | None = None
    reviewer_at: datetime | None = None


class ArchiveRecord(Value):
    """An archive that was opened when it was taken: where it came from and what it held; its key is its hash."""

    sha256: str
    size: int
    filename: str
    #: Its path inside its source; the paths of its documents begin with it.
    path: str
    source_id: str
    added_at: datetime
    #: SHA-256 of each file in it that can be taken, by its path in the archive.
    files: dict[str, str]
    #: Why others could not be taken, by their path in the archive.
    refused: dict[str, str] = Field(default_factory=dict)
    #: The limits it was opened within; under others it may hold something else.
    limits: str
    #: False once a person took out a document that it holds: its bytes are gone then, too.
    kept: bool = True


class StageError(Value):
    """Why a stage gave up."""

    code: str
    message: str
    cure: str = ""
    retryable: bool = True
    attempts: int = 1


class StageRecord(Value):
    """What is stored of a stage; `completed` holds only for `fingerprint`, so staleness is computed, never stored."""

    status: Literal["pending", "queued", "running", "completed", "failed"] = "pending"
    #: What the stage's result was made from.
    fingerprint: str | None = None
    #: SHA-256 of the stored result (a file beside session.json).
    result: str | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    error: StageError | None = None


class StageView(Value):
    """A stage as people see it (contract: workflow_progress)."""

    status: StageStatus
    reason: str | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    fingerprint: str | None = None


class DuplicateWarning(Value):
    """Another session holds the same project; answered with one of `choices`."""

    session_id: str
    project_name: str
    #: 0-100, a hint.
    name_similarity: float
    #: Share 0-1 of this session's content, incoming files included, that stands in the other session.
    file_overlap: float
    #: Share 0-1 of the other session's content that stands in this one.
    reverse_overlap: float = 0.0
    shared_files: int = 0
    of_files: int = 0
    message: str
    choices: tuple[str, ...] = ("continue", "use_existing", "cancel")


class Question(Value):
    """Something that waits for a person; the work goes on meanwhile."""

    question_id: str
    kind: Literal["duplicate_session"] = "duplicate_session"
    warning: DuplicateWarning
    document_ids: tuple[str, ...]
    asked_at: datetime
    #: The last answer, whichever door it came through, and the warning as it stood then; cancel settles only the files
    #: in question, so what comes after it is asked about.
    answer: DuplicateChoice | None = None
    answered_by: str | None = None
    #: None in answers of before it was noted.
    answered_at: datetime | None = None


class SessionRecord(Value):
    """The whole truth about a session, as stored."""

    schema_version: int = SCHEMA_VERSION
    session_id: str
    project_metadata: ProjectMetadata
    sources: dict[str, DocumentSource] = Field(default_factory=dict)
    documents: dict[str, DocumentRecord] = Field(default_factory=dict)
    #: Archives that documents came in, by their SHA-256.
    archives: dict[str, ArchiveRecord] = Field(default_factory=dict)
    stages: dict[StageKey, StageRecord] = Field(default_factory=dict)
    questions: dict[str, Question] = Field(default_factory=dict)
    #: People's words on rows, by requirement; earlier ones stand in the audit.
    decisions: dict[str, Decision] = Field(default_factory=dict)
    annotations: dict[str, Annotation] = Field(default_factory=dict)
    revisions: dict[str, RevisionRequest] = Field(default_factory=dict)
    #: Quotes that were taken from a row, by "<requirement>/<evidence>".
    discarded: dict[str, DiscardedQuote] = Field(default_factory=dict)
    #: Documents given to a row or taken from it by hand, by requirement.
    remapped: dict[str, MappingOverride] = Field(default_factory=dict)
    #: Who looked at which row last, by "<requirement>/<reviewer>".
    opened: dict[str, Opening] = Field(default_factory=dict)
    #: Completions by version, "1", "2" ...
    packages: dict[str, Package] = Field(default_factory=dict)
    #: Findings that others brought, by their id; no row depends on one.
    claims: dict[str, Claim] = Field(default_factory=dict)
    determination: Determination | None = None
    #: Paths of a path source that were there once and are gone now, by source id.
    vanished: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    #: Refusals the reviewer should see, newest last: {"filename", "reason", "at"}.
    refused: tuple[dict[str, str], ...] = ()
    #: SHA-256 of what a person took out; looking at a folder again does not bring it back, adding it does.
    removed: tuple[str, ...] = ()
    #: How far the session is to go by itself; a stage key.
    advance_to: StageKey = "document_discovery"
    #: The folder under inbox/new/ that is bound to this session, if any.
    bound_folder: str | None = None
    #: Upload slots, by upload id, that the session was made for ("expected") or whose files it took ("taken").
    uploads: dict[str, Literal["expected", "taken"]] = Field(default_factory=dict)
    #: Another session that is reviewed in this one's place, since a duplicate question was answered with use_existing:
    #: what is meant for this one goes there.
    points_to: str | None = None
    revision: int = 0
    created_at: datetime
    updated_at: datetime

    @property
    def referred(self) -> frozenset[str]:
        """SHA-256 of what stands behind links that are only referred to, as it was last seen."""
        return frozenset(
            str(source.metadata["sha256"])
            for source in self.sources.values()
            if source.metadata.get("access_mode") == "reference" and source.metadata.get("sha256")
        )

    @property
    def is_completed(self) -> bool:
        """True when the session was completed and not opened again since: nothing of it can be changed."""
        return any(package.reopened_at is None for package in self.packages.values())


class AuditEvent(Value):
    """One act, chained to the one before it by hash."""

    seq: int
    at: datetime
    actor: str
    action: str
    details: dict[str, Any] = Field(default_factory=dict)
    #: The session's revision that the act made; None in events of before it was noted.
    revision: int | None = None
    previous: str
    hash: str


class Statistics(Value):
    """Counts shown with a session; one function makes them."""

    documents_found: int = 0
    requirements_total: int = 0
    covered: int = 0
    partial: int = 0
    missing: int = 0
    not_applicable: int = 0
    needs_review: int = 0
    checks_passed: int = 0
    checks_failed: int = 0


class Session(Value):
    """A session as people and programs see it (contract: Session)."""

    schema_version: int = SCHEMA_VERSION
    session_id: str
    project_metadata: ProjectMetadata
    document_sources: tuple[DocumentSource, ...]
    workflow_progress: dict[StageKey, StageView]
    statistics: Statistics
    advance_to: StageKey
    revision: int
    created_at: datetime
    updated_at: datetime
    status: str


class FileOutcome(Value):
    """What became of one file that was handed in."""

    filename: str
    outcome: FileOutcomeKind
    sha256: str | None = None
    document_id: str | None = None
    #: The file name under which the same bytes already stand.
    duplicate_of: str | None = None
    reason: str | None = None


class AddResult(Value):
    """Answer of add_documents."""

    schema_version: int = SCHEMA_VERSION
    session_id: str
    source_type: SourceType
    files_added: int
    files: tuple[FileOutcome, ...]
    duplicate_warning: DuplicateWarning | None = None
    message: str
