"""What people's words look like when they are sent and answered; the acts themselves are the pipeline's."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from pipeline.deciding.state import ReviewState
from pipeline.models import (
    Annotation,
    AnnotationKind,
    Claim,
    Decision,
    DecisionStatus,
    Determination,
    DeterminationKind,
    DiscardedQuote,
    DocumentRecord,
    DocumentType,
    MappingOverride,
    Package,
    Priority,
    Revision,
)
from servers.rest.shapes import Sent, Short

#: What a person writes, in characters.
Text = Annotated[str, Field(max_length=10_000)]


class Word(Sent):
    """A person's word: under whose name, and on which revision of the session it was said."""

    by: Short = Field(description="The person whose word this is; goes into the record.", examples=["A. Person"])
    expected_revision: int | None = Field(
        None,
        ge=0,
        description="The session's revision when they looked; refused if the same was changed since.",
    )


class Reasoned(Word):
    """A person's word with its reason."""

    reason: Text = Field(description="Why; goes into the record.")


class NewDecision(Reasoned):
    """A decision on rows: the named ones, or every covered row nobody has decided on."""

    requirement_ids: list[Short] = Field(
        default_factory=list, max_length=500, description="The rows, such as REQ-007 or 7."
    )
    all_covered: bool = Field(False, description="In place of naming rows: every covered row without a decision.")
    status: DecisionStatus


class Taken(Reasoned):
    """A word that is taken back."""


class NewAnnotation(Word):
    """A remark on a row."""

    requirement_id: Short
    text: Text
    kind: AnnotationKind = "note"


class NewRevision(Word):
    """A request to the developer; what is left out follows from the row's failed tests."""

    requirement_id: Short
    what: Text | None = None
    clears_when: Text | None = None
    priority: Priority | None = None
    suggested_filename: Short | None = None
    tests: list[Short] = Field(default_factory=list, max_length=100, description="Only these failed tests of the row.")


class Resolution(Word):
    """That a request is settled."""

    note: Text


class NewDetermination(Word):
    """The word on the whole session."""

    determination: DeterminationKind
    notes: Text
    conditions: list[Text] = Field(default_factory=list, max_length=100, description="Needed for conditional.")


class Signature(Sent):
    """Who completes the session, and what they sign."""

    by: Short
    statement: Text | None = Field(None, description="Left out: the registry's usual sentence.")


class Reopening(Sent):
    """Who opens a completed session again, and why."""

    by: Short
    reason: Text


class Marking(Reasoned):
    """What is said of a document: pin, ignore, unmark, or reclassify with its type."""

    mark: Literal["pin", "ignore", "unmark", "reclassify"]
    document_type: DocumentType | None = Field(None, description="With reclassify: what it is.")


class Remapping(Reasoned):
    """Which documents are looked at for a row; neither added nor removed confirms the mapping."""

    add: list[Short] = Field(default_factory=list, max_length=500)
    remove: list[Short] = Field(default_factory=list, max_length=500)


class QuoteWord(Reasoned):
    """Whether a quote counts for its row."""

    counts: bool = Field(description="False takes the quote from the row; true lets it count again.")


class NewClaim(Sent):
    """A finding of your own; it is kept only if the quote stands on that page."""

    requirement_id: Short
    quote: Text = Field(description="Copied word for word from the page.")
    document: Short = Field(description="Its id or its file name.")
    page: int = Field(ge=1, le=1_000_000, description="The page of the PDF, from 1; the sheet of a workbook.")
    note: Text | None = None
    by: Short = "agent"


# --- answered ---------------------------------------------------------------------------------------------------------


class Said(BaseModel):
    """A word was recorded: the session's new revision, and the one next thing to do."""

    model_config = ConfigDict(extra="forbid")

    schema_version: int
    session_id: str
    revision: int
    next_action: str


class Decided(Said):
    """The decisions that were recorded."""

    decisions: list[Decision]


class Remarked(Said):
    """The remark that was recorded."""

    annotation: Annotation


class Asked(Said):
    """The request, as it stands."""

    request: Revision


class Determined(Said):
    """The determination that was recorded."""

    determination: Determination


class Cleared(Said):
    """The word that was taken back."""

    cleared: Decision | Determination | MappingOverride


class Marked(Said):
    """The document, as it is known now."""

    document: DocumentRecord


class Remapped(Said):
    """Which documents are given to the row, and taken from it, by hand."""

    mapping: MappingOverride


class QuoteTaken(Said):
    """The quote that was taken from the row, or counts again."""

    discarded: DiscardedQuote | None = None
    restored: DiscardedQuote | None = None


class Completed(BaseModel):
    """The session is complete and locked; its package can be fetched."""

    schema_version: int
    session_id: str
    package: Package
    path: str
    warnings: list[str]


class Reopened(Said):
    """The package that was signed, which stays as it is."""

    package: Package


class Claimed(Said):
    """The claim as it is kept."""

    claim: Claim


class Words(BaseModel):
    """Everything that people said of a session, and where the review stands."""

    schema_version: int
    session_id: str
    revision: int
    decisions: list[Decision]
    annotations: list[Annotation]
    revisions: list[Revision]
    claims: list[Claim]
    discarded: list[DiscardedQuote]
    remapped: list[MappingOverride]
    review: ReviewState


class History(BaseModel):
    """Everything that people did to a row."""

    schema_version: int
    session_id: str
    events: list[dict[str, Any]]
