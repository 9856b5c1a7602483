"""What is sent and answered where people decide, remark, ask and sign, as the OpenAPI description shows it."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Query
from pydantic import BaseModel, Field

from pipeline.decisions.review_state import ReviewState
from pipeline.models import (
    Annotation,
    AnnotationKind,
    Claim,
    Decision,
    DecisionStatus,
    Determination,
    DeterminationKind,
    Package,
    Priority,
    RevisionRequest,
)
from servers.rest.shapes import Sent, Short

#: What a person says, in characters: more than anybody types, and less than fills a disk.
Text = Annotated[str, Field(min_length=1, max_length=20_000)]
Who = Annotated[str, Field(min_length=1, max_length=200, description="The person whose word this is.")]
#: The same two where a call has no body.
By = Annotated[str, Query(min_length=1, max_length=200, description="The person whose word this is.")]
Reason = Annotated[str, Query(min_length=1, max_length=5000, description="Why; goes into the audit log.")]


class Word(Sent):
    """What every word of a person carries."""

    by: Who
    expected_revision: int | None = Field(
        None,
        ge=0,
        le=1_000_000_000,
        description="The session's revision when the person looked; nothing is written if the same was changed since. "
        "If-Match says the same.",
    )


# --- sent -------------------------------------------------------------------------------------------------------------


class NewDecision(Word):
    """A person's decision on rows: on those that are named, or on every covered one without a decision."""

    requirement_ids: list[Short] = Field(
        [], max_length=200, description="Such as REQ-007 or 7; all are decided or none.", examples=[["REQ-007"]]
    )
    all_covered: bool = Field(False, description="Every covered row without a decision, instead of naming rows.")
    status: DecisionStatus
    reason: Text = Field(description="Why, in the person's words.")


class NewAnnotation(Word):
    """A remark on a row."""

    requirement_id: Short = Field(examples=["REQ-007"])
    text: Text
    kind: AnnotationKind = "note"


class NewRevision(Word):
    """A request to the developer; what is not said is taken from the row's failed tests."""

    requirement_id: Short = Field(examples=["REQ-002"])
    what: Text | None = Field(None, description="What is asked for.")
    clears_when: Text | None = Field(None, description="What settles it.")
    priority: Priority | None = Field(None, description="Without it, as the row's exceptions are.")
    suggested_filename: Short | None = Field(None, description="A name to suggest for the file.")
    tests: list[Short] = Field([], max_length=100, description="Only these failed tests of the row.")


class Resolution(Word):
    """That a request is settled, and how."""

    note: Text


class NewDetermination(Word):
    """A person's word on the whole session; conditional, and only that, names conditions."""

    determination: DeterminationKind
    notes: Text = Field(description="The outcome in the person's words, for the report.")
    conditions: list[Text] = Field([], max_length=100)


class Signature(Sent):
    """Who signs the session, and what."""

    by: Who
    statement: Text | None = Field(None, description="What is signed, if not the usual statement.")


class NewClaim(Sent):
    """A finding with the words that it stands on."""

    requirement_id: Short = Field(examples=["REQ-007"])
    quote: Annotated[str, Field(max_length=20_000)] = Field(description="Copied word for word from the page.")
    document: Short = Field(description="The document's id or its file name.")
    page: int = Field(ge=1, le=1_000_000, description="The page of the PDF, from 1; the sheet of a workbook.")
    note: Annotated[str, Field(max_length=20_000)] | None = Field(None, description="What it is to show.")
    by: Short | None = Field(None, description="Who found it; without it, the API key.")


# --- answered ---------------------------------------------------------------------------------------------------------


class _OfSession(BaseModel):
    schema_version: int
    session_id: str


class Said(_OfSession):
    """A word was recorded: the new revision, and the one next thing to do."""

    revision: int
    next_action: str


class DecisionShown(Decision):
    """A decision, and whether the row still says what was decided on; when it does not, what differs."""

    state: Literal["holds", "reopened"]
    changed: list[str] | None = None


class DecisionList(_OfSession):
    """Every decision, and where the whole review stands."""

    decisions: list[DecisionShown]
    review: ReviewState


class Decided(Said):
    """The decisions that were recorded."""

    decisions: list[Decision]


class DecisionCleared(Said):
    """The decision that was taken back."""

    cleared: Decision


class AnnotationList(_OfSession):
    """Every remark, in the order they were made."""

    annotations: list[Annotation]


class Remarked(Said):
    """The remark that was added."""

    annotation: Annotation


class RevisionList(_OfSession):
    """Every request as it stands: pending, answered by a later file, or resolved."""

    revisions: list[RevisionRequest]


class Requested(Said):
    """The request as it stands now."""

    request: RevisionRequest


class DeterminationShown(_OfSession):
    """The word on the session, and whether it still stands on what the rows say; null without one."""

    determination: Determination | None
    determination_state: Literal["holds", "reopened"] | None


class Determined(Said):
    """The determination, and slips in what people wrote."""

    determination: Determination
    warnings: list[str]


class DeterminationCleared(Said):
    """The determination that was taken back."""

    cleared: Determination


class Signed(_OfSession):
    """The package of a completed session, and slips in what people wrote."""

    package: Package
    path: str
    warnings: list[str]


class Reopened(Said):
    """The package that stays as it was signed."""

    package: Package


class ClaimList(_OfSession):
    """Every claim, in the order of the rows."""

    claims: list[Claim]
