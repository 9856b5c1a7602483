"""Documents come into a session: sent inside the call, from a folder of the server, from a link, from a GPT."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from pipeline import acts
from pipeline.errors import UsageError
from pipeline.models import AddResult
from pipeline.stages.add_documents import add_documents
from servers.paths import allowed_path
from servers.rest.documented import answers, problems, writes
from servers.rest.paging import MaxCharacters, fitted
from servers.rest.shapes import DuplicateReply, Duplicates, NewDocuments, PathBody
from servers.served import Actor, Here, IfMatch, Served, answer, expected_revision

router = APIRouter(tags=["documents"])


@router.post(
    "/sessions/{session_id}/documents",
    operation_id="add_documents",
    summary="Add documents",
    description="Stage 1b, as often as wanted: every file gets its own outcome, and a refused one stops no other. 409 "
    "when another session holds the same project: nothing was added yet.",
    responses={**answers(AddResult, "What became of each file.", revision=True), **problems(404, 409, 412)},
    openapi_extra=writes(),
)
def add(
    here: Here,
    actor: Actor,
    session_id: str,
    body: NewDocuments,
    max_characters: MaxCharacters = None,
    if_match: IfMatch = None,
) -> Response:
    """Add documents to a session."""
    expected_revision(if_match, here.session(session_id))
    add_to = _adding(here, body, actor)
    on_duplicate = body.on_duplicate if body.check_duplicates else "continue"
    result = acts.add_as_told(here.ws, session_id, add_to, on_duplicate, actor)
    here.nudge(result.session_id)
    return answer(fitted(result, max_characters, "message"), record=here.session(session_id))


def _adding(here: Served, body: NewDocuments, actor: str) -> Any:
    """What adds this body's source to a session."""
    if body.source is None:
        raise UsageError("There is nothing to add.", 'Send a source, such as {"type": "link", "url": "https://..."}.')
    source = body.source.model_dump()
    if isinstance(body.source, PathBody):
        source["path"] = allowed_path(body.source.path, here.ws.settings.server.path_roots)

    def add_to(session_id: str, check: bool) -> AddResult:
        return add_documents(here.ws, session_id, source, check_duplicates=check, actor=actor)

    return add_to


@router.post(
    "/sessions/{session_id}/duplicates",
    operation_id="answer_duplicate",
    summary="Answer a duplicate question",
    description="Answers the open question whether another session holds the same project.",
    responses={**answers(Duplicates, "What is still asked.", revision=True), **problems(404, 409, 412)},
    openapi_extra=writes(),
)
def reply(here: Here, actor: Actor, session_id: str, body: DuplicateReply, if_match: IfMatch = None) -> Response:
    """Answer a session's duplicate question."""
    record = here.session(session_id)
    expected_revision(if_match, record)
    found = acts.answer_duplicate(here.ws, record, body.answer, actor, 0)
    return answer(found.value, record=here.session(session_id))
