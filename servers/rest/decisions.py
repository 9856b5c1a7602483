"""What people say of rows: decisions, remarks, and requests to the developer; each in a person's name."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response

from pipeline.decisions.review_state import decisions_shown, review_state
from pipeline.decisions.revision_requests import all_in_present
from pipeline.desk import review as desk
from pipeline.models import SCHEMA_VERSION
from servers.context import Context, Here, IfMatch, answer, etag, seen_revision
from servers.media_types import MEDIA_TYPES
from servers.rest.documented import answers, problems, writes
from servers.rest.review_shapes import (
    AnnotationList,
    By,
    Decided,
    DecisionCleared,
    DecisionList,
    NewAnnotation,
    NewDecision,
    NewRevision,
    Reason,
    Remarked,
    Requested,
    Resolution,
    RevisionList,
)

router = APIRouter(tags=["review"])
#: How a person's word on something may fail: it is not there, it was changed since, the session is locked.
CONFLICTS = problems(404, 409, 412)
LetterForm = Literal["md", "docx"]


def spoken(here: Context, session_id: str, value: Any) -> Response:
    """The answer to a person's word, with the session's new revision."""
    return answer(value, record=here.session(session_id))


@router.get(
    "/sessions/{session_id}/decisions",
    operation_id="list_decisions",
    summary="Decisions, and where the review stands",
    description="Every decision, whether it still holds, and what keeps the session from being completed.",
    responses={**answers(DecisionList, "The decisions.", revision=True), **problems(404)},
)
def decisions(here: Here, session_id: str) -> Response:
    """The decisions of a session."""
    record = here.session(session_id)
    value = {"schema_version": SCHEMA_VERSION, "session_id": session_id, "decisions": decisions_shown(here.ws, record)}
    return answer({**value, "review": review_state(here.ws, record)}, record=record)


@router.post(
    "/sessions/{session_id}/decisions",
    operation_id="record_decision",
    summary="Record a person's decision",
    description="Only when a person said so, in their words and name. What the program found stays beside it. A write "
    "over what was not seen is refused and shows both versions.",
    responses={**answers(Decided, "The decisions.", revision=True), **CONFLICTS},
    openapi_extra=writes(),
)
def decide(here: Here, session_id: str, body: NewDecision, if_match: IfMatch = None) -> Response:
    """Decide on rows."""
    record, expected = here.session(session_id), seen_revision(if_match, body.expected_revision)
    told = desk.override(
        here.ws, record, body.requirement_ids, body.all_covered, body.status, body.reason, body.by, expected
    )
    return spoken(here, session_id, told.value)


@router.delete(
    "/sessions/{session_id}/decisions/{requirement_id}",
    operation_id="clear_decision",
    summary="Take a decision back",
    description="The audit log keeps it.",
    responses={**answers(DecisionCleared, "The decision that was.", revision=True), **CONFLICTS},
    openapi_extra=writes(),
)
def clear(
    here: Here, session_id: str, requirement_id: str, by: By, reason: Reason, if_match: IfMatch = None
) -> Response:
    """Take a decision back."""
    record, expected = here.session(session_id), seen_revision(if_match)
    told = desk.clear(here.ws, record, "decision", requirement_id, reason, by, expected)
    return spoken(here, session_id, told.value)


@router.get(
    "/sessions/{session_id}/annotations",
    operation_id="list_annotations",
    summary="Remarks on rows",
    description="Every remark, in the order they were made.",
    responses={**answers(AnnotationList, "The remarks.", revision=True), **problems(404)},
)
def remarks(here: Here, session_id: str) -> Response:
    """The remarks on a session's rows."""
    record = here.session(session_id)
    made = list(record.annotations.values())
    return answer({"schema_version": SCHEMA_VERSION, "session_id": session_id, "annotations": made}, record=record)


@router.post(
    "/sessions/{session_id}/annotations",
    operation_id="annotate",
    summary="Add a remark to a row",
    description="It stands among the report's comments, and is never changed.",
    responses={**answers(Remarked, "The remark.", revision=True), **CONFLICTS},
    openapi_extra=writes(),
)
def annotate(here: Here, session_id: str, body: NewAnnotation, if_match: IfMatch = None) -> Response:
    """Add a remark to a row."""
    record, expected = here.session(session_id), seen_revision(if_match, body.expected_revision)
    told = desk.annotate(here.ws, record, body.requirement_id, body.text, body.kind, body.by, expected)
    return spoken(here, session_id, told.value)


@router.get(
    "/sessions/{session_id}/revisions",
    operation_id="list_revisions",
    summary="Requests to the developer",
    description="Every request as it stands: pending, answered by a later file, or resolved by a person.",
    responses={**answers(RevisionList, "The requests.", revision=True), **problems(404)},
)
def revisions(here: Here, session_id: str) -> Response:
    """The requests for revision of a session."""
    record = here.session(session_id)
    asked = list(all_in_present(here.ws, record))
    return answer({"schema_version": SCHEMA_VERSION, "session_id": session_id, "revisions": asked}, record=record)


@router.post(
    "/sessions/{session_id}/revisions",
    operation_id="request_revision",
    summary="Ask the developer for what a row lacks",
    description="What is not said is taken from the row's failed tests. A later file that satisfies it shows it as "
    "answered; a person resolves it.",
    responses={**answers(Requested, "The request.", revision=True), **CONFLICTS},
    openapi_extra=writes(),
)
def request(here: Here, session_id: str, body: NewRevision, if_match: IfMatch = None) -> Response:
    """Ask for a revision."""
    record, expected = here.session(session_id), seen_revision(if_match, body.expected_revision)
    told = desk.request_revision(
        here.ws,
        record,
        body.requirement_id,
        body.by,
        body.what,
        body.clears_when,
        body.priority,
        body.suggested_filename,
        body.tests,
        expected,
    )
    return spoken(here, session_id, told.value)


@router.post(
    "/sessions/{session_id}/revisions/{revision_id}/resolve",
    operation_id="resolve_revision",
    summary="Say that a request is settled",
    description="And how; the audit log keeps it.",
    responses={**answers(Requested, "The request.", revision=True), **CONFLICTS},
    openapi_extra=writes(),
)
def resolve(here: Here, session_id: str, revision_id: str, body: Resolution, if_match: IfMatch = None) -> Response:
    """Settle a request for revision."""
    record, expected = here.session(session_id), seen_revision(if_match, body.expected_revision)
    told = desk.resolve(here.ws, record, revision_id, body.note, body.by, expected)
    return spoken(here, session_id, told.value)


@router.get(
    "/sessions/{session_id}/revision-letter",
    operation_id="get_revision_letter",
    summary="The letter to the developer",
    description="What is asked for, most pressing first, as Markdown or as a Word document.",
    responses={
        200: {"description": "The letter.", "content": {"text/markdown": {}, MEDIA_TYPES["docx"]: {}}},
        **problems(404, 409),
    },
    response_class=Response,
)
def letter(here: Here, session_id: str, format: Annotated[LetterForm, Query()] = "md") -> Response:
    """The letter to the developer."""
    record = here.session(session_id)
    written = desk.letter(here.ws, record, format).data
    headers = {"ETag": etag(record), "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    if format == "docx":
        headers["Content-Disposition"] = f'attachment; filename="revision-letter-{record.session_id}.docx"'
    return Response(written, 200, headers, MEDIA_TYPES[format])
