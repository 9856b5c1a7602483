"""What people say of documents and quotes: pinned, set aside, of another type, for another row, not to count."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import Field

from pipeline.desk import review as desk
from pipeline.errors import UsageError
from pipeline.models import DiscardedQuote, DocumentRecord, DocumentType, MappingOverride
from servers.context import Here, IfMatch, seen_revision
from servers.rest.decisions import CONFLICTS, spoken
from servers.rest.documented import answers, writes
from servers.rest.review_shapes import Said, Text, Word
from servers.rest.shapes import Short

router = APIRouter(tags=["review"])


class Marking(Word):
    """What is said of a document: pin, ignore, unmark, or reclassify with its type."""

    mark: Literal["pin", "ignore", "unmark", "reclassify"]
    document_type: DocumentType | None = Field(None, description="With reclassify: what it is.")
    reason: Text


class Remapping(Word):
    """Which documents are looked at for a row; neither added nor removed confirms the mapping."""

    add: list[Short] = Field([], max_length=200, description="Documents, by id or name.")
    remove: list[Short] = Field([], max_length=200, description="Documents, by id or name.")
    reason: Text


class QuoteWord(Word):
    """Whether a quote counts for its row."""

    counts: bool = Field(description="False takes the quote from the row; true lets it count again.")
    reason: Text


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


@router.post(
    "/sessions/{session_id}/documents/{document_id}/mark",
    operation_id="mark_document",
    summary="Say what a document is",
    description="Pin or ignore a document, say what type it is, or take that back. What depends on it is done again.",
    responses={**answers(Marked, "The document.", revision=True), **CONFLICTS},
    openapi_extra=writes(),
)
def mark(here: Here, session_id: str, document_id: str, body: Marking, if_match: IfMatch = None) -> Response:
    """Mark a document."""
    record, expected = here.session(session_id), seen_revision(if_match, body.expected_revision)
    if (body.mark == "reclassify") != (body.document_type is not None):
        raise UsageError("document_type goes with reclassify, and only with it.", "Say what the document is.")
    if body.document_type is not None:
        told = (document_id, body.document_type, body.reason, body.by, expected)
        done = desk.reclassify(here.ws, record, *told)
    else:
        done = desk.mark(here.ws, record, body.mark, document_id, body.reason, body.by, expected)
    here.nudge(session_id)
    return spoken(here, session_id, done.value)


@router.post(
    "/sessions/{session_id}/requirements/{requirement_id}/mapping",
    operation_id="remap_requirement",
    summary="Say which documents a row looks at",
    description="Adds documents to a row or takes them from it; neither confirms the mapping.",
    responses={**answers(Remapped, "What was changed by hand.", revision=True), **CONFLICTS},
    openapi_extra=writes(),
)
def remap(here: Here, session_id: str, requirement_id: str, body: Remapping, if_match: IfMatch = None) -> Response:
    """Remap a row."""
    record, expected = here.session(session_id), seen_revision(if_match, body.expected_revision)
    told = (requirement_id, body.add, body.remove, body.reason, body.by, expected)
    done = desk.remap(here.ws, record, *told)
    here.nudge(session_id)
    return spoken(here, session_id, done.value)


@router.post(
    "/sessions/{session_id}/requirements/{requirement_id}/quotes/{evidence_id}",
    operation_id="discard_quote",
    summary="Say whether a quote counts",
    description="Takes a quote from its row, which is judged again without it, or lets it count again.",
    responses={**answers(QuoteTaken, "The quote.", revision=True), **CONFLICTS},
    openapi_extra=writes(),
)
def weigh(
    here: Here, session_id: str, requirement_id: str, evidence_id: str, body: QuoteWord, if_match: IfMatch = None
) -> Response:
    """Discard or restore a quote."""
    record, expected = here.session(session_id), seen_revision(if_match, body.expected_revision)
    act = desk.restore if body.counts else desk.discard
    done = act(here.ws, record, requirement_id, evidence_id, body.reason, body.by, expected)
    here.nudge(session_id)
    return spoken(here, session_id, done.value)
