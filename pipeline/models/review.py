"""What people say of a session: decisions on rows, remarks, requests for revision, the determination."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pipeline.models.base import RowStatus, Value

#: A person's word on one row; the printed form knows Approved and Not Approved only (domain: Vocabularies).
DecisionStatus = Literal["approved", "rejected", "needs_revision", "conditional", "pending"]
AnnotationKind = Literal["note", "question", "concern", "clarification"]
Priority = Literal["critical", "high", "medium", "low"]
#: pending: asked for; answered: a later file satisfies it; resolved: a person said so.
RevisionStatus = Literal["pending", "answered", "resolved"]
DeterminationKind = Literal["approve", "conditional", "reject", "hold"]


class SeenQuote(Value):
    """A quote as it stood when a person decided."""

    document: str
    sha256: str
    page: int
    page_label: str | None = None
    section: str | None = None
    quote: str


class SeenAnswer(Value):
    """What a row said when a person decided on it, so that a changed answer re-opens the row and shows both."""

    #: Equal as long as status, quoted words, failed tests and what is absent are equal, whatever documents are called.
    fingerprint: str
    status: RowStatus
    reason: str
    quotes: tuple[SeenQuote, ...] = ()


class Decision(Value):
    """A person's word on one requirement; kept apart from what the machine found and never overwritten by it."""

    requirement_id: str
    status: DecisionStatus
    reason: str
    by: str
    at: datetime
    #: None when nothing had been judged yet.
    seen: SeenAnswer | None = None


class Annotation(Value):
    """A remark on one requirement, shown among the comments."""

    annotation_id: str
    requirement_id: str
    kind: AnnotationKind
    text: str
    by: str
    at: datetime


class RevisionRequest(Value):
    """Something the developer is asked for: exactly what is missing, and what would clear it."""

    revision_id: str
    requirement_id: str
    what: str
    clears_when: str
    priority: Priority
    suggested_filename: str | None = None
    by: str
    at: datetime
    #: Tests of the row that had failed, and what it expected and did not have, when this was asked for.
    tests: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    #: Ids of the documents that were there; what is not among them came later.
    known: tuple[str, ...] = ()
    #: `answered` is never stored: it is read off the machine's results each time.
    status: RevisionStatus = "pending"
    #: Names of the files that answered it.
    answered_with: tuple[str, ...] = ()
    resolved_by: str | None = None
    resolved_at: datetime | None = None
    #: What the person said who resolved it.
    note: str | None = None


class Determination(Value):
    """A person's word on the whole session."""

    determination: DeterminationKind
    notes: str
    #: Obligatory for conditional.
    conditions: tuple[str, ...] = ()
    by: str
    at: datetime
    #: What all rows answered then, as one fingerprint; None when nothing had been judged yet.
    seen: str | None = None


class DiscardedQuote(Value):
    """A quote that a person took from one row: the machine looks for another, and this one is shown as out."""

    requirement_id: str
    evidence_id: str
    document: str
    sha256: str
    page: int
    page_label: str | None = None
    section: str | None = None
    quote: str
    reason: str
    by: str
    at: datetime


class MappingOverride(Value):
    """A person's word on which documents are looked at for one row; a new mapping keeps to it."""

    requirement_id: str
    #: Ids of documents that the checklist's table does not give the row.
    added: tuple[str, ...] = ()
    #: Ids of documents that the table gives it and a person took away.
    removed: tuple[str, ...] = ()
    reason: str
    by: str
    at: datetime


class Opening(Value):
    """That a reviewer looked at a row; the audit holds each time, this the last one."""

    requirement_id: str
    by: str
    at: datetime


class Package(Value):
    """One completion of the session: who signed, and the archive that was made of it."""

    version: int
    by: str
    at: datetime
    #: What was signed, in words.
    statement: str
    filename: str
    #: SHA-256 of the archive; None while the session is locked, since it can be made again byte for byte.
    sha256: str | None = None
    reopened_by: str | None = None
    reopened_at: datetime | None = None
    reopen_reason: str | None = None
