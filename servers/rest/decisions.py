"""What people say of rows and documents: decisions, remarks, marks, mappings, quotes, and findings of their own."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from pipeline import review_acts
from pipeline.errors import UsageError
from servers.rest import words
from servers.rest.documented import answers, problems, writes
from servers.served import Here, IfMatch, Served, answer, revision_named

router = APIRouter(tags=["review"])

_WORD = problems(404, 409, 412)


def answered(here: Served, session_id: str, value: object, status: int = 200) -> Response:
    """What an act answers, with the revision that it left the session at."""
    return answer(value, status, here.session(session_id))


@router.get(
    "/sessions/{session_id}/decisions",
    operation_id="list_decisions",
    summary="What people said",
    description="Decisions, remarks, requests, claims, and where the review stands: what is undecided, what was opened "
    "again, what keeps the session from being completed.",
    responses={**answers(words.Words, "Everything that was said.", revision=True), **problems(404)},
)
def said(here: Here, session_id: str) -> Response:
    """Everything that people said of a session."""
    record = here.session(session_id)
    return answer(review_acts.everything_said(here.ws, record), record=record)


@router.post(
    "/sessions/{session_id}/decisions",
    operation_id="record_decision",
    summary="Decide on rows",
    description="A person's word on rows, beside what the program found. It holds as long as the row answers the same. "
    "Never decide for a person.",
    responses={**answers(words.Decided, "What was decided.", revision=True), **_WORD},
    openapi_extra=writes(),
)
def decide(here: Here, session_id: str, body: words.NewDecision, if_match: IfMatch = None) -> Response:
    """Record a decision."""
    expected = revision_named(if_match, body.expected_revision)
    told = (body.requirement_ids, body.all_covered, body.status, body.reason, body.by, expected)
    return answered(here, session_id, review_acts.override(here.ws, here.session(session_id), *told).value)


@router.post(
    "/sessions/{session_id}/decisions/{requirement_id}/clear",
    operation_id="clear_decision",
    summary="Take a decision back",
    description="The row is undecided again; the record keeps the word.",
    responses={**answers(words.Cleared, "What was taken back.", revision=True), **_WORD},
    openapi_extra=writes(),
)
def clear(here: Here, session_id: str, requirement_id: str, body: words.Taken, if_match: IfMatch = None) -> Response:
    """Take back a decision."""
    expected = revision_named(if_match, body.expected_revision)
    record = here.session(session_id)
    done = review_acts.clear(here.ws, record, "decision", requirement_id, body.reason, body.by, expected)
    return answered(here, session_id, done.value)


@router.post(
    "/sessions/{session_id}/annotations",
    operation_id="annotate",
    summary="Remark on a row",
    description="A note, question, concern or clarification; it stands among the report's comments.",
    responses={**answers(words.Remarked, "The remark.", revision=True), **_WORD},
    openapi_extra=writes(),
)
def annotate(here: Here, session_id: str, body: words.NewAnnotation, if_match: IfMatch = None) -> Response:
    """Add a remark."""
    expected = revision_named(if_match, body.expected_revision)
    told = (body.requirement_id, body.text, body.kind, body.by, expected)
    return answered(here, session_id, review_acts.annotate(here.ws, here.session(session_id), *told).value)


@router.post(
    "/sessions/{session_id}/claims",
    operation_id="submit_claim",
    summary="Bring a finding",
    description="A quote for a row, kept only if it stands on that page in the proponent's own words; shown apart from "
    "the evidence, and no row depends on it. A refused one names the nearest text.",
    responses={**answers(words.Claimed, "The claim.", revision=True), **_WORD},
    openapi_extra=writes(),
)
def claim(here: Here, session_id: str, body: words.NewClaim) -> Response:
    """Bring a claim."""
    told = (body.requirement_id, body.quote, body.document, body.page, body.note, body.by)
    return answered(here, session_id, review_acts.claim(here.ws, here.session(session_id), *told).value)


@router.post(
    "/sessions/{session_id}/documents/{document_id}/mark",
    operation_id="mark_document",
    summary="Say what a document is",
    description="Pin or ignore a document, say what type it is, or take that back. What depends on it is done again.",
    responses={**answers(words.Marked, "The document.", revision=True), **_WORD},
    openapi_extra=writes(),
)
def mark(here: Here, session_id: str, document_id: str, body: words.Marking, if_match: IfMatch = None) -> Response:
    """Mark a document."""
    expected = revision_named(if_match, body.expected_revision)
    record = here.session(session_id)
    if (body.mark == "reclassify") != (body.document_type is not None):
        raise UsageError("document_type goes with reclassify, and only with it.", "Say what the document is.")
    if body.document_type is not None:
        told = (document_id, body.document_type, body.reason, body.by, expected)
        done = review_acts.reclassify(here.ws, record, *told)
    else:
        done = review_acts.mark(here.ws, record, body.mark, document_id, body.reason, body.by, expected)
    here.nudge(session_id)
    return answered(here, session_id, done.value)


@router.post(
    "/sessions/{session_id}/requirements/{requirement_id}/mapping",
    operation_id="remap_requirement",
    summary="Say which documents a row looks at",
    description="Adds documents to a row or takes them from it; neither confirms the mapping.",
    responses={**answers(words.Remapped, "What was changed by hand.", revision=True), **_WORD},
    openapi_extra=writes(),
)
def remap(
    here: Here, session_id: str, requirement_id: str, body: words.Remapping, if_match: IfMatch = None
) -> Response:
    """Remap a row."""
    expected = revision_named(if_match, body.expected_revision)
    told = (requirement_id, body.add, body.remove, body.reason, body.by, expected)
    done = review_acts.remap(here.ws, here.session(session_id), *told)
    here.nudge(session_id)
    return answered(here, session_id, done.value)


@router.post(
    "/sessions/{session_id}/requirements/{requirement_id}/quotes/{evidence_id}",
    operation_id="discard_quote",
    summary="Say whether a quote counts",
    description="Takes a quote from its row, which is judged again without it, or lets it count again.",
    responses={**answers(words.QuoteTaken, "The quote.", revision=True), **_WORD},
    openapi_extra=writes(),
)
def weigh(
    here: Here,
    session_id: str,
    requirement_id: str,
    evidence_id: str,
    body: words.QuoteWord,
    if_match: IfMatch = None,
) -> Response:
    """Discard or restore a quote."""
    expected = revision_named(if_match, body.expected_revision)
    act = review_acts.restore if body.counts else review_acts.discard
    told = (requirement_id, evidence_id, body.reason, body.by, expected)
    done = act(here.ws, here.session(session_id), *told)
    here.nudge(session_id)
    return answered(here, session_id, done.value)
