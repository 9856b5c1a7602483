"""What people ask of the developer, and how a session ends: revisions, the determination, completion, the package."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from pipeline import review_acts
from pipeline.stages.complete import package_path
from servers.rest import words
from servers.rest.decisions import answered
from servers.rest.documented import answers, problems, writes
from servers.served import Here, IfMatch, etag, revision_named

router = APIRouter(tags=["review"])

_WORD = problems(404, 409, 412)


@router.post(
    "/sessions/{session_id}/revisions",
    operation_id="request_revision",
    summary="Ask for what a row lacks",
    description="A request to the developer; a later file that satisfies it shows it as answered.",
    responses={**answers(words.Asked, "The request.", revision=True), **_WORD},
    openapi_extra=writes(),
)
def ask(here: Here, session_id: str, body: words.NewRevision, if_match: IfMatch = None) -> Response:
    """Request a revision."""
    expected = revision_named(if_match, body.expected_revision)
    told = (body.what, body.clears_when, body.priority, body.suggested_filename, body.tests, expected)
    record = here.session(session_id)
    done = review_acts.request_revision(here.ws, record, body.requirement_id, body.by, *told)
    return answered(here, session_id, done.value)


@router.post(
    "/sessions/{session_id}/revisions/{revision_id}/resolve",
    operation_id="resolve_revision",
    summary="Settle a request",
    description="Says that a request for revision is settled, and how.",
    responses={**answers(words.Asked, "The request.", revision=True), **_WORD},
    openapi_extra=writes(),
)
def resolve(
    here: Here, session_id: str, revision_id: str, body: words.Resolution, if_match: IfMatch = None
) -> Response:
    """Resolve a revision."""
    expected = revision_named(if_match, body.expected_revision)
    told = (revision_id, body.note, body.by, expected)
    return answered(here, session_id, review_acts.resolve(here.ws, here.session(session_id), *told).value)


@router.get(
    "/sessions/{session_id}/revisions/letter",
    operation_id="get_revision_letter",
    summary="The letter to the developer",
    description="Every open request, by priority, as a letter in Markdown.",
    responses={200: {"description": "The letter.", "content": {"text/markdown": {}}}, **problems(404, 409)},
    response_class=Response,
)
def letter(here: Here, session_id: str) -> Response:
    """The revision letter."""
    record = here.session(session_id)
    text = review_acts.letter(here.ws, record, "md", None).raw or b""
    return Response(text, 200, {"ETag": etag(record), "Cache-Control": "no-store"}, "text/markdown; charset=utf-8")


@router.post(
    "/sessions/{session_id}/determination",
    operation_id="determine",
    summary="Determine on the session",
    description="Approve, conditional with conditions, reject or hold: a person's word on the whole.",
    responses={**answers(words.Determined, "The determination.", revision=True), **_WORD},
    openapi_extra=writes(),
)
def determine(here: Here, session_id: str, body: words.NewDetermination, if_match: IfMatch = None) -> Response:
    """Determine."""
    expected = revision_named(if_match, body.expected_revision)
    told = (body.determination, body.notes, body.conditions, body.by, expected)
    return answered(here, session_id, review_acts.decide(here.ws, here.session(session_id), *told).value)


@router.post(
    "/sessions/{session_id}/determination/clear",
    operation_id="clear_determination",
    summary="Take the determination back",
    description="The session is undetermined again; the record keeps the word.",
    responses={**answers(words.Cleared, "What was taken back.", revision=True), **_WORD},
    openapi_extra=writes(),
)
def clear(here: Here, session_id: str, body: words.Taken, if_match: IfMatch = None) -> Response:
    """Take back the determination."""
    expected = revision_named(if_match, body.expected_revision)
    record = here.session(session_id)
    done = review_acts.clear(here.ws, record, "determination", None, body.reason, body.by, expected)
    return answered(here, session_id, done.value)


@router.post(
    "/sessions/{session_id}/complete",
    operation_id="complete_session",
    summary="Complete the session",
    description="Stage 8: locks the session and makes its package. 409, naming everything that waits, until nothing "
    "does.",
    responses={**answers(words.Completed, "The package.", revision=True), **problems(404, 409)},
    openapi_extra=writes(),
)
def complete(here: Here, session_id: str, body: words.Signature) -> Response:
    """Complete."""
    done = review_acts.sign(here.ws, here.session(session_id), body.by, body.statement)
    return answered(here, session_id, done.value)


@router.post(
    "/sessions/{session_id}/reopen",
    operation_id="reopen_session",
    summary="Open a completed session again",
    description="The signed package stays as it is; completing again makes a new version.",
    responses={**answers(words.Reopened, "The package that was signed.", revision=True), **problems(404, 409)},
    openapi_extra=writes(),
)
def reopen(here: Here, session_id: str, body: words.Reopening) -> Response:
    """Reopen."""
    done = review_acts.reopen(here.ws, here.session(session_id), body.by, body.reason)
    return answered(here, session_id, done.value)


@router.get(
    "/sessions/{session_id}/package",
    operation_id="get_package",
    summary="The package",
    description="What was signed, as one zip with a program that verifies it.",
    responses={200: {"description": "The package.", "content": {"application/zip": {}}}, **problems(404, 409)},
    response_class=Response,
)
def package(
    here: Here,
    session_id: str,
    version: Annotated[int | None, Query(ge=1, le=100_000, description="Which one; the newest.")] = None,
) -> Response:
    """The package."""
    record = here.session(session_id)
    path = package_path(here.ws, record, version)
    told = {"Content-Disposition": f'attachment; filename="{path.name}"', "ETag": etag(record)}
    return Response(path.read_bytes(), 200, {**told, "Cache-Control": "no-store"}, "application/zip")
